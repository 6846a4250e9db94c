use std::{
    collections::HashMap,
    mem,
    path::{Path, PathBuf},
};

use entity::{
    id::StoreId,
    member::{self, Role},
    stock_adjustment, store as store_table,
};
use scoped_futures::ScopedFutureExt;

use super::{
    Progress, Step, Watch,
    file::{Rows, Unread},
    group::{Group, Grouping, Move},
    row::{Column, Problem},
    store,
    writes::{There, Writes},
};
use crate::{
    clock::{Clock, new_id},
    db::{Db, Transaction},
    fault::{Failure, Fault, Outcome},
    rows,
    stock::{self, STOCK_MAX},
    store as stores,
};

/// How many rows are decided and written at once.
const ROWS_AT_ONCE: usize = 1_000;

/// How many bytes of the file, if those rows are long.
const BYTES_AT_ONCE: u64 = 1024 * 1024;

/// How many problems are told; the others are counted.
const PROBLEMS_MAX: usize = 100;

/// What stands in the stock ledger, for pieces that came or went.
const REASON: &str = "import of products";

/// What is to be imported.
#[derive(Clone, Debug)]
pub struct Import {
    pub file: PathBuf,
    /// The store of all products in the file, unless its rows say.
    pub store_id: Option<StoreId>,
    /// Who imports: an admin, or the merchant of every store in the file.
    pub by: member::Model,
    /// Only look.
    pub is_dry: bool,
}

/// What was imported, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub rows: u64,
    pub products_made: u64,
    pub products_changed: u64,
    pub options_made: u64,
    pub stocks_moved: u64,
}

/// Why nothing was imported.
#[derive(Debug)]
pub enum ImportError {
    /// The file cannot be read.
    Unread(Unread),
    /// Rows that cannot be imported, in their order; the first of them.
    Problems { told: Vec<Problem>, untold: u64 },
}

impl From<Unread> for ImportError {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Header(problem) => Self::Problems {
                told: vec![problem],
                untold: 0,
            },
            unread => Self::Unread(unread),
        }
    }
}

/// Imports products: all of the file, or nothing.
///
/// # Errors
/// What is wrong with the file; when the database fails.
pub async fn import_products(
    db: &Db,
    clock: &Clock,
    import: &Import,
    watch: Watch<'_>,
) -> Outcome<Report, ImportError> {
    let snapshot = db.snapshot().await?;
    let checked = run(&snapshot, clock, import, Step::Check, watch).await?;
    drop(snapshot);
    if import.is_dry {
        return Ok(checked);
    }
    db.transaction(|tx| run(tx, clock, import, Step::Write, watch).scope_boxed())
        .await
}

/// Goes through the file once.
async fn run(
    tx: &Transaction,
    clock: &Clock,
    import: &Import,
    step: Step,
    watch: Watch<'_>,
) -> Outcome<Report, ImportError> {
    let mut run = Run {
        tx,
        clock,
        import,
        is_written: step == Step::Write,
        stores: HashMap::new(),
        moves: Vec::new(),
        problems: Problems::default(),
        report: Report::default(),
    };
    run.read(&import.file, step, watch).await?;
    run.move_stock().await?;
    run.problems.none()?;
    Ok(run.report)
}

/// One way through the file.
struct Run<'r> {
    tx: &'r Transaction,
    clock: &'r Clock,
    import: &'r Import,
    is_written: bool,
    /// The stores of the products so far, those that the importer may run.
    stores: HashMap<StoreId, bool>,
    moves: Vec<Move>,
    problems: Problems,
    report: Report,
}

