//! `jangteo backup`: a copy of the shop's database while it sells.

use std::path::PathBuf;

use clap::Args;

use super::{CommandError, connect_to_existing};
use crate::config::DatabaseSettings;

#[derive(Debug, Args)]
pub struct BackupCommand {
    #[command(flatten)]
    database: DatabaseSettings,
    /// The file to write, which must not be there. To bring it back, stop the server and put it where the database
    /// was, without the `-wal` and `-shm` files that were beside that.
    file: PathBuf,
}

impl BackupCommand {
    pub async fn run(&self) -> Result<(), CommandError> {
        // Whatever its schema: the moment before an upgrade is when one wants a copy.
        let db = connect_to_existing(&self.database).await?;
        let bytes = db.back_up(&self.file).await?;
        println!("{}: {bytes} bytes.", self.file.display());
        Ok(db.close().await?)
    }
}
