//! A gift's whole life: ordered with, handed over or taken back, and at whatever it costs by then.

use std::time::Duration;

use entity::{Won, gift::GiftStatus, product_option};
use futures_util::future::join_all;
use jangteo::{
    audit::{
        audit,
        report::{Format, Report},
    },
    config::Limits,
};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::{Value, json};

use super::{
    GivingShop, entries,
    expiry::{until_all_are, until_is_back},
    list,
};
use crate::{
    fulfilment::{complete, taken},
    support::{Client, Shop, refusal},
};

const VALID: Duration = Duration::from_hours(24 * 90);

impl GivingShop {
    async fn merchant(&self) -> Client {
        self.shop.seller_of(&self.melon).await
    }

    /// Orders so many boxes of melons with the gift's coupon; gives the payload.
    async fn order(&self, receiver: &Client, gift: &Value, quantity: i32, key: &str) -> Value {
        let coupon = coupon(receiver, gift).await["id"].clone();
        let line = json!({ "optionId": self.melon.options[0].to_string(), "quantity": quantity });
        let input = json!({ "lines": [line], "couponId": coupon, "idempotencyKey": key });
        let fields = "order { id status itemsTotal discount pointsUsed amountDue items { id } }";
        receiver.mutate("placeOrder", input, fields).await
    }

    async fn ordered(&self, receiver: &Client, gift: &Value, key: &str) -> Value {
        let payload = self.order(receiver, gift, 1, key).await;
        assert_eq!(payload["order"]["status"], "PAID", "{payload:#}");
        payload["order"].clone()
    }

    /// Gives so many boxes of melons to Jun.
    async fn send_boxes(&self, from: &Client, quantity: i32, key: &str) -> Value {
        let mut input = self.input("jun", key);
        input["quantity"] = json!(quantity);
        let payload = from.mutate("sendGift", input, "gift { id }").await;
        assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
        payload["gift"].clone()
    }

    /// What a box of melons costs from now on.
    async fn set_price(&self, price: i64) {
        let option = product_option::ActiveModel {
            id: Set(self.melon.options[0]),
            price: Set(Won(price)),
            ..Default::default()
        };
        let updated = product_option::Entity::update(option)
            .exec(self.shop.app().db.writer())
            .await;
        updated.expect("an option");
    }

    async fn assert_adds_up(&self) {
        let mut text = Vec::new();
        let mut report = Report::new(&mut text, Format::Text);
        let findings = audit(&self.shop.app().db, |row| report.tell(row))
            .await
            .expect("an audit");
        let is_clean = report.end(&findings).expect("memory");
        assert_eq!(is_clean, Some(true), "{}", String::from_utf8_lossy(&text));
    }
}

async fn coupon(client: &Client, gift: &Value) -> Value {
    let query = "query($id: ID!) { node(id: $id) { ... on Gift { coupon { id status } } } }";
    let data = client.run(query, json!({ "id": gift["id"] })).await;
    data["node"]["coupon"].clone()
}

/// Where the gift stands, and what of it has come back.
async fn state(sender: &Client, gift: &Value) -> (String, i64) {
    let query = "query($id: ID!) { node(id: $id) { ... on Gift { status returned } } }";
    let data = sender.run(query, json!({ "id": gift["id"] })).await;
    let status = data["node"]["status"].as_str().expect("a status");
    let returned = data["node"]["returned"].as_i64().expect("won");
    (status.to_owned(), returned)
}

