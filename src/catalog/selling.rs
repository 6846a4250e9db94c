//! Putting products on sale, changing them, and taking them off: a merchant's own, and for admins anyone's.

use entity::{
    id::{OptionId, ProductId, StoreId},
    product, product_option,
};
use scoped_futures::ScopedFutureExt;

use super::{
    InvalidField, NewOption, NewProduct, OptionRows, OptionWish, ProductRows, ProductWish,
    decide::{NoSuchOption, change},
    rules, store,
};
use crate::{
    app::App,
    db::Transaction,
    fault::{Failure, Outcome},
    member::Access,
    store as stores,
};

/// Why the catalog was not changed.
#[derive(Clone, Debug)]
pub enum Refusal {
    Invalid(InvalidField),
    NoSuchStore,
    NoSuchProduct,
    NoSuchOption {
        index: usize,
    },
    /// The product was taken off sale.
    Deleted,
}

impl From<NoSuchOption> for Refusal {
    fn from(NoSuchOption { index }: NoSuchOption) -> Self {
        Self::NoSuchOption { index }
    }
}

/// Puts a product on sale in a store.
pub async fn create_product(
    app: &App,
    caller: &Access,
    store_id: StoreId,
    name: &str,
    description: String,
    options: Vec<OptionWish>,
) -> Outcome<product::Model, Refusal> {
    let new = checked(store_id, name, description, options, caller);
    let rows = new
        .map_err(Failure::Refused)?
        .into_rows(app.clock.now(), &mut rand::rng());
    app.db
        .transaction(|tx| create_in(tx, caller, rows.clone()).scope_boxed())
        .await?;
    Ok(rows.product)
}

fn checked(
    store_id: StoreId,
    name: &str,
    description: String,
    options: Vec<OptionWish>,
    caller: &Access,
) -> Result<NewProduct, Refusal> {
    let name = rules::checked_name(name).map_err(Refusal::Invalid)?;
    let description = rules::checked_description(description).map_err(Refusal::Invalid)?;
    let options = rules::checked_options(options).map_err(Refusal::Invalid)?;
    // A new product has none that one could name.
    if let Some(index) = options.iter().position(|wish| wish.id.is_some()) {
        return Err(Refusal::NoSuchOption { index });
    }
    Ok(NewProduct {
        store_id,
        name,
        description,
        image_url: None,
        options: options.into_iter().map(NewOption::from).collect(),
        by: caller.member_id,
    })
}

async fn create_in(tx: &Transaction, caller: &Access, rows: ProductRows) -> Outcome<(), Refusal> {
    if !stores::is_run_by(tx, caller, rows.product.store_id).await? {
        return Err(Failure::Refused(Refusal::NoSuchStore));
    }
    Ok(store::insert(tx, vec![rows]).await?)
}

/// Changes a product and its options.
pub async fn update_product(
    app: &App,
    caller: &Access,
    id: ProductId,
    wish: ProductWish,
) -> Outcome<product::Model, Refusal> {
    let wish = &checked_wish(wish).map_err(Failure::Refused)?;
    let (product, added) = app
        .db
        .transaction(|tx| update_in(app, tx, caller, id, wish).scope_boxed())
        .await?;
    for option_id in added {
        app.bus.publish_stock(product.id, option_id);
    }
    Ok(product)
}

fn checked_wish(wish: ProductWish) -> Result<ProductWish, Refusal> {
    let name = wish.name.as_deref().map(rules::checked_name);
    let description = wish.description.map(rules::checked_description);
    let options = wish.options.map(rules::checked_options);
    Ok(ProductWish {
        name: name.transpose().map_err(Refusal::Invalid)?,
        description: description.transpose().map_err(Refusal::Invalid)?,
        options: options.transpose().map_err(Refusal::Invalid)?,
    })
}

async fn update_in(
    app: &App,
    tx: &Transaction,
    caller: &Access,
    id: ProductId,
    wish: &ProductWish,
) -> Outcome<(product::Model, Vec<OptionId>), Refusal> {
    let product = lock_for(tx, caller, id).await?;
    if product.deleted_at.is_some() {
        return Err(Failure::Refused(Refusal::Deleted));
    }
    let now = app.clock.now();
    let there = store::all_options_of(tx, id).await?;
    let change = change(product, &there, wish, now)
        .map_err(|unknown| Failure::Refused(Refusal::from(unknown)))?;
    let mut added = OptionRows::default();
    for (position, wish) in change.added {
        let by = caller.member_id;
        added.push(id, position, wish.into(), by, now, &mut rand::rng());
    }
    store::save(tx, &change.product).await?;
    store::save_options(tx, &change.options).await?;
    store::insert_options(tx, &added).await?;
    let id_of = |option: &product_option::Model| option.id;
    Ok((change.product, added.options.iter().map(id_of).collect()))
}

/// Takes a product off sale; where it is so already, nothing changes.
pub async fn delete_product(
    app: &App,
    caller: &Access,
    id: ProductId,
) -> Outcome<product::Model, Refusal> {
    app.db
        .transaction(|tx| delete_in(app, tx, caller, id).scope_boxed())
        .await
}

async fn delete_in(
    app: &App,
    tx: &Transaction,
    caller: &Access,
    id: ProductId,
) -> Outcome<product::Model, Refusal> {
    let product = lock_for(tx, caller, id).await?;
    if product.deleted_at.is_some() {
        return Ok(product);
    }
    let now = app.clock.now();
    store::delete(tx, id, now).await?;
    Ok(product::Model {
        deleted_at: Some(now),
        ..product
    })
}

/// The product, locked, if it is there and the caller may run its store, which stays the same.
async fn lock_for(
    tx: &Transaction,
    caller: &Access,
    id: ProductId,
) -> Outcome<product::Model, Refusal> {
    let no_such_product = || Failure::Refused(Refusal::NoSuchProduct);
    let unlocked = store::by_ids(tx, &[id]).await?.pop();
    let store_id = unlocked.ok_or_else(no_such_product)?.store_id;
    if !stores::is_run_by(tx, caller, store_id).await? {
        return Err(no_such_product());
    }
    store::lock(tx, id).await?.ok_or_else(no_such_product)
}

impl From<OptionWish> for NewOption {
    fn from(wish: OptionWish) -> Self {
        Self {
            name: wish.name,
            price: wish.price,
            stock_quantity: wish.stock_quantity.unwrap_or_default(),
        }
    }
}
