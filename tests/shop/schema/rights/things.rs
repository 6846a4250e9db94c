//! The people who ask, and what they ask about.

use std::{collections::BTreeMap, time::Duration};

use entity::product;
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};

use crate::{
    fulfilment::complete,
    payments::PayingShop,
    scene::Scene,
    support::{Client, Database, Shop},
};

/// Who asks, in the order of the tables' columns.
pub const PEOPLE: [&str; 6] = [
    "somebody not signed in",
    "Mina",
    "another member",
    "the merchant",
    "another merchant",
    "an admin",
];

/// A market in which each kind of thing is there, with the names that the tables have for them.
pub struct Things {
    pub paying: PayingShop,
    pub people: [Client; 6],
    names: BTreeMap<&'static str, String>,
    /// Codes of coupons that nobody has registered.
    codes: Vec<String>,
}

impl Things {
    pub async fn make(database: Database) -> Self {
        let paying = PayingShop::open(database).await;
        let shop = &paying.shop;
        // What comes later is newer.
        shop.let_time_pass();
        let scene = Scene::set(shop).await;
        let admin = shop.admin().await;
        scene.mina.charge(100_000, "more").await;
        shop.adjust_stock(&scene.shirt, 0, 1_000).await;
        let mut names = BTreeMap::from([
            ("mina", scene.mina.member_id().await.to_string()),
            ("shirt", scene.shirt.id.to_string()),
            ("option", scene.shirt.options[0].to_string()),
            ("store", scene.shirt.store_id.to_string()),
            ("line", text(&scene.line)),
            ("coupon", text(&scene.coupon)),
            ("gift", text(&scene.gift["id"])),
        ]);
        show_picture(shop, &scene).await;
        names.extend(coupons(shop, &scene).await);
        names.extend(orders(&scene).await);
        names.extend(payments(&paying, &scene).await);
        names.extend(ledgers(&scene).await);
        names.extend(elsewhere(shop).await);
        let codes = publish(shop, &scene, json!({ "count": 10, "fixedAmount": 100 })).await;
        Self {
            people: [
                shop.anonymous(),
                scene.mina,
                scene.jun,
                scene.seller,
                scene.rival,
                admin,
            ],
            names,
            codes,
            paying,
        }
    }

    /// The text with the things instead of their names, and with what is of the caller's own.
    pub async fn put_in(&self, text: &str, who: usize) -> String {
        let mut text = text.to_owned();
        for (name, id) in self.names.iter().rev() {
            text = text.replace(&format!("\"${name}\""), &format!("\"{id}\""));
        }
        let own = ["nobody", "mina", "jun", "seller", "rival", "admin"][who];
        text = text.replace("$own", own).replace("$code", &self.codes[who]);
        if text.contains("$user") {
            let user_id = user_id(&self.people[who]).await;
            text = text.replace("$user", user_id.as_deref().unwrap_or("sora"));
        }
        text
    }
}

/// A member's own user id.
pub async fn user_id(client: &Client) -> Option<String> {
    let data = client.run("{ me { userId } }", json!({})).await;
    data["me"]["userId"].as_str().map(str::to_owned)
}

fn text(id: &Value) -> String {
    id.as_str()
        .unwrap_or_else(|| panic!("{id} is no id"))
        .to_owned()
}

async fn show_picture(shop: &Shop, scene: &Scene) {
    let shown = product::ActiveModel {
        id: Set(scene.shirt.id),
        image_url: Set(Some("/pictures/shirt.svg".into())),
        ..Default::default()
    };
    let shown = product::Entity::update(shown)
        .exec(shop.app().db.writer())
        .await;
    shown.expect("a picture");
}

