//! A copy of SQLite's file while the shop sells.
//!
//! `VACUUM INTO` rather than SQLite's backup interface: it is one statement in one read transaction, so the copy is
//! the database as it was at one moment and nobody waits for it, while the other begins again whenever somebody
//! writes; and the copy is compact. What it does not do is to bring the copy to the disk, nor to its name in one
//! step: that is done here.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf, absolute},
};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::Db;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(
        "PostgreSQL is backed up with its own programs, while it runs: docs/operations.md tells how"
    )]
    NotSqlite,
    #[error("{0} is there already, and a back-up overwrites nothing")]
    Exists(PathBuf),
    #[error(
        "{0} is there: another back-up is being written, or was interrupted; if none is, remove it"
    )]
    Unfinished(PathBuf),
    #[error("{0} is not a name that SQLite can open")]
    Name(PathBuf),
    #[error("cannot write {path}: {error}")]
    File { path: PathBuf, error: io::Error },
    #[error("the database failed: {0}")]
    Database(#[from] DbErr),
}

impl Db {
    /// Copies SQLite's database, as it is at one moment, into a new file, readable by its owner alone; gives its size
    /// in bytes. It is on the disk when this returns, and has its name only then. The shop may go on selling.
    ///
    /// # Errors
    /// When the file is there already, or something fails: then there is no file of that name.
    pub async fn back_up(&self, file: &Path) -> Result<u64, BackupError> {
        if self.backend() != DbBackend::Sqlite {
            return Err(BackupError::NotSqlite);
        }
        if file.exists() {
            return Err(BackupError::Exists(file.to_owned()));
        }
        let failed = |error| BackupError::File {
            path: file.to_owned(),
            error,
        };
        // Absolute, so that SQLite takes no name for a URL.
        let draft = absolute(unfinished(file)).map_err(failed)?;
        make(&draft).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Unfinished(draft.clone()),
            _ => failed(error),
        })?;
        let copied = self.copy(&draft).await;
        let named = copied.and_then(|()| name(&draft, file));
        // It has two names now, or nobody wants it.
        let removed = fs::remove_file(&draft).map_err(failed);
        let bytes = named?;
        removed?;
        Ok(bytes)
    }

    /// On a connection that reads: writers do not wait.
    async fn copy(&self, draft: &Path) -> Result<(), BackupError> {
        let name = draft.to_str();
        let name = name.ok_or_else(|| BackupError::Name(draft.to_owned()))?;
        let copy = Statement::from_sql_and_values(
            self.backend(),
            "VACUUM INTO ?",
            [name.to_owned().into()],
        );
        self.0.reader.execute_raw(copy).await?;
        Ok(())
    }
}

fn unfinished(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".unfinished");
    name.into()
}

/// An empty file, which SQLite fills: passwords' hashes are in it.
fn make(draft: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(draft).map(drop)
}

/// Brings the copy to the disk and to its name, which nobody has taken meanwhile; gives its size.
fn name(draft: &Path, file: &Path) -> Result<u64, BackupError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(file.to_owned()),
        _ => BackupError::File {
            path: file.to_owned(),
            error,
        },
    };
    let copy = File::open(draft).map_err(failed)?;
    copy.sync_all().map_err(failed)?;
    let bytes = copy.metadata().map_err(failed)?.len();
    fs::hard_link(draft, file).map_err(failed)?;
    let folder = draft.parent().unwrap_or(draft);
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed)?;
    Ok(bytes)
}
