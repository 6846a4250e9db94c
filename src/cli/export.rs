use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, BufWriter},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use csv::ErrorKind;
use entity::id::StoreId;

use super::{CommandError, existing, is_pipe_closed, progress::Meter};
use crate::{
    config::DatabaseSettings,
    sheet::{ExportError, export_products},
};

/// Writes things into files.
#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// Write the products on sale into a CSV file, as they are at one moment: a row for each option, in UTF-8 with a byte
    /// order mark, so that Excel reads it. `jangteo import products --help` tells the columns, and takes the file back.
    ///
    /// A text that a spreadsheet would take for a formula begins with an apostrophe there, which the import takes off.
    Products(ExportProducts),
}

#[derive(Debug, Args)]
pub struct ExportProducts {
    #[command(flatten)]
    database: DatabaseSettings,
    /// The file, which is replaced if it is there; without it the products are printed.
    file: Option<PathBuf>,
    /// Only this store's; begins with `store_`.
    #[arg(long, value_name = "STORE_ID")]
    store: Option<StoreId>,
}

impl ExportCommand {
    /// Does it.
    pub async fn run(self) -> Result<(), CommandError> {
        let Self::Products(products) = self;
        products.run().await
    }
}

impl ExportProducts {
    async fn run(self) -> Result<(), CommandError> {
        let db = existing(&self.database).await?;
        let meter = Meter::default();
        let watch = |progress| meter.show(progress);
        let exported = match &self.file {
            None => {
                let to = BufWriter::new(io::stdout());
                export_products(&db, self.store, to, &watch).await
            }
            Some(path) => {
                // Whole or not at all: what was there before is replaced in the end.
                let mut draft = OsString::from(path);
                draft.push(".part");
                let draft = PathBuf::from(draft);
                let cannot = |error| format!("cannot write {}: {error}", path.display());
                let file = File::create(&draft).map_err(cannot)?;
                let exported = export_products(&db, self.store, BufWriter::new(file), &watch).await;
                match &exported {
                    Ok(_) => fs::rename(&draft, path),
                    Err(_) => fs::remove_file(&draft),
                }
                .map_err(cannot)?;
                exported
            }
        };
        meter.finish();
        db.close().await?;
        match exported {
            Ok(rows) => {
                if let Some(path) = self.file {
                    println!("Exported: {rows} rows, into {}.", path.display());
                }
                Ok(())
            }
            Err(ExportError::Write(error)) if is_nobody_reading(&error) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn is_nobody_reading(error: &csv::Error) -> bool {
    matches!(error.kind(), ErrorKind::Io(error) if is_pipe_closed(error))
}
