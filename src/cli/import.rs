use std::{fmt::Write, path::PathBuf};

use clap::{Args, Subcommand};
use entity::id::StoreId;

use super::{CommandError, progress::Meter, shop};
use crate::{
    config::DatabaseSettings,
    fault::Failure,
    member,
    sheet::{Column, Import, ImportError, Problem, Report, import_products},
};

/// Takes things in from files.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Take products in from a CSV file: make new ones and change those that are there. All of the file or nothing.
    ///
    /// A row is an option; the rows of a product stand together. The first row names the columns, in any order: product,
    /// option and price must be there.
    ///
    /// - product_id, option_id: what the row changes; empty for what is new
    /// - store_id: the store of a new product, unless --store says so
    /// - product, option: their names
    /// - description: the product's, in its first row; empty for none
    /// - price: of the option, in won
    /// - stock, stock_was: pieces in stock. Of a new option, stock is how many there are. Of one that is there, stock is
    ///   how many there are to be and stock_was how many were counted: the difference is added or taken, so that what is
    ///   sold meanwhile stays sold. Empty changes nothing.
    ///
    /// Of a product that is there, the options without a row are taken off sale. `jangteo export products` writes such
    /// a file. The file is UTF-8, with or without a byte order mark. On SQLite the shop takes no orders while it is
    /// written: seconds for a hundred thousand rows, minutes for a million.
    #[command(verbatim_doc_comment)]
    Products(ImportProducts),
}

#[derive(Debug, Args)]
pub struct ImportProducts {
    #[command(flatten)]
    database: DatabaseSettings,
    /// The file.
    file: PathBuf,
    /// The store of all its products; begins with `store_`.
    #[arg(long, value_name = "STORE_ID")]
    store: Option<StoreId>,
    /// Who does it, as the stock ledger will say: the user id of an admin, or of the merchant of every store in the file.
    #[arg(long, value_name = "USER_ID")]
    by: String,
    /// Only look what would happen.
    #[arg(long)]
    dry_run: bool,
}

impl ImportCommand {
    /// Does it, and says what was done.
    pub async fn run(self) -> Result<(), CommandError> {
        let Self::Products(products) = self;
        products.run().await
    }
}

impl ImportProducts {
    async fn run(self) -> Result<(), CommandError> {
        let app = shop(&self.database).await?;
        let by = member::find(&app, &self.by).await?;
        let by = by.ok_or_else(|| format!("there is no member with the user id {}", self.by))?;
        let import = Import {
            file: self.file,
            store_id: self.store,
            by,
            is_dry: self.dry_run,
        };
        let meter = Meter::default();
        let watch = |progress| meter.show(progress);
        let imported = import_products(&app.db, &app.clock, &import, &watch).await;
        meter.finish();
        app.placement.stop().await;
        app.db.clone().close().await?;
        let report = imported.map_err(|failure| told(failure, &import))?;
        println!("{}", summary(report, import.is_dry));
        Ok(())
    }
}

fn summary(report: Report, is_dry: bool) -> String {
    let Report {
        rows,
        products_made,
        products_changed,
        options_made,
        stocks_moved,
    } = report;
    let begin = if is_dry {
        "Nothing was changed. It would be"
    } else {
        "Imported"
    };
    format!(
        "{begin}: {rows} rows, {products_made} new products, {products_changed} changed products, \
         {options_made} new options, {stocks_moved} changes of stock."
    )
}

fn told(failure: Failure<ImportError>, import: &Import) -> CommandError {
    match failure {
        Failure::Fault(fault) => fault.into(),
        Failure::Refused(ImportError::Unread(unread)) => {
            format!("cannot read {}: {unread}", import.file.display()).into()
        }
        Failure::Refused(ImportError::Problems { told, untold }) => {
            let mut text = format!("nothing was imported from {}:", import.file.display());
            for Problem { row, column, what } in told {
                let column = column.map(Column::name);
                let column = column.map(|name| format!("{name}: ")).unwrap_or_default();
                // Writing to a string cannot fail.
                _ = write!(text, "\n  row {row}: {column}{what}");
            }
            if untold > 0 {
                _ = write!(text, "\n  and {untold} more");
            }
            text.into()
        }
    }
}
