//! Stores: merchants' shops, how they are set up, and whether they are open.

pub mod graphql;
mod rules;
#[expect(
    clippy::module_inception,
    reason = "the slice's noun is also the role's name"
)]
pub mod store;
pub mod wallet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Won,
    id::{MemberId, StoreId},
    store as store_table, store_wallet,
};
use rand::Rng;
use scoped_futures::ScopedFutureExt;
use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    app::App,
    clock::new_id,
    db::Transaction,
    fault::{Failure, Fault, Never, Outcome},
    member::Access,
    order, rows,
    text::Message,
};

pub use rules::checked_name;

/// How long a store has to accept an order, in minutes, unless its merchant says otherwise.
const ACCEPT_MINUTES: i32 = 10;

/// What a merchant wants to be different about their store; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub name: Option<String>,
    pub accept_minutes: Option<i32>,
}

/// Why a store was not changed.
#[derive(Clone, Debug)]
pub enum Refusal {
    NoSuchStore,
    /// A field of the settings breaks its rule.
    Invalid {
        field: &'static str,
        message: Message,
    },
}

/// A store and its wallet, ready to be inserted.
#[derive(Clone, Debug)]
pub struct StoreRows {
    pub store: store_table::Model,
    pub wallet: store_wallet::Model,
}

impl StoreRows {
    /// A new store of a merchant, with nothing earned yet.
    pub fn new(
        merchant_id: MemberId,
        name: String,
        is_open: bool,
        now: DateTime<Utc>,
        rng: &mut impl Rng,
    ) -> Self {
        let store_id: StoreId = new_id(now, rng);
        Self {
            store: store_table::Model {
                id: store_id,
                merchant_id,
                name,
                is_open,
                accept_minutes: ACCEPT_MINUTES,
                created_at: now,
            },
            wallet: store_wallet::Model {
                id: new_id(now, rng),
                store_id,
                balance: Won::ZERO,
                last_sequence: 0,
            },
        }
    }

    pub async fn insert(&self, tx: &Transaction) -> Result<(), Fault> {
        rows::insert(tx, std::slice::from_ref(&self.store)).await?;
        rows::insert(tx, std::slice::from_ref(&self.wallet)).await?;
        Ok(())
    }
}

/// Opens or closes a store; where it is so already, nothing changes. While a store is closed no time runs for the
/// orders that it has not accepted, and from its opening on they have all of their time once more.
///
/// The locks are in the shop's one order, the orders before the store: whoever lets an order's time run reads under
/// the order's lock, and with a share of the store's, whether it is open.
pub async fn set_store_open(
    app: &App,
    caller: &Access,
    id: StoreId,
    is_open: bool,
) -> Outcome<store_table::Model, Refusal> {
    app.db
        .transaction(|tx| set_open_in(app, tx, caller, id, is_open).scope_boxed())
        .await
}

async fn set_open_in(
    app: &App,
    tx: &Transaction,
    caller: &Access,
    id: StoreId,
    is_open: bool,
) -> Outcome<store_table::Model, Refusal> {
    run_by(caller, store::by_ids(tx, &[id]).await?.pop())?;
    order::store::lock_paid_of_store(tx, id).await?;
    let store = run_by(caller, store::lock(tx, id).await?)?;
    if store.is_open == is_open {
        return Ok(store);
    }
    let time = TimeDelta::minutes(store.accept_minutes.into());
    let accept_by = is_open.then(|| app.clock.now() + time);
    order::store::set_accept_by_of_store(tx, id, accept_by).await?;
    store::set_open(tx, id, is_open).await?;
    Ok(store_table::Model { is_open, ..store })
}

/// Changes a store's settings. How long it has to accept an order holds for those that come from now on.
pub async fn update_store(
    app: &App,
    caller: &Access,
    id: StoreId,
    settings: Settings,
) -> Outcome<store_table::Model, Refusal> {
    let settings = &checked(&settings).map_err(Failure::Refused)?;
    app.db
        .transaction(|tx| update_in(tx, caller, id, settings).scope_boxed())
        .await
}

async fn update_in(
    tx: &Transaction,
    caller: &Access,
    id: StoreId,
    settings: &Settings,
) -> Outcome<store_table::Model, Refusal> {
    let mut store = run_by(caller, store::lock(tx, id).await?)?;
    if let Some(name) = &settings.name {
        store.name.clone_from(name);
    }
    store.accept_minutes = settings.accept_minutes.unwrap_or(store.accept_minutes);
    store::save_settings(tx, &store).await?;
    Ok(store)
}

/// The settings in normal form, or the first field at fault.
fn checked(settings: &Settings) -> Result<Settings, Refusal> {
    let invalid = |field| move |message| Refusal::Invalid { field, message };
    let name = settings.name.as_deref().map(checked_name);
    let minutes = settings.accept_minutes.map(rules::checked_accept_minutes);
    Ok(Settings {
        name: name.transpose().map_err(invalid("name"))?,
        accept_minutes: minutes.transpose().map_err(invalid("acceptMinutes"))?,
    })
}

/// The store, if it is there and the caller may run it.
fn run_by(
    caller: &Access,
    store: Option<store_table::Model>,
) -> Outcome<store_table::Model, Refusal> {
    store
        .filter(|store| caller.may_run(store))
        .ok_or(Failure::Refused(Refusal::NoSuchStore))
}

/// Whether there is such a store, and the caller may run it.
///
/// # Errors
/// When the database fails.
pub async fn is_run_by(
    db: &impl ConnectionTrait,
    caller: &Access,
    id: StoreId,
) -> Result<bool, DbErr> {
    let store = store::by_ids(db, &[id]).await?.pop();
    Ok(store.is_some_and(|store| caller.may_run(&store)))
}

/// The merchant's store; a new one of that name, open, where there is none.
///
/// # Errors
/// When the database fails.
pub async fn of_merchant_or_new(
    app: &App,
    merchant_id: MemberId,
    name: &str,
) -> Result<store_table::Model, Fault> {
    match store::by_merchants(app.db.reader(), &[merchant_id])
        .await?
        .pop()
    {
        Some(store) => Ok(store),
        None => create(app, merchant_id, name.into()).await,
    }
}

/// Opens a store for a merchant.
///
/// # Errors
/// When the merchant has one already, or the database fails.
pub async fn create(
    app: &App,
    merchant_id: MemberId,
    name: String,
) -> Result<store_table::Model, Fault> {
    let rows = StoreRows::new(merchant_id, name, true, app.clock.now(), &mut rand::rng());
    app.db
        .transaction(|tx| insert(tx, &rows).scope_boxed())
        .await
        .map_err(Failure::into_fault)?;
    Ok(rows.store)
}

async fn insert(tx: &Transaction, rows: &StoreRows) -> Outcome<(), Never> {
    Ok(rows.insert(tx).await?)
}
