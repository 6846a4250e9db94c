//! The rows of a product, which stand together.

use std::{collections::HashSet, mem};

use entity::id::{OptionId, ProductId, StoreId, TypedId};
use sha2::{Digest, Sha256};

use super::row::{Column, Problem, Row};
use crate::{
    catalog::{
        OptionWish,
        rules::{InvalidField, OPTIONS_MAX, checked_description, checked_name, checked_options},
    },
    text::Language,
};

/// A product as its rows want it, which keep its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its first row.
    pub row: u64,
    /// `None` for a product that is there, where the file does not say.
    pub store_id: Option<StoreId>,
    /// `None` for a new product.
    pub product_id: Option<ProductId>,
    pub name: String,
    /// `None` leaves it as it is.
    pub description: Option<String>,
    /// At least one.
    pub options: Vec<OptionWish>,
    /// The row of each option.
    pub rows: Vec<u64>,
    /// How the stock of options that are there is to be moved.
    pub moves: Vec<Move>,
}

/// Pieces of an option that came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    pub option_id: OptionId,
    pub delta: i32,
    pub row: u64,
}

/// Puts the rows of a file together, one after another.
#[derive(Debug, Default)]
pub struct Grouping {
    /// The store of the whole file, if it is of one.
    store_id: Option<StoreId>,
    rows: Vec<Row>,
    /// The products that were there already, 16 bytes for each.
    seen: HashSet<u128>,
}

impl Grouping {
    /// For a file of one store, or of whatever stores its rows say.
    #[must_use]
    pub fn new(store_id: Option<StoreId>) -> Self {
        Self {
            store_id,
            ..Self::default()
        }
    }

    /// Takes the next row. Gives the product before it, if the row is of another.
    pub fn push(&mut self, row: Row) -> Option<Result<Group, Vec<Problem>>> {
        let is_same = self
            .rows
            .first()
            .is_some_and(|first| is_of_one_product(first, &row));
        let before = if is_same { None } else { self.finish() };
        // One too many is told; the others need no memory.
        if self.rows.len() <= OPTIONS_MAX {
            self.rows.push(row);
        }
        before
    }

    /// The last product, if there is one.
    pub fn finish(&mut self) -> Option<Result<Group, Vec<Problem>>> {
        let rows = mem::take(&mut self.rows);
        let first = rows.first()?;
        let key = key(first, self.store_id);
        if !self.seen.insert(key) {
            let what = "this product was in the file before: its rows must stand together";
            let column = if first.product_id.is_some() {
                Column::ProductId
            } else {
                Column::Product
            };
            return Some(Err(vec![Problem::new(first.number, column, what)]));
        }
        Some(grouped(&rows, self.store_id))
    }
}

fn is_of_one_product(first: &Row, row: &Row) -> bool {
    match (first.product_id, row.product_id) {
        (Some(first), Some(row)) => first == row,
        (None, None) => {
            first.store_id == row.store_id && first.product.trim() == row.product.trim()
        }
        _ => false,
    }
}

/// What tells a product from the others of the file.
fn key(first: &Row, store_id: Option<StoreId>) -> u128 {
    if let Some(id) = first.product_id {
        return id.uuid().as_u128();
    }
    let mut hasher = Sha256::new();
    if let Some(store_id) = first.store_id.or(store_id) {
        hasher.update(store_id.uuid().as_bytes());
    }
    hasher.update(first.product.trim());
    let bytes = hasher.finalize().into_iter().take(16);
    bytes.fold(0, |key, byte| key << 8 | u128::from(byte))
}

