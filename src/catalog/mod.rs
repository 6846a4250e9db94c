//! The catalog: products and their options. Stock is a slice of its own.
//!
//! A product's row is the lock of its options for whoever changes them. Orders lock neither: they take an option as
//! they see it.

mod decide;
pub mod graphql;
pub mod rules;
mod selling;
pub mod store;
pub mod whole;

use chrono::{DateTime, Utc};
use entity::{
    Won,
    id::{MemberId, OptionId, ProductId, StoreId},
    product, product_option, stock, stock_adjustment,
};
use rand::Rng;
use scoped_futures::ScopedFutureExt;

use crate::{
    clock::new_id,
    db::{Db, Transaction},
    fault::{Failure, Fault, Never, Outcome},
};

pub use decide::ProductWish;
pub(crate) use decide::change;
pub use rules::{InvalidField, OptionWish};
pub use selling::{Refusal, create_product, delete_product, update_product};

/// A product to be put on sale.
#[derive(Clone, Debug)]
pub struct NewProduct {
    pub store_id: StoreId,
    pub name: String,
    pub description: String,
    pub image_url: Option<String>,
    /// At least one.
    pub options: Vec<NewOption>,
    /// Who puts it on sale; stands in the stock ledger.
    pub by: MemberId,
}

/// One variant of a product to be put on sale.
#[derive(Clone, Debug)]
pub struct NewOption {
    pub name: String,
    pub price: Won,
    pub stock_quantity: i32,
}

/// A product with everything that belongs to it, ready to be inserted.
#[derive(Clone, Debug)]
pub struct ProductRows {
    pub product: product::Model,
    pub options: Vec<product_option::Model>,
    pub stocks: Vec<stock::Model>,
    pub adjustments: Vec<stock_adjustment::Model>,
}

/// Puts products on sale, all or none.
pub async fn create_products(db: &Db, products: Vec<ProductRows>) -> Result<(), Fault> {
    let inserted = db.transaction(|tx| insert(tx, products.clone()).scope_boxed());
    inserted.await.map_err(Failure::into_fault)
}

async fn insert(tx: &Transaction, products: Vec<ProductRows>) -> Outcome<(), Never> {
    Ok(store::insert(tx, products).await?)
}

impl NewProduct {
    /// The product's rows, with ids of the given moment. Opening stock is an adjustment like any other.
    pub fn into_rows(self, now: DateTime<Utc>, rng: &mut impl Rng) -> ProductRows {
        let product_id: ProductId = new_id(now, rng);
        let product = product::Model {
            id: product_id,
            store_id: self.store_id,
            search_name: search_form(&self.name),
            name: self.name,
            description: self.description,
            image_url: self.image_url,
            price: self
                .options
                .iter()
                .map(|option| option.price)
                .min()
                .unwrap_or_default(),
            created_at: now,
            deleted_at: None,
        };
        let mut options = OptionRows::default();
        for (position, option) in (0..).zip(self.options) {
            options.push(product_id, position, option, self.by, now, rng);
        }
        let OptionRows {
            options,
            stocks,
            adjustments,
        } = options;
        ProductRows {
            product,
            options,
            stocks,
            adjustments,
        }
    }
}

/// Options with everything that belongs to them, ready to be inserted.
#[derive(Clone, Debug, Default)]
pub struct OptionRows {
    pub options: Vec<product_option::Model>,
    pub stocks: Vec<stock::Model>,
    pub adjustments: Vec<stock_adjustment::Model>,
}

impl OptionRows {
    /// Adds a new option of a product.
    pub fn push(
        &mut self,
        product_id: ProductId,
        position: i32,
        option: NewOption,
        by: MemberId,
        now: DateTime<Utc>,
        rng: &mut impl Rng,
    ) {
        let option_id: OptionId = new_id(now, rng);
        self.stocks.push(stock::Model {
            option_id,
            quantity: option.stock_quantity,
        });
        self.adjustments.push(stock_adjustment::Model {
            id: new_id(now, rng),
            option_id,
            delta: option.stock_quantity,
            quantity_after: option.stock_quantity,
            reason: "opening stock".into(),
            member_id: by,
            created_at: now,
        });
        self.options.push(product_option::Model {
            id: option_id,
            product_id,
            position,
            name: option.name,
            price: option.price,
            deleted_at: None,
        });
    }
}

/// How names and searches are compared: in lower case, whatever the database thinks of letters.
pub fn search_form(text: &str) -> String {
    text.to_lowercase()
}
