//! Products as a sheet: exported into a CSV file that spreadsheets open, and imported from one.
//!
//! A row is an option; the rows of a product stand together. A row with ids changes what is there, one without makes
//! something new; of a product whose rows are in the file, the options that are not are taken off sale. What is exported
//! and not touched changes nothing when it is imported, whatever was sold meanwhile: stock comes in two columns, and
//! what is written is the difference.
//!
//! An import goes through its file twice: the first time it looks at every row, in a snapshot of the database, and tells
//! what is wrong with as many of them as anybody reads; the second time it writes, in one transaction, and so all or
//! nothing. Neither keeps more of the file than a few hundred rows, the ids of its products, and the pieces
//! that are to be moved.

mod export;
mod file;
mod group;
mod import;
mod row;
mod store;
mod writes;

pub use export::{ExportError, export_products};
pub use import::{Import, ImportError, Report, import_products};
pub use row::{COLUMNS, Column, Problem, guarded};

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub step: Step,
    /// Rows so far.
    pub rows: u64,
    /// How much of it is done: bytes of an import's file, products of an export.
    pub done: u64,
    pub total: u64,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Check,
    Write,
    Export,
}

/// Whoever wants to know how far it is.
pub type Watch<'w> = &'w (dyn Fn(Progress) + Send + Sync);
