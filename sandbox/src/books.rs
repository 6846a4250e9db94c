//! What the sandbox remembers: the ledger and the used keys, in memory and in one file.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use serde::{Deserialize, Serialize};

use crate::{hold::hold, idempotency::Keys, ledger::Ledger};

/// The content.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Content {
    pub ledger: Ledger,
    pub keys: Keys,
}

/// The content behind a lock, and the file that follows it.
#[derive(Debug)]
pub struct Books {
    content: Mutex<Content>,
    file: Option<PathBuf>,
}

impl Books {
    /// Reads the file, where there is one.
    pub fn open(file: Option<PathBuf>) -> io::Result<Self> {
        let content = match file.as_deref().map(fs::read) {
            Some(Ok(bytes)) => serde_json::from_slice(&bytes)?,
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => Content::default(),
        };
        let content = Mutex::new(content);
        Ok(Self { content, file })
    }

    /// Looks, or changes what no file keeps.
    pub fn with<T>(&self, work: impl FnOnce(&mut Content) -> T) -> T {
        work(&mut hold(&self.content))
    }

    /// Changes. The file is written before anyone hears of it.
    pub fn change<T>(&self, work: impl FnOnce(&mut Content) -> T) -> T {
        let mut content = hold(&self.content);
        let outcome = work(&mut content);
        if let Some(file) = &self.file
            && let Err(error) = write(file, &content)
        {
            tracing::error!(%error, file = %file.display(), "the payments could not be written");
        }
        outcome
    }
}

/// Whole or not at all. A crash of the machine may take the last payments, which moved no money.
fn write(file: &Path, content: &Content) -> io::Result<()> {
    let draft = file.with_extension("draft");
    fs::write(&draft, serde_json::to_vec(content)?)?;
    fs::rename(draft, file)
}
