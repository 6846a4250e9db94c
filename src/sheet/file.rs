//! A file of rows, read one by one, however large it is.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use csv::{ByteRecord, ReaderBuilder};

use super::row::{Header, Problem, Row};

/// The longest row, in bytes: a product's longest description takes some 30 KiB. A quote that is never closed would
/// make one of the whole file.
const ROW_BYTES_MAX: u64 = 1024 * 1024;

/// The rows of a file, from its beginning.
pub struct Rows {
    reader: csv::Reader<Limited<BufReader<File>>>,
    left: Arc<AtomicU64>,
    header: Header,
    record: ByteRecord,
    number: u64,
    /// How many bytes the file has.
    pub size: u64,
}

/// Why a file is not read on.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    #[error("{0}")]
    File(#[from] io::Error),
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// Its first row says nothing that the others could be read by.
    #[error("its columns are not known")]
    Header(Problem),
}

impl Rows {
    /// Opens the file, and reads the names of its columns.
    pub fn open(path: &Path) -> Result<Self, Unread> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        let left = Arc::new(AtomicU64::new(ROW_BYTES_MAX));
        let limited = Limited {
            inner: BufReader::new(file),
            left: left.clone(),
        };
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            // How many cells a row has is checked with the row, which is told.
            .flexible(true)
            .from_reader(limited);
        let mut record = ByteRecord::new();
        reader.read_byte_record(&mut record)?;
        let header = Header::read(&record.iter().collect::<Vec<_>>()).map_err(Unread::Header)?;
        Ok(Self {
            reader,
            left,
            header,
            record,
            number: 1,
            size,
        })
    }

    /// How many bytes were read.
    pub fn position(&self) -> u64 {
        self.reader.position().byte()
    }

    /// The next row that is not empty; or what is wrong with it.
    pub fn next(&mut self) -> Result<Option<Result<Row, Vec<Problem>>>, Unread> {
        loop {
            self.left.store(ROW_BYTES_MAX, Ordering::Relaxed);
            if !self.reader.read_byte_record(&mut self.record)? {
                return Ok(None);
            }
            self.number += 1;
            let cells = self.record.iter().collect::<Vec<_>>();
            if let Some(row) = self.header.row(self.number, &cells).transpose() {
                return Ok(Some(row));
            }
        }
    }
}

/// Reads no more than is left.
struct Limited<R> {
    inner: R,
    left: Arc<AtomicU64>,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            let what = "a row is longer than 1 MiB: is a quotation mark left open?";
            return Err(io::Error::other(what));
        }
        let read = self.inner.read(buffer)?;
        let taken = u64::try_from(read).unwrap_or(u64::MAX);
        self.left
            .store(left.saturating_sub(taken), Ordering::Relaxed);
        Ok(read)
    }
}
