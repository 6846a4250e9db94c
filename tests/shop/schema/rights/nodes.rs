//! Who may see each node, and ask each query.

use std::collections::BTreeMap;

use entity::id::{
    CartId, CartItemId, CouponId, GiftId, MemberId, OptionId, OrderId, OrderItemId, PaymentId,
    PointEntryId, ProductId, StockAdjustmentId, StoreId, StoreWalletId, UserPointId, WalletEntryId,
};
use serde_json::{Value, json};

use super::nobody;
use crate::{scene::Scene, support::Client};

pub struct Node {
    pub id: String,
    /// Who sees it, besides admins, if it is not for everyone.
    pub owner: Client,
    /// An id of its kind that nothing has.
    pub nobodys: String,
    pub is_public: bool,
}

impl Scene {
    /// Whether each query needs a member, and how it is asked.
    pub fn queries(&self) -> BTreeMap<&'static str, (bool, String)> {
        let product = &self.shirt.id;
        let store = &self.shirt.store_id;
        let order = self.order["id"].as_str().expect("an id");
        BTreeMap::from([
            ("me", (false, "me { id }".to_owned())),
            ("node", (false, format!("node(id: \"{product}\") {{ id }}"))),
            (
                "nodes",
                (false, format!("nodes(ids: [\"{product}\"]) {{ id }}")),
            ),
            ("products", (false, "products { totalCount }".to_owned())),
            (
                "product",
                (false, format!("product(id: \"{product}\") {{ id }}")),
            ),
            (
                "popularProducts",
                (false, "popularProducts { rank }".to_owned()),
            ),
            ("stores", (false, "stores { totalCount }".to_owned())),
            ("store", (false, format!("store(id: \"{store}\") {{ id }}"))),
            ("cart", (true, "cart { id }".to_owned())),
            ("pendingOrder", (true, "pendingOrder { id }".to_owned())),
            ("orders", (true, "orders { totalCount }".to_owned())),
            ("order", (true, format!("order(id: \"{order}\") {{ id }}"))),
        ])
    }

    /// The wallet of the shirt's store, which has handed an order over.
    async fn wallet(&self) -> Value {
        let order = self.mina.order(&self.shirt, 0, 1, "handed over").await["order"].clone();
        crate::fulfilment::complete(&self.seller, &order).await;
        crate::wallets::wallet(&self.seller, &self.shirt).await
    }

    /// One of each kind of node; what is owned is Mina's or the seller's.
    pub async fn nodes(&self) -> BTreeMap<&'static str, Node> {
        let query = "{ me { id userPoint { id entries { nodes { id } } } } cart { id } }";
        let data = self.mina.run(query, json!({})).await;
        let purse = &data["me"]["userPoint"];
        let public = |id: String, nobodys: String| Node {
            id,
            owner: self.mina.clone(),
            nobodys,
            is_public: true,
        };
        let owned = |id: &Value, nobodys: String| Node {
            id: id.as_str().expect("an id").to_owned(),
            owner: self.mina.clone(),
            nobodys,
            is_public: false,
        };
        let sellers = |id: &Value, nobodys: String| Node {
            owner: self.seller.clone(),
            ..owned(id, nobodys)
        };
        let wallet = self.wallet().await;
        let product = &self.shirt;
        let query = "query($id: ID!) { node(id: $id) { ... on ProductOption { adjustments { nodes { id } } } } }";
        let option = json!({ "id": product.options[0].to_string() });
        let option = self.seller.run(query, option).await["node"].take();
        BTreeMap::from([
            (
                "Product",
                public(product.id.to_string(), nobody::<ProductId>()),
            ),
            (
                "ProductOption",
                public(product.options[0].to_string(), nobody::<OptionId>()),
            ),
            (
                "Store",
                public(product.store_id.to_string(), nobody::<StoreId>()),
            ),
            (
                "StockAdjustment",
                sellers(
                    &option["adjustments"]["nodes"][0]["id"],
                    nobody::<StockAdjustmentId>(),
                ),
            ),
            ("Member", owned(&data["me"]["id"], nobody::<MemberId>())),
            ("UserPoint", owned(&purse["id"], nobody::<UserPointId>())),
            (
                "PointEntry",
                owned(
                    &purse["entries"]["nodes"][0]["id"],
                    nobody::<PointEntryId>(),
                ),
            ),
            ("Cart", owned(&data["cart"]["id"], nobody::<CartId>())),
            ("CartItem", owned(&self.line, nobody::<CartItemId>())),
            (
                "Payment",
                owned(&json!(self.payment), nobody::<PaymentId>()),
            ),
            ("Coupon", owned(&self.coupon, nobody::<CouponId>())),
            (
                "StoreWallet",
                sellers(&wallet["id"], nobody::<StoreWalletId>()),
            ),
            (
                "WalletEntry",
                sellers(
                    &wallet["entries"]["nodes"][0]["id"],
                    nobody::<WalletEntryId>(),
                ),
            ),
            ("Order", owned(&self.order["id"], nobody::<OrderId>())),
            ("Gift", owned(&self.gift["id"], nobody::<GiftId>())),
            (
                "OrderItem",
                owned(&self.order["items"][0]["id"], nobody::<OrderItemId>()),
            ),
        ])
    }
}
