use entity::id::{MemberId, StoreId};
use serde_json::{Value, json};

use super::{Client, PASSWORD, Product, Shop};

/// Somebody who runs a store.
#[derive(Clone)]
pub struct Merchant {
    pub client: Client,
    pub member_id: MemberId,
    pub store_id: StoreId,
}

impl Shop {
    /// A new merchant, registered over the API, whose store is open.
    pub async fn merchant(&self) -> Merchant {
        let merchant = self.new_merchant().await;
        merchant.set_open(true).await;
        merchant
    }

    /// A new merchant, registered over the API, whose store was never opened.
    pub async fn new_merchant(&self) -> Merchant {
        let user_id = self.unused_user_id("merchant");
        let input = json!({
            "userId": user_id, "password": PASSWORD, "nickname": user_id, "storeName": format!("Store of {user_id}"),
        });
        let fields = "session { accessToken member { id } } store { id }";
        let payload = self
            .anonymous()
            .mutate("registerMerchant", input, fields)
            .await;
        let text = |value: &Value| {
            let text = value.as_str();
            text.unwrap_or_else(|| panic!("registered: {payload:#}"))
                .to_owned()
        };
        let session = &payload["session"];
        Merchant {
            client: Client::new(self.address(), Some(text(&session["accessToken"]))),
            member_id: text(&session["member"]["id"]).parse().expect("an id"),
            store_id: text(&payload["store"]["id"]).parse().expect("an id"),
        }
    }
}

impl Merchant {
    /// Opens or closes the store.
    pub async fn set_open(&self, is_open: bool) {
        let input = json!({ "storeId": self.store_id.to_string(), "isOpen": is_open });
        let payload = self
            .client
            .mutate("setStoreOpen", input, "store { isOpen }")
            .await;
        assert_eq!(payload["store"]["isOpen"], is_open, "{payload:#}");
    }

    /// A product that the merchant puts on sale over the API, with these options: name, price in won, stock.
    pub async fn product(&self, name: &str, options: &[(&str, i64, i32)]) -> Product {
        let option = |(name, price, stock): &(&str, i64, i32)| json!({ "name": name, "price": price, "stockQuantity": stock });
        let options = options.iter().map(option).collect::<Vec<_>>();
        let input =
            json!({ "storeId": self.store_id.to_string(), "name": name, "options": options });
        let payload = self
            .client
            .mutate("createProduct", input, "product { id options { id } }")
            .await;
        let id = |of: &Value| {
            let id = of["id"].as_str();
            id.unwrap_or_else(|| panic!("put on sale: {payload:#}"))
                .to_owned()
        };
        let product = &payload["product"];
        Product {
            id: id(product).parse().expect("an id"),
            store_id: self.store_id,
            merchant_id: self.member_id,
            options: product["options"]
                .as_array()
                .expect("options")
                .iter()
                .map(|option| id(option).parse().expect("an id"))
                .collect(),
        }
    }

    /// Moves an option's stock by a difference, or as the rest of the input says; gives the payload.
    pub async fn adjust_stock(&self, product: &Product, option: usize, how: Value) -> Value {
        let mut input = how;
        input["optionId"] = json!(product.options[option].to_string());
        let fields = "option { id stockQuantity } userErrors { __typename
            ... on StockChanged { quantity }
            ... on InsufficientStock { shortages { requested available option { id } } } }";
        self.client.mutate("adjustStock", input, fields).await
    }
}
