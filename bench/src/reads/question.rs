//! What clients read, as Jangteo is asked it and as a server by hand is.

use std::fmt;

use jangteo::member::Tokens;
use serde::Serialize;
use serde_json::json;

use crate::{
    Result,
    client::{get, post, token},
    shop::{MEMBERS, product},
};

/// How much there is to read.
#[derive(Clone, Copy, Debug)]
pub struct Shop {
    pub products: u32,
    pub orders: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// The shop window: twenty products with their options and stock.
    Products,
    /// One product in detail.
    Product,
    /// A member's twenty newest orders with their items.
    Orders,
    /// What sold most.
    Popular,
    /// A member's cart.
    Cart,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Question {
    pub const ALL: [Self; 5] = [
        Self::Products,
        Self::Product,
        Self::Orders,
        Self::Popular,
        Self::Cart,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Products => "20 products",
            Self::Product => "a product",
            Self::Orders => "20 orders",
            Self::Popular => "popular products",
            Self::Cart => "a cart",
        }
    }

    const fn document(self) -> &'static str {
        match self {
            Self::Products => {
                "query Window { products(first: 20) { nodes { id name price options { id name price stockQuantity } } } }"
            }
            Self::Product => {
                "query Detail($id: ID!) { product(id: $id) { id name description imageUrl price createdAt \
                 store { id name isOpen } options { id name price stockQuantity } } }"
            }
            Self::Orders => {
                "query Orders { orders(first: 20) { nodes { id orderKey status itemsTotal placedAt \
                 items { id productName optionName unitPrice quantity status } } } }"
            }
            Self::Popular => {
                "query Popular { popularProducts(first: 10) { rank quantitySold product { id name price } } }"
            }
            Self::Cart => {
                "query Cart { cart { id totalQuantity total items { id quantity unitPrice lineTotal isAvailable \
                 option { id name price stockQuantity product { id name } } } } }"
            }
        }
    }

    /// The question with that number, as a request to Jangteo and as one to the server by hand.
    pub fn requests(self, number: u32, shop: Shop, tokens: &Tokens) -> Result<(Vec<u8>, Vec<u8>)> {
        let token = match self {
            Self::Orders | Self::Cart => Some(token(tokens, number * 7 % MEMBERS)?),
            Self::Products | Self::Product | Self::Popular => None,
        };
        let product = product(number * 13 % shop.products).to_string();
        let body = match self {
            Self::Product => json!({ "query": self.document(), "variables": { "id": product } }),
            _ => json!({ "query": self.document() }),
        };
        let path = match self {
            Self::Products => "/products",
            Self::Product => &format!("/products/{product}"),
            Self::Orders => "/orders",
            Self::Popular => "/popular",
            Self::Cart => "/cart",
        };
        let jangteo = post(token.as_deref(), &body.to_string());
        Ok((jangteo, get(path, token.as_deref())))
    }
}
