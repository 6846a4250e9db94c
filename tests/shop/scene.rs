//! A market in which everybody has something: what tests of who may what, and of hostile requests, are about.

use std::time::Duration;

use entity::payment::PaymentProvider;
use jangteo::{
    order::placement::{Gateway, Line, Request, Selection},
    payment,
};
use serde_json::{Value, json};

use crate::support::{Client, Product, Shop};

/// Mina has everything that a member can have. Jun, and a merchant who runs another store than that of the shirt, have
/// a purse and a cart and are curious.
pub struct Scene {
    pub shirt: Product,
    pub seller: Client,
    pub mina: Client,
    pub jun: Client,
    pub rival: Client,
    /// The line of Mina's cart.
    pub line: Value,
    pub order: Value,
    /// The payment of an order of Mina's that waits for it.
    pub payment: String,
    /// A coupon that Mina has registered, and the code of one that nobody has.
    pub coupon: Value,
    pub code: Value,
    /// What Sora gave Mina.
    pub gift: Value,
}

impl Scene {
    pub async fn set(shop: &Shop) -> Self {
        let seller = shop.merchant().await;
        let shirt = seller.product("셔츠", &[("하나", 1_000, 10)]).await;
        let mina = shop.member_with_points(10_000).await;
        let order = mina.order(&shirt, 0, 1, "first").await["order"].clone();
        let line = mina.add_to_cart(&shirt, 0, 2).await["cart"]["items"][0]["id"].clone();
        let jun = shop.member_with_points(10_000).await;
        let rival = shop.merchant().await.client;
        rival.charge(10_000, "opening").await;
        for other in [&jun, &rival] {
            other.run("{ cart { id } }", json!({})).await;
        }
        let payment = pending(shop, &mina, &shirt).await;
        let input = json!({
            "name": "개업", "count": 2, "fixedAmount": 100, "expiresAt": shop.now() + Duration::from_hours(1),
        });
        let codes = seller.client.mutate("publishCoupons", input, "codes").await;
        let input = json!({ "code": codes["codes"][0] });
        let registered = mina.mutate("registerCoupon", input, "coupon { id }").await;
        let gift = given(shop, &mina, &shirt).await;
        Self {
            shirt,
            seller: seller.client,
            mina,
            jun,
            rival,
            line,
            order,
            payment,
            coupon: registered["coupon"]["id"].clone(),
            code: codes["codes"][1].clone(),
            gift,
        }
    }
}

/// Has somebody else give the member something; gives the gift.
async fn given(shop: &Shop, member: &Client, product: &Product) -> Value {
    let sora = shop.member_named("sora").await;
    sora.charge(1_000, "opening").await;
    let user_id = member.run("{ me { userId } }", json!({})).await["me"]["userId"].clone();
    let option = product.options[0].to_string();
    let input = json!({ "toUserId": user_id, "optionId": option, "idempotencyKey": "first" });
    let payload = sora.mutate("sendGift", input, "gift { id }").await;
    payload["gift"].clone()
}

/// Has the member order something at a gateway; gives the payment.
async fn pending(shop: &Shop, member: &Client, product: &Product) -> String {
    let line = Line {
        option_id: product.options[0],
        quantity: 1,
    };
    let request = Request {
        selection: Selection::Lines(vec![line]),
        points: None,
        gateway: Some(Gateway {
            provider: PaymentProvider::Toss,
            within: Duration::from_mins(15),
        }),
        coupon_id: None,
        expected_total: None,
        idempotency_key: "pending".into(),
    };
    let app = shop.app();
    let order = app.placement.place(member.member_id().await, request).await;
    let order = order.expect("an order");
    let payments = payment::store::by_orders(app.db.reader(), &[order.id]).await;
    payments.expect("payments")[0].id.to_string()
}
