//! 12: coupons that are not whose they say, or not used by whom they say.

use entity::{
    coupon,
    id::{CouponId, CouponIssueId, OrderId, OrderItemId, StoreId},
    order_item,
};
use jangteo::db::Db;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{
    hand::{broken_by, sql, take_guards_away},
    printed,
};
use crate::support::{Client, Database, Shop};

/// A shop where Mina has two of a store's three coupons, and has ordered by one of them.
struct CouponShop {
    shop: Shop,
    mina: Client,
    jun: Client,
    other_store: StoreId,
    issue: CouponIssueId,
    used: CouponId,
    unused: CouponId,
    order: OrderId,
    item: OrderItemId,
}

impl CouponShop {
    async fn open(database: Database) -> Self {
        let shop = Shop::open(database).await;
        let shirt = shop.product("셔츠", &[("화이트", 10_000, 9)]).await;
        let other_store = shop.product("양말", &[("하나", 1_000, 9)]).await.store_id;
        let mina = shop.member_with_points(50_000).await;
        let jun = shop.member().await;
        let input = json!({
            "name": "천 원", "count": 3, "fixedAmount": 1_000, "perMemberLimit": 2, "expiresAt": "2027-01-01T00:00:00Z",
        });
        let seller = shop.seller_of(&shirt).await;
        let codes = seller.mutate("publishCoupons", input, "codes").await;
        let mut coupons = Vec::new();
        for place in 0..2 {
            let input = json!({ "code": codes["codes"][place] });
            let payload = mina.mutate("registerCoupon", input, "coupon { id }").await;
            let id = payload["coupon"]["id"].as_str().expect("a coupon");
            coupons.push(id.parse().expect("a coupon's id"));
        }
        let [used, unused] = coupons[..] else {
            panic!("two coupons")
        };
        let line = json!({ "optionId": shirt.options[0].to_string(), "quantity": 1 });
        let input = json!({ "lines": [line], "couponId": CouponId::to_string(&used), "idempotencyKey": "key" });
        let placed = mina.place(input).await;
        let order = placed["order"]["id"].as_str().expect("an order");
        let order = order.parse().expect("an order's id");
        let db = shop.app().db.reader();
        let items = order_item::Entity::find().filter(order_item::COLUMN.order_id.eq(order));
        let item = items.one(db).await.expect("items").expect("an item").id;
        let row = coupon::Entity::find_by_id(used).one(db).await;
        let issue = row.expect("coupons").expect("the coupon").issue_id;
        Self {
            shop,
            mina,
            jun,
            other_store,
            issue,
            used,
            unused,
            order,
            item,
        }
    }

    fn db(&self) -> &Db {
        &self.shop.app().db
    }

    /// Breaks rows of a table; asserts that the audit finds exactly these; mends the table.
    async fn check(&self, table: &str, sql: &str, found: &[String]) {
        let mut expected = found.to_vec();
        expected.sort_unstable();
        assert_eq!(broken_by(self.db(), table, sql).await, expected, "{sql}");
    }
}

both! {
    async fn a_coupon_that_is_not_whose_it_says_is_found(shop: CouponShop) {
        assert_eq!(printed(shop.db()).await.0, [""; 0]);
        take_guards_away(shop.db()).await;
        let CouponShop { used, unused, order, issue, .. } = shop;
        let [sql_used, sql_unused] = [used, unused].map(|id| sql(shop.db(), id));
        let sql_order = sql(shop.db(), order);
        let jun = sql(shop.db(), shop.jun.member_id().await);
        let mina = shop.mina.member_id().await;
        for (table, sql, found) in [
            (
                "coupon",
                format!("UPDATE coupon SET member_id = {jun} WHERE id = {sql_used}"),
                vec![format!("12 {used}: orders of its holder: expected 1, found 0")],
            ),
            (
                "coupon",
                format!("UPDATE coupon SET registered_at = NULL WHERE id = {sql_unused}"),
                vec![format!("12 {unused}: registrations: expected 1, found 0")],
            ),
            (
                "coupon",
                format!("UPDATE coupon SET order_id = NULL WHERE id = {sql_used}"),
                vec![format!("12 {order}: coupons held: expected 1, found 0")],
            ),
            (
                "coupon",
                format!("UPDATE coupon SET withdrawn_at = registered_at WHERE id = {sql_used}"),
                vec![format!("12 {used}: orders after it was taken back: expected 0, found 1")],
            ),
            (
                r#""order""#,
                format!(r#"UPDATE "order" SET coupon_id = {sql_unused} WHERE id = {sql_order}"#),
                vec![
                    format!("12 {used}: orders that name it: expected 1, found 0"),
                    format!("12 {order}: coupons held: expected 1, found 0"),
                ],
            ),
            (
                r#""order""#,
                format!(r#"UPDATE "order" SET coupon_id = NULL WHERE id = {sql_order}"#),
                vec![
                    format!("12 {used}: orders that name it: expected 1, found 0"),
                    format!("12 {order}: coupons named: expected 1, found 0; coupons held: expected 1, found 0"),
                ],
            ),
            (
                "coupon",
                "DELETE FROM coupon WHERE member_id IS NULL".into(),
                vec![format!("12 {issue}: coupons: expected 3, found 2")],
            ),
            (
                "coupon_issue",
                "UPDATE coupon_issue SET per_member_limit = 1".into(),
                vec![format!("12 {issue} {mina}: coupons: expected at most 1, found 2")],
            ),
        ] {
            shop.check(table, &sql, &found).await;
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }

    async fn a_discount_that_stands_where_it_must_not_or_is_another_s_to_bear_is_found(shop: CouponShop) {
        take_guards_away(shop.db()).await;
        let CouponShop { order, item, other_store, .. } = shop;
        for (table, sql, found) in [
            (
                "order_item",
                "UPDATE order_item SET store_discount = 999".into(),
                "discount that the store bears: expected 1000, found 999",
            ),
            (
                "coupon_issue",
                "UPDATE coupon_issue SET funding = 'PLATFORM'".into(),
                "discount that the store bears: expected 0, found 1000",
            ),
            (
                "coupon_issue",
                format!("UPDATE coupon_issue SET store_id = {}", sql(shop.db(), other_store)),
                "discount by another store's coupon: expected 0, found 1000",
            ),
        ] {
            shop.check(table, &sql, &[format!("12 {item} {order}: {found}")]).await;
        }
    }

    async fn coupons_of_what_is_gone_are_found(shop: CouponShop) {
        take_guards_away(shop.db()).await;
        let coupons = coupon::Entity::find().all(shop.db().reader()).await.expect("coupons");
        assert_eq!(coupons.len(), 3);
        let found = coupons.iter().map(|coupon| format!("9 {}: publications: expected 1, found 0", coupon.id));
        shop.check("coupon_issue", "DELETE FROM coupon_issue", &found.collect::<Vec<_>>()).await;
    }
}
