//! A settlement as a sheet: one CSV file a store, a line for each item that it is paid for.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use entity::{id::StoreId, order_item, settlement};
use sea_orm::DbErr;

use super::store::{self, Sale};
use crate::{
    clock::in_seoul, db::Db, order::store::items_by_ids, sheet::guarded,
    store::wallet::rules::earned,
};

/// Why a sheet was not written.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    #[error("the entries could not be read: {0}")]
    Database(#[from] DbErr),
    #[error("{0}")]
    Csv(#[from] csv::Error),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// When an item was handed over, in Korea; what it was; what it cost, what of that its store took off itself, and what
/// the store is paid.
const COLUMNS: [&str; 8] = [
    "completed_at",
    "order_key",
    "product",
    "option",
    "quantity",
    "line_total",
    "store_discount",
    "amount",
];

/// How many sales are read together.
const PAGE: u64 = 500;

/// What a spreadsheet tells UTF-8 by.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Writes a settlement's sheet into a folder, and gives its path. Written again it is the same; it is there whole, or not
/// at all.
///
/// # Errors
/// When the entries cannot be read, or the file not written.
pub async fn write(
    db: &Db,
    folder: &Path,
    store_id: StoreId,
    settlement: &settlement::Model,
) -> Result<PathBuf, SheetError> {
    let path = folder.join(name(store_id, settlement.period_end));
    // Whoever else writes it at this moment has a file of their own.
    let unfinished = path.with_extension(format!("{}.part", std::process::id()));
    let mut file = BufWriter::new(File::create(&unfinished)?);
    file.write_all(BYTE_ORDER_MARK)?;
    let mut sheet = csv::Writer::from_writer(file);
    sheet.write_record(COLUMNS)?;
    let mut settled_to = settlement.first_sequence - 1;
    loop {
        let sales = store::sales_after(db.writer(), settlement, settled_to, PAGE).await?;
        let Some(last) = sales.last() else { break };
        settled_to = last.sequence;
        let ids = sales.iter().flat_map(|sale| sale.item_ids.iter());
        let items = items_by_ids(db.writer(), &ids.collect::<Vec<_>>()).await?;
        let items = items.into_iter().map(|item| (item.id, item));
        let items = items.collect::<HashMap<_, _>>();
        for sale in &sales {
            let handed_over = sale.item_ids.iter().filter_map(|id| items.get(&id));
            for item in handed_over.filter(|item| item.store_id == store_id) {
                sheet.write_record(line(sale, item))?;
            }
        }
    }
    let file = sheet
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?;
    file.into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()?;
    fs::rename(&unfinished, &path)?;
    Ok(path)
}

/// An item that was handed over, and what the store is paid for it.
fn line(sale: &Sale, item: &order_item::Model) -> [String; COLUMNS.len()] {
    [
        in_seoul(sale.created_at)
            .format("%Y-%m-%d %H:%M:%S")
            .to_string(),
        sale.order_key.clone(),
        guarded(&item.product_name),
        guarded(&item.option_name),
        item.quantity.to_string(),
        item.line_total.0.to_string(),
        item.store_discount.0.to_string(),
        earned(item).0.to_string(),
    ]
}

/// The end of the period in Korea, and whose it is: a date where the period ends at midnight.
fn name(store_id: StoreId, period_end: DateTime<Utc>) -> String {
    let end = in_seoul(period_end);
    let is_midnight = end.time() == chrono::NaiveTime::MIN;
    let format = if is_midnight {
        "%Y-%m-%d"
    } else {
        "%Y-%m-%dT%H%M%S%.f"
    };
    format!("{}_{store_id}.csv", end.format(format))
}