both! {
    async fn a_gift_is_used_up_when_it_is_handed_over(shop: GivingShop) {
        let mina = shop.shop.member_with_points(30_000).await;
        let jun = shop.shop.member_named("jun").await;
        let gift = shop.send(&mina, "jun", "birthday").await;

        let order = shop.ordered(&jun, &gift, "melons").await;

        assert_eq!((&order["discount"], &order["pointsUsed"], &order["amountDue"]), (&json!(12_000), &json!(0), &json!(0)));
        assert_eq!(coupon(&jun, &gift).await["status"], "USED");
        assert_eq!(state(&mina, &gift).await, ("SENT".into(), 0), "it is not handed over");
        let merchant = shop.merchant().await;
        complete(&merchant, &order).await;
        assert_eq!(state(&mina, &gift).await, ("USED".into(), 0));
        assert_eq!(mina.balance().await, 18_000);
        taken(&merchant, "completeOrder", &order).await;
        shop.shop.advance(2 * VALID);
        shop.shop.app().gift_expiry.wake();
        assert_eq!(state(&mina, &gift).await, ("USED".into(), 0));
        assert_eq!(list(&jun, "gifts").await.len(), 1);
        shop.assert_adds_up().await;
    }

    async fn what_is_cheaper_by_then_gives_the_difference_back(shop: GivingShop) {
        let mina = shop.shop.member_with_points(30_000).await;
        let jun = shop.shop.member_named("jun").await;
        let gift = shop.send(&mina, "jun", "birthday").await;
        shop.set_price(9_500).await;

        let order = shop.ordered(&jun, &gift, "melons").await;
        assert_eq!(order["discount"], 9_500);
        // What it costs when it is handed over does not matter.
        shop.set_price(1).await;
        complete(&shop.merchant().await, &order).await;

        assert_eq!(state(&mina, &gift).await, ("USED".into(), 2_500));
        assert_eq!(entries(&mina).await[0], ("REFUND".into(), 2_500, gift["id"].clone()));
        assert_eq!(mina.balance().await, 20_500);
        shop.assert_adds_up().await;
    }

    async fn what_is_dearer_by_then_costs_the_receiver_nothing_all_the_same(shop: GivingShop) {
        let mina = shop.shop.member_with_points(30_000).await;
        let jun = shop.shop.member_named("jun").await;
        let gift = shop.send(&mina, "jun", "birthday").await;
        shop.set_price(15_000).await;

        let order = shop.ordered(&jun, &gift, "melons").await;
        assert_eq!((&order["discount"], &order["pointsUsed"]), (&json!(15_000), &json!(0)));
        complete(&shop.merchant().await, &order).await;

        assert_eq!(state(&mina, &gift).await, ("USED".into(), 0));
        assert_eq!(mina.balance().await, 18_000);
        shop.assert_adds_up().await;
    }

    async fn of_pieces_that_nobody_orders_the_money_comes_back(shop: GivingShop) {
        let mina = shop.shop.member_with_points(50_000).await;
        let jun = shop.shop.member_named("jun").await;
        jun.charge(12_000, "opening").await;
        let gift = shop.send_boxes(&mina, 3, "birthday").await;
        assert_eq!(mina.balance().await, 14_000);
        let order = shop.ordered(&jun, &gift, "melons").await;
        complete(&shop.merchant().await, &order).await;
        assert_eq!(state(&mina, &gift).await, ("USED".into(), 24_000));
        assert_eq!(mina.balance().await, 38_000);

        // More pieces than were given are the receiver's to pay.
        let gift = shop.send(&mina, "jun", "again").await;
        let payload = shop.order(&jun, &gift, 2, "more").await;
        assert_eq!((&payload["order"]["discount"], &payload["order"]["pointsUsed"]), (&json!(12_000), &json!(12_000)));
        complete(&shop.merchant().await, &payload["order"]).await;
        assert_eq!(state(&mina, &gift).await, ("USED".into(), 0));
        shop.assert_adds_up().await;
    }

    async fn a_gift_of_an_order_that_is_canceled_can_be_used_again(shop: GivingShop) {
        let mina = shop.shop.member_with_points(30_000).await;
        let jun = shop.shop.member_named("jun").await;
        let gift = shop.send(&mina, "jun", "birthday").await;
        let merchant = shop.merchant().await;

        let first = shop.ordered(&jun, &gift, "first").await;
        let payload = shop.order(&jun, &gift, 1, "beside it").await;
        assert_eq!(refusal(&payload).0, "COUPON_NOT_USABLE");
        jun.mutate("cancelOrder", json!({ "orderId": first["id"] }), "order { id }").await;
        assert_eq!(coupon(&jun, &gift).await["status"], "REGISTERED");
        let second = shop.ordered(&jun, &gift, "second").await;
        taken(&merchant, "acceptOrder", &second).await;
        let input = json!({ "orderId": second["id"], "reason": "상한 참외뿐이에요" });
        merchant.mutate("refuseOrder", input, "order { id }").await;
        assert_eq!(state(&mina, &gift).await, ("SENT".into(), 0));
        assert_eq!((mina.balance().await, jun.balance().await), (18_000, 0), "nobody paid for it again");
        shop.assert_adds_up().await;

        let third = shop.ordered(&jun, &gift, "third").await;
        complete(&merchant, &third).await;
        assert_eq!(state(&mina, &gift).await, ("USED".into(), 0));
        shop.assert_adds_up().await;
    }

    async fn a_gift_whose_order_is_under_way_when_its_time_is_over_waits_for_it(shop: GivingShop) {
        let mina = shop.shop.member_with_points(60_000).await;
        let jun = shop.shop.member_named("jun").await;
        let merchant = shop.merchant().await;
        let mut gifts = Vec::new();
        let mut orders = Vec::new();
        for key in ["handed over", "refused"] {
            let gift = shop.send(&mina, "jun", key).await;
            let order = shop.ordered(&jun, &gift, key).await;
            taken(&merchant, "acceptOrder", &order).await;
            gifts.push(gift);
            orders.push(order);
        }
        let unused = shop.send(&mina, "jun", "unused").await;
        shop.shop.advance(VALID);
        // The others were looked at with it.
        until_is_back(&shop.shop, &unused).await;
        for gift in &gifts {
            assert_eq!(state(&mina, gift).await, ("SENT".into(), 0));
        }

        taken(&merchant, "markOrderReady", &orders[0]).await;
        taken(&merchant, "completeOrder", &orders[0]).await;
        let input = json!({ "orderId": orders[1]["id"], "reason": "다 팔렸어요" });
        merchant.mutate("refuseOrder", input, "order { id }").await;
        until_is_back(&shop.shop, &gifts[1]).await;

        assert_eq!(state(&mina, &gifts[0]).await, ("USED".into(), 0));
        assert_eq!(state(&mina, &gifts[1]).await, ("RETURNED".into(), 12_000));
        assert_eq!(mina.balance().await, 48_000);
        shop.assert_adds_up().await;
    }

    async fn a_gift_that_has_gone_back_cannot_be_used(shop: GivingShop) {
        let mina = shop.shop.member_with_points(30_000).await;
        let jun = shop.shop.member_named("jun").await;
        let gift = shop.send(&mina, "jun", "birthday").await;
        shop.shop.advance(VALID);
        until_all_are(&shop.shop, GiftStatus::Returned).await;
        // Also where a clock is slow.
        shop.shop.set_time(shop.shop.now() - 2 * Duration::from_hours(24));
        assert_eq!(coupon(&jun, &gift).await["status"], "EXPIRED");
        assert_eq!(jun.balance().await, 0);
        let before = shop.shop.contents().await;
        let payload = shop.order(&jun, &gift, 1, "melons").await;
        assert_eq!(refusal(&payload), ("COUPON_NOT_USABLE", "couponId".to_owned()));
        shop.shop.contents().await.assert_same(&before);
        shop.assert_adds_up().await;
    }

    /// One server's clock is before the end of the gifts, the other's after it.
    async fn a_gift_is_ordered_with_or_goes_back_but_never_both(shop: GivingShop) {
        let limits = Limits { instant_charge: true, access_token: 10 * VALID, ..Limits::default() };
        let ahead = Shop::open_at(shop.shop.database.again(), limits).await;
        let mina = shop.shop.member_with_points(120_000).await;
        let jun = shop.shop.member_named("jun").await;
        let mut gifts = Vec::new();
        for number in 0..10 {
            gifts.push(shop.send(&mina, "jun", &number.to_string()).await);
        }
        // Five seconds before they end.
        shop.shop.advance(Duration::from_secs(90 * 24 * 3_600 - 5));
        let keys = (0..10).map(|number| number.to_string()).collect::<Vec<_>>();
        let ordering = join_all(gifts.iter().zip(&keys).map(|(gift, key)| shop.order(&jun, gift, 1, key)));
        let giving_back = async {
            ahead.set_time(shop.shop.now() + Duration::from_secs(10));
            ahead.app().gift_expiry.wake();
        };
        let (payloads, ()) = tokio::join!(ordering, giving_back);
        // Whatever is left goes back by itself.
        let free = |(_, payload): &(_, &Value)| payload["order"].is_null();
        for (gift, _) in gifts.iter().zip(&payloads).filter(free) {
            until_is_back(&ahead, gift).await;
        }

        let mut returned = 0;
        for (gift, payload) in gifts.iter().zip(&payloads) {
            let (status, back) = state(&mina, gift).await;
            if payload["order"].is_object() {
                assert_eq!((status.as_str(), back), ("SENT", 0), "{payload:#}");
            } else {
                assert_eq!(refusal(payload).0, "COUPON_NOT_USABLE");
                assert_eq!((status.as_str(), back), ("RETURNED", 12_000));
                returned += 1;
            }
        }
        assert_eq!(mina.balance().await, returned * 12_000);
        shop.assert_adds_up().await;
        ahead.stop().await;
    }
}
