use std::{collections::HashMap, io::Write};

use csv::{Terminator, WriterBuilder};
use entity::{id::StoreId, product, product_option};

use super::{
    Progress, Step, Watch,
    row::{COLUMNS, Column, guarded},
    store,
};
use crate::{db::Db, fault::Fault};

/// What tells Excel that a file is UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// How many products are read at once.
const PRODUCTS_AT_ONCE: u64 = 500;

/// Why the products were not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{0}")]
    Fault(#[from] Fault),
    #[error("{0}")]
    Write(#[from] csv::Error),
}

impl From<sea_orm::DbErr> for ExportError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Fault(error.into())
    }
}

impl From<std::io::Error> for ExportError {
    fn from(error: std::io::Error) -> Self {
        Self::Write(error.into())
    }
}

/// Writes the products on sale, of one store or of all, as they are at one moment; gives how many options there are.
///
/// # Errors
/// When the database fails, or nothing can be written.
pub async fn export_products(
    db: &Db,
    store_id: Option<StoreId>,
    mut to: impl Write + Send,
    watch: Watch<'_>,
) -> Result<u64, ExportError> {
    let snapshot = db.snapshot().await?;
    let total = store::count(&snapshot, store_id).await?;
    to.write_all(BYTE_ORDER_MARK)?;
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(to);
    writer.write_record(COLUMNS.map(Column::name))?;
    let (mut done, mut rows) = (0, 0);
    let mut last = store::beginning();
    loop {
        let products = store::after(&snapshot, store_id, last, PRODUCTS_AT_ONCE).await?;
        let Some(product) = products.last() else {
            break;
        };
        last = product.id;
        let ids = products
            .iter()
            .map(|product| product.id)
            .collect::<Vec<_>>();
        let mut options = store::options(&snapshot, &ids).await?;
        options.retain(|option| option.deleted_at.is_none());
        let ids = options.iter().map(|option| option.id).collect::<Vec<_>>();
        let stocks = store::stocks(&snapshot, &ids).await?;
        let stocks = stocks.iter().map(|stock| (stock.option_id, stock.quantity));
        let stocks = stocks.collect::<HashMap<_, _>>();
        // Both are in the order of the products' ids.
        let mut options = options.iter().peekable();
        for product in &products {
            let mut is_first = true;
            while let Some(option) = options.next_if(|option| option.product_id == product.id) {
                let stock = stocks.get(&option.id).copied().unwrap_or_default();
                writer.write_record(cells(product, option, stock, is_first))?;
                is_first = false;
                rows += 1;
            }
            done += 1;
        }
        watch(Progress {
            step: Step::Export,
            rows,
            done,
            total,
        });
    }
    writer.flush()?;
    Ok(rows)
}

/// The cells of an option. What is said of the product, but for its name, stands in its first row alone.
fn cells(
    product: &product::Model,
    option: &product_option::Model,
    stock: i32,
    is_first: bool,
) -> [String; COLUMNS.len()] {
    COLUMNS.map(|column| match column {
        Column::Store => product.store_id.to_string(),
        Column::ProductId => product.id.to_string(),
        Column::OptionId => option.id.to_string(),
        Column::Product => guarded(&product.name),
        Column::Description if is_first => guarded(&product.description),
        Column::Description => String::new(),
        Column::Option => guarded(&option.name),
        Column::Price => option.price.0.to_string(),
        Column::Stock | Column::StockWas => stock.to_string(),
    })
}