fn grouped(rows: &[Row], of_file: Option<StoreId>) -> Result<Group, Vec<Problem>> {
    let Some(first) = rows.first() else {
        return Err(Vec::new());
    };
    let mut problems = Vec::new();
    let store_id = match (first.store_id, of_file) {
        (Some(row), Some(file)) if row != file => {
            let what = "it is another store than that of --store";
            problems.push(Problem::new(first.number, Column::Store, what));
            None
        }
        (row, file) => row.or(file),
    };
    if store_id.is_none() && first.product_id.is_none() && problems.is_empty() {
        let what = "a new product needs a store, here or with --store";
        problems.push(Problem::new(first.number, Column::Store, what));
    }
    let (mut options, mut moves) = (Vec::new(), Vec::new());
    for row in rows {
        problems.extend(disagreement(first, row));
        match wish(row) {
            Ok((wish, pieces)) => {
                options.push(wish);
                moves.extend(pieces);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let numbers = rows.iter().map(|row| row.number).collect::<Vec<_>>();
    let told = |invalid: InvalidField| vec![problem(&invalid, &numbers)];
    let description = first.description.clone();
    Ok(Group {
        row: first.number,
        store_id,
        product_id: first.product_id,
        name: checked_name(&first.product).map_err(told)?,
        description: description
            .map(checked_description)
            .transpose()
            .map_err(told)?,
        options: checked_options(options).map_err(told)?,
        moves,
        rows: numbers,
    })
}

/// What a row says of its product that the first one does not.
fn disagreement(first: &Row, row: &Row) -> Option<Problem> {
    let is_other = |text: &str, first: &str| text.trim() != first.trim();
    let description = |row: &Row| row.description.clone().unwrap_or_default();
    let (column, is_wrong) = if row.store_id != first.store_id {
        (Column::Store, true)
    } else if is_other(&row.product, &first.product) {
        (Column::Product, true)
    } else {
        let text = description(row);
        let is_wrong = !text.trim().is_empty() && is_other(&text, &description(first));
        (Column::Description, is_wrong)
    };
    let what = format!(
        "it is not as in row {}, which is of the same product",
        first.number
    );
    is_wrong.then(|| Problem::new(row.number, column, what))
}

/// The option that the row wants, and how its stock is to be moved.
fn wish(row: &Row) -> Result<(OptionWish, Option<Move>), Problem> {
    let wish = OptionWish {
        id: row.option_id,
        name: row.option.clone(),
        price: row.price,
        stock_quantity: None,
    };
    let wrong = |column, what: &str| Err(Problem::new(row.number, column, what));
    match (row.option_id, row.stock, row.stock_was) {
        (Some(_), _, _) if row.product_id.is_none() => wrong(
            Column::OptionId,
            "an option that is there is of a product that is there: say its product_id",
        ),
        (None, stock, None) => Ok((
            OptionWish {
                stock_quantity: Some(stock.unwrap_or_default()),
                ..wish
            },
            None,
        )),
        (None, _, Some(_)) => wrong(Column::StockWas, "a new option has no stock before"),
        (Some(_), None, _) => Ok((wish, None)),
        (Some(_), Some(_), None) => wrong(
            Column::StockWas,
            "say how many there were when you counted, or leave stock empty as well",
        ),
        (Some(option_id), Some(stock), Some(was)) => {
            let Some(delta) = stock.checked_sub(was) else {
                return wrong(Column::Stock, "it is too large");
            };
            let moved = Move {
                option_id,
                delta,
                row: row.number,
            };
            Ok((wish, (delta != 0).then_some(moved)))
        }
    }
}

/// A broken rule of the catalog, where it is broken in the file.
fn problem(InvalidField { path, message }: &InvalidField, rows: &[u64]) -> Problem {
    let path = path.iter().map(String::as_str).collect::<Vec<_>>();
    let index = path.get(1).and_then(|index| index.parse::<usize>().ok());
    let row = index.and_then(|index| rows.get(index)).or(rows.first());
    let column = match path.as_slice() {
        ["name"] => Column::Product,
        ["description"] => Column::Description,
        [.., "price"] => Column::Price,
        [.., "id"] => Column::OptionId,
        [.., "stockQuantity"] => Column::Stock,
        _ => Column::Option,
    };
    let what = message.in_language(Language::English);
    Problem::new(row.copied().unwrap_or_default(), column, what)
}

#[cfg(test)]
mod tests;