/// Publishes coupons of the shirt's store; gives their codes.
async fn publish(shop: &Shop, scene: &Scene, how: Value) -> Vec<String> {
    let mut input = how;
    input["name"] = json!("쿠폰");
    input["expiresAt"] = json!(shop.now() + Duration::from_hours(24));
    let payload = scene.seller.mutate("publishCoupons", input, "codes").await;
    payload["codes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(text)
        .collect()
}

async fn coupons(shop: &Shop, scene: &Scene) -> Vec<(&'static str, String)> {
    let option = scene.shirt.options[0].to_string();
    let mut coupons = Vec::new();
    for (name, how) in [
        (
            "percent",
            json!({ "count": 1, "percent": 10, "maximum": 500 }),
        ),
        ("free", json!({ "count": 1, "freeOptionId": option })),
    ] {
        let codes = publish(shop, scene, how).await;
        let input = json!({ "code": codes[0] });
        let registered = scene
            .mina
            .mutate("registerCoupon", input, "coupon { id }")
            .await;
        coupons.push((name, text(&registered["coupon"]["id"])));
    }
    coupons
}

/// Mina's orders: with a coupon, canceled, handed over, and two that are just paid; and one that waits for its payment.
async fn orders(scene: &Scene) -> Vec<(&'static str, String)> {
    let Scene {
        mina,
        shirt,
        seller,
        ..
    } = scene;
    let line = json!({ "optionId": shirt.options[0].to_string(), "quantity": 1 });
    let input =
        json!({ "lines": [line], "couponId": scene.coupon, "idempotencyKey": "discounted" });
    let order = mina.place(input).await["order"].clone();
    let canceled = mina.order(shirt, 0, 1, "canceled").await["order"].clone();
    let input = json!({ "orderId": canceled["id"], "reason": "마음이 바뀌었어요" });
    mina.mutate("cancelOrder", input, "order { id }").await;
    let handed = mina.order(shirt, 0, 1, "handed over").await["order"].clone();
    complete(seller, &handed).await;
    let second = mina.order(shirt, 0, 1, "second").await["order"].clone();
    let third = mina.order(shirt, 0, 1, "third").await["order"].clone();
    let line = json!({ "optionId": shirt.options[0].to_string(), "quantity": 2 });
    let input = json!({ "lines": [line], "provider": "TOSS", "idempotencyKey": "waiting" });
    let pending = mina.place(input).await["order"].clone();
    vec![
        ("order", text(&order["id"])),
        ("item", text(&order["items"][0]["id"])),
        ("canceled", text(&canceled["id"])),
        ("second", text(&second["id"])),
        ("third", text(&third["id"])),
        ("pending", text(&pending["id"])),
    ]
}

const PAYMENT: &str = "payment { id amount checkout { clientKey storeId orderName } }";

/// Mina's payments, at each gateway and in each state.
async fn payments(paying: &PayingShop, scene: &Scene) -> Vec<(&'static str, String)> {
    let mina = &scene.mina;
    let charge = async |provider: &str, key: &str| {
        let input = json!({ "amount": 5_000, "provider": provider, "idempotencyKey": key });
        mina.mutate("chargePoints", input, PAYMENT).await["payment"].clone()
    };
    let toss = charge("TOSS", "toss").await;
    let portone = charge("PORTONE", "portone").await;
    let kakaopay = charge("KAKAOPAY", "kakaopay").await;
    let declined = charge("TOSS", "declined").await;
    let input = json!({ "paymentId": declined["id"] });
    mina.mutate("abandonPayment", input, "payment { id }").await;
    let charged = charge("KAKAOPAY", "charged").await;
    paying
        .pay("KAKAOPAY", &json!({ "payments": [charged] }))
        .await;

    let option = scene.shirt.options[0].to_string();
    let gift = |provider: &str, key: &str| json!({ "toUserId": "dana", "optionId": option, "provider": provider, "idempotencyKey": key });
    paying.shop.member_named("dana").await;
    let given = mina
        .mutate("sendGift", gift("POINT", "by points"), "gift { id }")
        .await;
    let paid = mina
        .mutate("sendGift", gift("KAKAOPAY", "by card"), PAYMENT)
        .await["payment"]
        .clone();
    paying.pay("KAKAOPAY", &json!({ "payments": [paid] })).await;
    vec![
        ("toss", text(&toss["id"])),
        ("portone", text(&portone["id"])),
        ("kakaopay", text(&kakaopay["id"])),
        ("declined", text(&declined["id"])),
        ("paid", text(&paid["id"])),
        ("sent", text(&given["gift"]["id"])),
    ]
}

/// Purses and wallets and what stands in them, the cart, and the ledger of a stock.
async fn ledgers(scene: &Scene) -> Vec<(&'static str, String)> {
    let query = "{
        me { userPoint { id entries(first: 100) { nodes { id order { id } gift { id } payment { id } } } } }
        cart { id }
    }";
    let data = scene.mina.run(query, json!({})).await;
    let purse = &data["me"]["userPoint"];
    let entry = |field: &str| {
        let entries = purse["entries"]["nodes"].as_array();
        let mut entries = entries.into_iter().flatten();
        let entry = entries.find(|entry| !entry[field].is_null());
        text(&entry.unwrap_or_else(|| panic!("no entry has a {field}: {purse:#}"))["id"])
    };
    let query = "query($id: ID!) { node(id: $id) { ... on ProductOption { adjustments { nodes { id } } } } }";
    let option = json!({ "id": scene.shirt.options[0].to_string() });
    let option = scene.seller.run(query, option).await["node"].take();
    let wallet = crate::wallets::wallet(&scene.seller, &scene.shirt).await;
    vec![
        ("purse", text(&purse["id"])),
        ("cart", text(&data["cart"]["id"])),
        ("spent", entry("order")),
        ("gave", entry("gift")),
        ("charged", entry("payment")),
        ("adjustment", text(&option["adjustments"]["nodes"][0]["id"])),
        ("wallet", text(&wallet["id"])),
        ("earned", text(&wallet["entries"]["nodes"][0]["id"])),
    ]
}

/// What there is one of, what nobody can afford, and what is in a store that is closed.
async fn elsewhere(shop: &Shop) -> Vec<(&'static str, String)> {
    let dear = shop
        .merchant()
        .await
        .product("금", &[("한 돈", 900_000_000, 1)])
        .await;
    let rare = shop.product("초판", &[("한 권", 10, 1)]).await;
    let closed = shop
        .new_merchant()
        .await
        .product("빵", &[("하나", 1_000, 1)])
        .await;
    vec![
        ("rare", rare.options[0].to_string()),
        ("dear", dear.options[0].to_string()),
        ("closed", closed.options[0].to_string()),
    ]
}
