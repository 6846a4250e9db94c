//! What is answered, field by field as the questions name them.

use chrono::{DateTime, Utc};
use entity::id::{CartId, CartItemId, OptionId, OrderId, OrderItemId, ProductId, StoreId, TypedId};
use serde::{Serialize, Serializer};

#[derive(Serialize)]
pub struct Answer<D> {
    pub data: D,
}

#[derive(Serialize)]
pub struct Products {
    pub products: Nodes<Product>,
}

#[derive(Serialize)]
pub struct Orders {
    pub orders: Nodes<Order>,
}

#[derive(Serialize)]
pub struct OneProduct {
    pub product: Option<Detail>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Popular {
    pub popular_products: Vec<Ranked>,
}

#[derive(Serialize)]
pub struct OneCart {
    pub cart: Option<Cart>,
}

#[derive(Serialize)]
pub struct Nodes<N> {
    pub nodes: Vec<N>,
}

#[derive(Serialize)]
pub struct Product {
    pub id: Id<ProductId>,
    pub name: String,
    pub price: i64,
    pub options: Vec<Choice>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Choice {
    pub id: Id<OptionId>,
    pub name: String,
    pub price: i64,
    pub stock_quantity: i32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    pub id: Id<ProductId>,
    pub name: String,
    pub description: String,
    pub image_url: Option<String>,
    pub price: i64,
    pub created_at: Moment,
    pub store: Store,
    pub options: Vec<Choice>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Store {
    pub id: Id<StoreId>,
    pub name: String,
    pub is_open: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub id: Id<OrderId>,
    #[serde(rename = "orderKey")]
    pub key: String,
    pub status: String,
    pub items_total: i64,
    pub placed_at: Moment,
    pub items: Vec<Item>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    pub id: Id<OrderItemId>,
    pub product_name: String,
    pub option_name: String,
    pub unit_price: i64,
    pub quantity: i32,
    pub status: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ranked {
    pub rank: usize,
    pub quantity_sold: i64,
    pub product: Sold,
}

#[derive(Serialize)]
pub struct Sold {
    pub id: Id<ProductId>,
    pub name: String,
    pub price: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cart {
    pub id: Id<CartId>,
    pub total_quantity: i32,
    pub total: i64,
    pub items: Vec<Line>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub id: Id<CartItemId>,
    pub quantity: i32,
    pub unit_price: i64,
    #[serde(rename = "lineTotal")]
    pub total: i64,
    pub is_available: bool,
    pub option: Chosen,
}

#[derive(Serialize)]
pub struct Chosen {
    #[serde(flatten)]
    pub choice: Choice,
    pub product: Named,
}

#[derive(Serialize)]
pub struct Named {
    pub id: Id<ProductId>,
    pub name: String,
}

/// An id as the API writes it.
pub struct Id<I>(pub I);

impl<I: TypedId> Serialize for Id<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A moment as the API writes it.
pub struct Moment(pub DateTime<Utc>);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339())
    }
}
