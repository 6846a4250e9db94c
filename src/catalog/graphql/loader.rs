use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{
    id::{OptionId, ProductId, StoreId},
    product,
};

use super::{Product, ProductOption};
use crate::{
    catalog::{
        store::{self, Place},
        whole,
    },
    fault::Fault,
    graphql::loader::{ListOf, Reader, asked_alike, grouped, keyed, listed},
    paging::Window,
};

/// The loader key of a product's options.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OptionsOf(pub ProductId);

/// The loader key of a product's options together with their stock.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StockedOptionsOf(pub ProductId);

/// The loader key of a product together with its store, and its options and their stock.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WholeProduct(pub ProductId);

/// The loader key of an option together with its stock, its product and their store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WholeOf(pub OptionId);

/// The loader key of how many products a store has on sale.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProductCountOf(pub StoreId);

impl Loader<ProductId> for Reader {
    type Value = Product;
    type Error = Fault;

    async fn load(&self, ids: &[ProductId]) -> Result<HashMap<ProductId, Product>, Fault> {
        let products = self
            .shelf
            .find(ids.len(), |db| async move { store::by_ids(&db, ids).await })
            .await?;
        Ok(keyed(products, |product| product.id, Product::from))
    }
}

impl Loader<OptionId> for Reader {
    type Value = ProductOption;
    type Error = Fault;

    async fn load(&self, ids: &[OptionId]) -> Result<HashMap<OptionId, ProductOption>, Fault> {
        let options = self
            .shelf
            .find(ids.len(), |db| async move {
                store::options_by_ids(&db, ids).await
            })
            .await?;
        Ok(keyed(options, |option| option.id, ProductOption::from))
    }
}

impl Loader<OptionsOf> for Reader {
    type Value = Vec<ProductOption>;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[OptionsOf],
    ) -> Result<HashMap<OptionsOf, Vec<ProductOption>>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let of = &ids;
        let options = self
            .shelf
            .read(|db| async move { store::options_of(&db, of).await })
            .await?;
        Ok(grouped(
            options,
            |option| OptionsOf(option.product_id),
            ProductOption::from,
        ))
    }
}

impl Loader<StockedOptionsOf> for Reader {
    type Value = Vec<ProductOption>;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[StockedOptionsOf],
    ) -> Result<HashMap<StockedOptionsOf, Vec<ProductOption>>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        if self.shelf.is_primary() {
            let options = store::stocked_options_of(self.db.reader(), &ids).await?;
            let key = |stocked: &store::Stocked| StockedOptionsOf(stocked.option.product_id);
            return Ok(grouped(options, key, ProductOption::from));
        }
        // The stock is asked of the primary, option by option, when it is its turn.
        let keys = ids.into_iter().map(OptionsOf).collect::<Vec<_>>();
        let options = self.load(&keys).await?.into_iter();
        Ok(options
            .map(|(of, options)| (StockedOptionsOf(of.0), options))
            .collect())
    }
}

impl Loader<WholeProduct> for Reader {
    type Value = Product;
    type Error = Fault;

    async fn load(&self, keys: &[WholeProduct]) -> Result<HashMap<WholeProduct, Product>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        if self.shelf.is_primary() {
            let products = whole::by_ids(self.db.reader(), &ids).await?;
            let key = |whole: &whole::Whole| WholeProduct(whole.product.id);
            return Ok(keyed(products, key, Product::from));
        }
        // What is beside it is asked for when it is its turn: the stock of the primary.
        let products: HashMap<_, Product> = self.load(&ids).await?;
        let products = products.into_iter();
        Ok(products
            .map(|(id, product)| (WholeProduct(id), product))
            .collect())
    }
}

impl Loader<WholeOf> for Reader {
    type Value = ProductOption;
    type Error = Fault;

    async fn load(&self, keys: &[WholeOf]) -> Result<HashMap<WholeOf, ProductOption>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        if self.shelf.is_primary() {
            let options = whole::options_by_ids(self.db.reader(), &ids).await?;
            let key = |whole: &whole::WholeOption| WholeOf(whole.stocked.option.id);
            return Ok(keyed(options, key, ProductOption::from));
        }
        let options: HashMap<_, ProductOption> = self.load(&ids).await?;
        let options = options.into_iter();
        Ok(options.map(|(id, option)| (WholeOf(id), option)).collect())
    }
}

impl Loader<ListOf<StoreId, Window<Place>>> for Reader {
    type Value = Vec<product::Model>;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[ListOf<StoreId, Window<Place>>],
    ) -> Result<HashMap<ListOf<StoreId, Window<Place>>, Self::Value>, Fault> {
        let mut lists = HashMap::new();
        for (window, ids) in asked_alike(keys) {
            let of = &ids;
            let rows = self
                .shelf
                .read(|db| async move { store::windows_of_stores(&db, of, window).await })
                .await?;
            lists.extend(listed(rows, |product| product.store_id, window));
        }
        Ok(lists)
    }
}

impl Loader<ProductCountOf> for Reader {
    type Value = i64;
    type Error = Fault;

    async fn load(&self, keys: &[ProductCountOf]) -> Result<HashMap<ProductCountOf, i64>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let of = &ids;
        let counts = self
            .shelf
            .read(|db| async move { store::counts_of_stores(&db, of).await })
            .await?;
        Ok(keyed(
            counts,
            |(id, _)| ProductCountOf(*id),
            |(_, count)| count,
        ))
    }
}
