//! Stock: of a change only the newest state matters. Whoever hears that there may be another reads it, for all who watch the
//! product, and tells them if there is.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use entity::{
    id::{OptionId, ProductId},
    product_option,
};
use sea_orm::DbErr;
use tokio::{sync::Notify, time::sleep};

use super::{Bus, Key};
use crate::{catalog::store::options_by_ids, db::Db, panics::caught, stock::store::of_products};

/// An option, and how many pieces of it were left: all that listeners show, read once for all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct StockLevel {
    pub option: product_option::Model,
    pub quantity: i32,
}

/// Products whose stock is to be read. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Changes(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    products: Mutex<HashMap<ProductId, Noted>>,
    noted: Notify,
}

/// Why a product's stock is to be read.
#[derive(Debug, Default)]
struct Noted {
    /// The options of which somebody said that their stock was changed.
    options: HashSet<OptionId>,
    /// Though nobody said so, it may have been.
    is_stale: bool,
}

/// How much there was of the options of each product that is watched.
type Known = HashMap<ProductId, HashMap<OptionId, i32>>;

/// How long to wait before a database that failed is asked again.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Products that are remembered though nobody may watch them any more.
const SPARE: usize = 64;

impl Changes {
    /// Somebody watches the product, or changed an option of it.
    pub fn note(&self, product_id: ProductId, option_id: Option<OptionId>) {
        self.products(|products| {
            let noted = products.entry(product_id).or_default();
            noted.options.extend(option_id);
        });
    }

    /// Any of the products' stock may have been changed.
    pub fn doubt(&self, product_ids: impl IntoIterator<Item = ProductId>) {
        self.products(|products| {
            for id in product_ids {
                products.entry(id).or_default().is_stale = true;
            }
        });
    }

    /// What was noted could not be looked into, and is to be once more.
    fn note_again(&self, noted: HashMap<ProductId, Noted>) {
        self.products(|products| {
            for (id, noted) in noted {
                let again = products.entry(id).or_default();
                again.options.extend(noted.options);
                again.is_stale = true;
            }
        });
    }

    fn products(&self, note: impl FnOnce(&mut HashMap<ProductId, Noted>)) {
        let mut products = self
            .0
            .products
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        note(&mut products);
        if !products.is_empty() {
            self.0.noted.notify_one();
        }
    }

    fn take(&self) -> HashMap<ProductId, Noted> {
        let mut products = self
            .0
            .products
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        mem::take(&mut products)
    }
}

/// Reads and tells, without end. What changes while it reads is read together next.
pub async fn tell(bus: Bus, db: Db) {
    let mut known = Known::new();
    loop {
        bus.changes.0.noted.notified().await;
        let mut noted = bus.changes.take();
        noted.retain(|id, noted| {
            noted.is_stale || !noted.options.is_empty() || !known.contains_key(id)
        });
        let told = caught(tell_of(&bus, &db, &mut known, &noted)).await;
        if let Err(error) = told.and_then(|told| Ok(told?)) {
            tracing::warn!(%error, "the stock that changed could not be read");
            sleep(AFTER_FAILURE).await;
            bus.changes.note_again(noted);
        }
        if known.len() > bus.interests.count() + SPARE {
            known.retain(|id, _| bus.interests.has(&Key::Product(*id)));
        }
    }
}

async fn tell_of(
    bus: &Bus,
    db: &Db,
    known: &mut Known,
    noted: &HashMap<ProductId, Noted>,
) -> Result<(), DbErr> {
    if noted.is_empty() {
        return Ok(());
    }
    let ids = noted.keys().copied().collect::<Vec<_>>();
    let quantities = of_products(db.reader(), &ids).await?;
    let changed = quantities
        .iter()
        .filter(|(product_id, option_id, quantity)| {
            let before = known.get(product_id).and_then(|known| known.get(option_id));
            let is_noted = || {
                let noted = noted.get(product_id);
                noted.is_some_and(|noted| noted.options.contains(option_id))
            };
            before.map_or_else(is_noted, |before| before != quantity)
        })
        .map(|(_, option_id, quantity)| (*option_id, *quantity))
        .collect::<HashMap<_, _>>();
    let options = match changed.len() {
        0 => Vec::new(),
        _ => options_by_ids(db.reader(), &changed.keys().copied().collect::<Vec<_>>()).await?,
    };
    // Only now, when nothing can go wrong any more: what is known was told.
    for (product_id, option_id, quantity) in quantities {
        known
            .entry(product_id)
            .or_default()
            .insert(option_id, quantity);
    }
    for option in options {
        if let Some(&quantity) = changed.get(&option.id) {
            let product_id = option.product_id;
            let level = StockLevel { option, quantity };
            bus.stock.publish(&product_id, Arc::new(level));
        }
    }
    Ok(())
}
