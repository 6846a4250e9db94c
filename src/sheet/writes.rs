//! What becomes of the products that rows name, and how it is written: a few statements for many of them.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{
    id::{MemberId, ProductId, StoreId},
    product, product_option,
};

use super::{
    group::Group,
    row::{Column, Problem},
    store,
};
use crate::{
    catalog::{self, NewOption, NewProduct, OptionRows, ProductWish, change},
    db::Transaction,
    fault::Fault,
    rows,
};

/// What is in the database of the products that rows name.
pub struct There {
    pub products: HashMap<ProductId, product::Model>,
    options: HashMap<ProductId, Vec<product_option::Model>>,
}

impl There {
    pub async fn of(tx: &Transaction, groups: &[Group], is_written: bool) -> Result<Self, Fault> {
        let ids = groups.iter().filter_map(|group| group.product_id);
        let ids = ids.collect::<HashSet<_>>();
        let ids = ids.into_iter().collect::<Vec<_>>();
        let mut there = Self {
            products: HashMap::new(),
            options: HashMap::new(),
        };
        if ids.is_empty() {
            return Ok(there);
        }
        let products = store::products(tx, &ids, is_written).await?;
        there.products = products
            .into_iter()
            .map(|product| (product.id, product))
            .collect();
        for option in store::options(tx, &ids).await? {
            there
                .options
                .entry(option.product_id)
                .or_default()
                .push(option);
        }
        Ok(there)
    }

    pub fn options_of(&self, id: ProductId) -> &[product_option::Model] {
        self.options.get(&id).map_or(&[], Vec::as_slice)
    }
}

/// What is to be written of some products.
pub struct Writes {
    now: DateTime<Utc>,
    pub new_products: Vec<product::Model>,
    /// Products and options that are different now.
    pub changed: HashSet<ProductId>,
    products: Vec<product::Model>,
    options: Vec<product_option::Model>,
    pub new_options: OptionRows,
}

impl Writes {
    pub fn at(now: DateTime<Utc>) -> Self {
        Self {
            now,
            new_products: Vec::new(),
            changed: HashSet::new(),
            products: Vec::new(),
            options: Vec::new(),
            new_options: OptionRows::default(),
        }
    }

    pub fn make(&mut self, group: Group, store_id: StoreId, by: MemberId) {
        let new = NewProduct {
            store_id,
            name: group.name,
            description: group.description.unwrap_or_default(),
            image_url: None,
            options: group.options.into_iter().map(NewOption::from).collect(),
            by,
        };
        let rows = new.into_rows(self.now, &mut rand::rng());
        self.new_products.push(rows.product);
        self.new_options.options.extend(rows.options);
        self.new_options.stocks.extend(rows.stocks);
        self.new_options.adjustments.extend(rows.adjustments);
    }

    pub fn change(
        &mut self,
        group: Group,
        product: &product::Model,
        there: &[product_option::Model],
        by: MemberId,
    ) -> Result<(), Problem> {
        let wish = ProductWish {
            name: Some(group.name),
            description: group.description,
            options: Some(group.options),
        };
        let changed = change(product.clone(), there, &wish, self.now).map_err(|unknown| {
            let row = group.rows.get(unknown.index).copied().unwrap_or(group.row);
            Problem::new(row, Column::OptionId, "the product has no such option")
        })?;
        if changed.product != *product {
            self.changed.insert(product.id);
            self.products.push(changed.product);
        }
        if !changed.options.is_empty() || !changed.added.is_empty() {
            self.changed.insert(product.id);
        }
        self.options.extend(changed.options);
        for (position, wish) in changed.added {
            let option = NewOption::from(wish);
            self.new_options
                .push(product.id, position, option, by, self.now, &mut rand::rng());
        }
        Ok(())
    }

    pub async fn apply(&self, tx: &Transaction) -> Result<(), Fault> {
        rows::insert(tx, &self.new_products).await?;
        store::save(tx, &self.products).await?;
        catalog::store::save_options(tx, &self.options).await?;
        Ok(catalog::store::insert_options(tx, &self.new_options).await?)
    }
}
