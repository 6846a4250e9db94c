//! A row of the sheet: what stands in its columns, and how it is written.

use entity::{
    Won,
    id::{OptionId, ProductId, StoreId, TypedId, WrongId},
};

/// The columns, as they are exported.
pub const COLUMNS: [Column; 9] = [
    Column::Store,
    Column::ProductId,
    Column::OptionId,
    Column::Product,
    Column::Description,
    Column::Option,
    Column::Price,
    Column::Stock,
    Column::StockWas,
];

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Store,
    ProductId,
    OptionId,
    Product,
    Description,
    Option,
    Price,
    Stock,
    StockWas,
}

/// What is wrong with a row, counted as a spreadsheet does: the names of the columns are row 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub row: u64,
    pub column: Option<Column>,
    pub what: String,
}

/// Where each column stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    places: [Option<usize>; COLUMNS.len()],
    width: usize,
}

/// One option, as a row has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub number: u64,
    pub store_id: Option<StoreId>,
    pub product_id: Option<ProductId>,
    pub option_id: Option<OptionId>,
    pub product: String,
    /// `None` where the file has no such column.
    pub description: Option<String>,
    pub option: String,
    pub price: Won,
    pub stock: Option<i32>,
    pub stock_was: Option<i32>,
}

impl Column {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Store => "store_id",
            Self::ProductId => "product_id",
            Self::OptionId => "option_id",
            Self::Product => "product",
            Self::Description => "description",
            Self::Option => "option",
            Self::Price => "price",
            Self::Stock => "stock",
            Self::StockWas => "stock_was",
        }
    }

    fn is_required(self) -> bool {
        matches!(self, Self::Product | Self::Option | Self::Price)
    }
}

impl Problem {
    pub fn new(row: u64, column: Column, what: impl Into<String>) -> Self {
        Self {
            row,
            column: Some(column),
            what: what.into(),
        }
    }

    /// One of the whole row.
    pub fn of_row(row: u64, what: impl Into<String>) -> Self {
        Self {
            row,
            column: None,
            what: what.into(),
        }
    }
}

impl Header {
    /// Where the columns stand, in whatever order; or what is wrong with them.
    pub fn read(names: &[&[u8]]) -> Result<Self, Problem> {
        let wrong = |what: String| Err(Problem::of_row(1, what));
        let mut places = [None; COLUMNS.len()];
        for (index, name) in names.iter().enumerate() {
            let name = String::from_utf8_lossy(name);
            let name = name.trim();
            let known = COLUMNS.iter().position(|column| column.name() == name);
            let Some(known) = known else {
                let names = COLUMNS.map(Column::name).join(", ");
                return wrong(format!("there is no column `{name}`; there are {names}"));
            };
            if places[known].replace(index).is_some() {
                return wrong(format!("the column `{name}` is there twice"));
            }
        }
        let mut columns = COLUMNS.into_iter().zip(places);
        match columns.find(|(column, place)| column.is_required() && place.is_none()) {
            Some((column, _)) => wrong(format!("the column `{}` is missing", column.name())),
            None => Ok(Self {
                places,
                width: names.len(),
            }),
        }
    }

    /// The row with these cells; nothing if all of them are empty; or everything that is wrong with it.
    pub fn row(&self, number: u64, cells: &[&[u8]]) -> Result<Option<Row>, Vec<Problem>> {
        if cells.iter().all(|cell| cell.trim_ascii().is_empty()) {
            return Ok(None);
        }
        if cells.len() != self.width {
            let what = format!(
                "it has {} cells where the first row has {}",
                cells.len(),
                self.width
            );
            return Err(vec![Problem::of_row(number, what)]);
        }
        let mut cells = Cells {
            header: self,
            number,
            texts: cells,
            problems: Vec::new(),
        };
        let row = Row {
            number,
            store_id: cells.id(Column::Store),
            product_id: cells.id(Column::ProductId),
            option_id: cells.id(Column::OptionId),
            product: cells.text(Column::Product).unwrap_or_default(),
            description: cells.text(Column::Description),
            option: cells.text(Column::Option).unwrap_or_default(),
            price: Won(cells.number(Column::Price, true).unwrap_or_default()),
            stock: cells.count(Column::Stock),
            stock_was: cells.count(Column::StockWas),
        };
        if cells.problems.is_empty() {
            Ok(Some(row))
        } else {
            Err(cells.problems)
        }
    }
}

/// The cells of a row, as they are read.
struct Cells<'r> {
    header: &'r Header,
    number: u64,
    texts: &'r [&'r [u8]],
    problems: Vec<Problem>,
}

impl Cells<'_> {
    /// What stands in the column, if the file has it.
    fn text(&mut self, column: Column) -> Option<String> {
        let place = self.header.places[column as usize]?;
        if let Ok(text) = str::from_utf8(self.texts[place]) {
            return Some(unguarded(text).to_owned());
        }
        let what = "it is not UTF-8: in Excel, save it as `CSV UTF-8`";
        self.problems.push(Problem::new(self.number, column, what));
        None
    }

    /// What stands there without blanks around it, if it is anything.
    fn word(&mut self, column: Column) -> Option<String> {
        let text = self.text(column)?;
        let word = text.trim();
        (!word.is_empty()).then(|| word.to_owned())
    }

    fn id<I: TypedId>(&mut self, column: Column) -> Option<I> {
        let parsed = self.word(column)?.parse();
        let wrong = |WrongId { expected_prefix }| {
            let what = format!("it is not an id that begins with {expected_prefix}_");
            Problem::new(self.number, column, what)
        };
        parsed
            .map_err(|error| self.problems.push(wrong(error)))
            .ok()
    }

    fn number(&mut self, column: Column, is_required: bool) -> Option<i64> {
        let word = self.word(column);
        let number = word.as_deref().and_then(number);
        if number.is_none() && (is_required || word.is_some()) {
            let what = "it is not a whole number";
            self.problems.push(Problem::new(self.number, column, what));
        }
        number
    }

    fn count(&mut self, column: Column) -> Option<i32> {
        let number = self.number(column, false)?;
        let count = i32::try_from(number).ok();
        if count.is_none() {
            let what = "it is too large";
            self.problems.push(Problem::new(self.number, column, what));
        }
        count
    }
}

/// A whole number, also one with commas between its thousands.
fn number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let mut groups = digits.split(',');
    let first = groups.next().unwrap_or_default();
    let is_grouped = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    if digits.contains(',') && !is_grouped {
        return None;
    }
    text.replace(',', "").parse().ok()
}

/// What makes a spreadsheet take a text for a formula, at its beginning.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The text as it may be opened in a spreadsheet: one that would be a formula there begins with an apostrophe, as people
/// write it.
#[must_use]
pub fn guarded(text: &str) -> String {
    if is_guarded_or_formula(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// The text that was guarded so.
fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_guarded_or_formula(rest) => rest,
        _ => text,
    }
}

/// Whether it would be a formula without the apostrophes that it begins with.
fn is_guarded_or_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(FORMULA)
}

#[cfg(test)]
mod tests;