impl Run<'_> {
    async fn read(
        &mut self,
        file: &Path,
        step: Step,
        watch: Watch<'_>,
    ) -> Outcome<(), ImportError> {
        let mut rows = Rows::open(file).map_err(refused)?;
        let mut grouping = Grouping::new(self.import.store_id);
        let mut groups = Vec::new();
        let (mut waiting, mut taken) = (0, 0);
        loop {
            let row = rows.next().map_err(refused)?;
            let is_end = row.is_none();
            let group = match row {
                Some(Ok(row)) => {
                    self.report.rows += 1;
                    grouping.push(row)
                }
                Some(Err(problems)) => {
                    self.report.rows += 1;
                    self.problems.add(problems);
                    None
                }
                None => grouping.finish(),
            };
            match group {
                Some(Ok(group)) => {
                    waiting += group.options.len();
                    groups.push(group);
                }
                Some(Err(problems)) => self.problems.add(problems),
                None => {}
            }
            let is_much = rows.position() - taken >= BYTES_AT_ONCE;
            if waiting >= ROWS_AT_ONCE || is_much || is_end {
                self.take(groups).await?;
                (groups, waiting, taken) = (Vec::new(), 0, rows.position());
                watch(Progress {
                    step,
                    rows: self.report.rows,
                    done: rows.position(),
                    total: rows.size,
                });
            }
            if is_end {
                return Ok(());
            }
        }
    }

    /// Decides what becomes of some products, and writes it.
    async fn take(&mut self, groups: Vec<Group>) -> Result<(), Fault> {
        let there = There::of(self.tx, &groups, self.is_written).await?;
        let stores = groups.iter().filter_map(|group| group.store_id);
        let stores = stores.chain(there.products.values().map(|product| product.store_id));
        self.look_at_stores(stores.collect()).await?;
        let mut writes = Writes::at(self.clock.now());
        for group in groups {
            let moves = group.moves.clone();
            match self.decide(group, &there, &mut writes) {
                Ok(()) => self.moves.extend(moves),
                Err(problem) => self.problems.add(vec![problem]),
            }
        }
        self.report.products_made += writes.new_products.len() as u64;
        self.report.products_changed += writes.changed.len() as u64;
        self.report.options_made += writes.new_options.options.len() as u64;
        // What is wrong undoes all of it in the end.
        if self.is_written && self.problems.are_none() {
            writes.apply(self.tx).await?;
        }
        Ok(())
    }

    fn decide(&self, group: Group, there: &There, writes: &mut Writes) -> Result<(), Problem> {
        let may_run = |id: StoreId| self.stores.get(&id).copied().unwrap_or_default();
        let row = group.row;
        let Some(id) = group.product_id else {
            let store_id = group.store_id.filter(|id| may_run(*id));
            let what = "there is no such store, or --by may not run it";
            let store_id = store_id.ok_or_else(|| Problem::new(row, Column::Store, what))?;
            writes.make(group, store_id, self.import.by.id);
            return Ok(());
        };
        let wrong = |what| Problem::new(row, Column::ProductId, what);
        let product = there
            .products
            .get(&id)
            .filter(|product| may_run(product.store_id));
        let what = "there is no such product, or --by may not run its store";
        let product = product.ok_or_else(|| wrong(what))?;
        if group.store_id.is_some_and(|id| id != product.store_id) {
            let what = "the product is another store's";
            return Err(Problem::new(row, Column::Store, what));
        }
        if product.deleted_at.is_some() {
            return Err(wrong("the product was taken off sale"));
        }
        writes.change(group, product, there.options_of(id), self.import.by.id)
    }

    async fn look_at_stores(&mut self, mut ids: Vec<StoreId>) -> Result<(), Fault> {
        ids.retain(|id| !self.stores.contains_key(id));
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(());
        }
        let by = &self.import.by;
        let may_run =
            |store: &store_table::Model| by.role == Role::Admin || by.id == store.merchant_id;
        let found = stores::store::by_ids(self.tx, &ids).await?;
        self.stores.extend(ids.into_iter().map(|id| (id, false)));
        self.stores
            .extend(found.iter().map(|store| (store.id, may_run(store))));
        Ok(())
    }

    /// Moves the pieces that came and went: after everything else and in the order of the options, as all locks of stock
    /// are taken.
    async fn move_stock(&mut self) -> Result<(), Fault> {
        self.moves.sort_unstable_by_key(|moved| moved.option_id);
        self.report.stocks_moved = self.moves.len() as u64;
        for moves in mem::take(&mut self.moves).chunks(ROWS_AT_ONCE) {
            let ids = moves
                .iter()
                .map(|moved| moved.option_id)
                .collect::<Vec<_>>();
            let stocks = if self.is_written {
                stock::store::lock(self.tx, &ids).await?
            } else {
                store::stocks(self.tx, &ids).await?
            };
            let stocks = stocks.iter().map(|stock| (stock.option_id, stock.quantity));
            let stocks = stocks.collect::<HashMap<_, _>>();
            let now = self.clock.now();
            let mut adjustments = Vec::with_capacity(moves.len());
            for moved in moves {
                let quantity = stocks.get(&moved.option_id).copied().unwrap_or_default();
                let after = quantity.checked_add(moved.delta);
                let after = after.filter(|after| (0..=STOCK_MAX).contains(after));
                let Some(quantity_after) = after else {
                    let what = format!(
                        "there are {quantity} by now, and so {} cannot be moved",
                        moved.delta
                    );
                    self.problems
                        .add(vec![Problem::new(moved.row, Column::Stock, what)]);
                    continue;
                };
                adjustments.push(stock_adjustment::Model {
                    id: new_id(now, &mut rand::rng()),
                    option_id: moved.option_id,
                    delta: moved.delta,
                    quantity_after,
                    reason: REASON.into(),
                    member_id: self.import.by.id,
                    created_at: now,
                });
            }
            if self.is_written && self.problems.are_none() {
                let deltas = moves.iter().map(|moved| (moved.option_id, moved.delta));
                stock::store::add(self.tx, &deltas.collect::<Vec<_>>()).await?;
                rows::insert(self.tx, &adjustments).await?;
            }
        }
        Ok(())
    }
}

/// What is wrong with the file so far.
#[derive(Debug, Default)]
struct Problems {
    told: Vec<Problem>,
    untold: u64,
}

impl Problems {
    fn add(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            if self.told.len() < PROBLEMS_MAX {
                self.told.push(problem);
            } else {
                self.untold += 1;
            }
        }
    }

    fn are_none(&self) -> bool {
        self.told.is_empty()
    }

    fn none(self) -> Outcome<(), ImportError> {
        if self.are_none() {
            return Ok(());
        }
        let Self { mut told, untold } = self;
        told.sort_by_key(|problem| problem.row);
        Err(Failure::Refused(ImportError::Problems { told, untold }))
    }
}

fn refused(unread: Unread) -> Failure<ImportError> {
    Failure::Refused(unread.into())
}
