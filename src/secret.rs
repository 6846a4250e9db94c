//! The signing key: given, or made once and kept beside the SQLite file.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rand::RngExt;

use crate::config::{DatabaseSettings, SECRET_BYTES_MIN, Secret};

/// Why there is no signing key.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error(
        "JWT_SECRET is required on PostgreSQL, where all instances must share it: make one with \
         `openssl rand -hex 32`"
    )]
    Required,
    #[error(
        "JWT_SECRET must have at least {SECRET_BYTES_MIN} bytes: make one with `openssl rand -hex 32`"
    )]
    GivenTooShort,
    #[error("cannot read or make the signing key {path}: {error}; set JWT_SECRET instead")]
    File { path: PathBuf, error: io::Error },
    #[error(
        "the signing key {path} has fewer than {SECRET_BYTES_MIN} bytes: delete it, or set JWT_SECRET"
    )]
    TooShort { path: PathBuf },
}

/// The key that was given; else, on SQLite, the one in the file beside the database, made where it is
/// missing, readable by its owner alone.
///
/// # Errors
/// When there is no key and none can be made.
pub fn find_or_make(
    given: Option<Secret>,
    database: &DatabaseSettings,
) -> Result<Secret, SecretError> {
    match given {
        Some(secret) if secret.is_weak() => {
            return Err(SecretError::GivenTooShort);
        }
        Some(secret) => return Ok(secret),
        None => {}
    }
    let path = database
        .sqlite_file()
        .ok_or(SecretError::Required)?
        .with_extension("jwt-secret");
    let failed = |error| SecretError::File {
        path: path.clone(),
        error,
    };
    make(&path).map_err(failed)?;
    let secret = Secret::new(fs::read(&path).map_err(failed)?);
    if secret.is_weak() {
        return Err(SecretError::TooShort { path });
    }
    Ok(secret)
}

/// Makes the file unless it is there, whole or not at all: of several servers that start at once, one makes
/// it and all read that one.
fn make(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let draft = path.with_extension(format!("{:016x}", rand::rng().random::<u64>()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    // Text, which can be handed on in a setting.
    let [first, second] = rand::rng().random::<[u128; 2]>();
    write!(file, "{first:032x}{second:032x}")?;
    file.sync_all()?;
    let linked = match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    };
    fs::remove_file(&draft)?;
    linked
}
