//! 4: gifts that do not say where their money is.

use std::time::Duration;

use entity::{
    gift::GiftStatus,
    id::{GiftId, MemberId, OptionId, TypedId, UserPointId},
    point_entry, user_point,
};
use jangteo::db::Db;
use sea_orm::{ColumnTrait, Condition};
use serde_json::Value;

use super::{
    busy::one,
    hand::{broken_by, sql, take_guards_away},
    printed,
};
use crate::{
    gifts::{GivingShop, until_all_are},
    support::{Client, Database},
};

/// A shop where 60,000 points were charged, and Mina gave Jun two boxes of melons at 12,000 won: one has come back.
struct GivenShop {
    shop: GivingShop,
    mina: UserPointId,
    jun: UserPointId,
    returned: GiftId,
    sent: GiftId,
}

impl GivenShop {
    async fn open(database: Database) -> Self {
        let shop = GivingShop::open(database).await;
        let mina = shop.shop.member_with_points(50_000).await;
        let jun = shop.shop.member_named("jun").await;
        jun.charge(10_000, "opening").await;
        let returned = shop.send(&mina, "jun", "first").await;
        shop.shop.advance(Duration::from_hours(24 * 90));
        until_all_are(&shop.shop, GiftStatus::Returned).await;
        let sent = shop.send(&mina, "jun", "second").await;
        Self {
            mina: purse(&shop, &mina).await,
            jun: purse(&shop, &jun).await,
            returned: id(&returned),
            sent: id(&sent),
            shop,
        }
    }

    fn db(&self) -> &Db {
        &self.shop.shop.app().db
    }

    fn sql(&self, id: impl TypedId) -> String {
        sql(self.db(), id)
    }

    /// Breaks rows of a table; asserts that the audit finds exactly these; mends the table.
    async fn check(&self, table: &str, sql: &str, mut found: Vec<String>) {
        found.sort_unstable();
        assert_eq!(broken_by(self.db(), table, sql).await, found, "{sql}");
    }

    /// The entry of Mina's purse, or of Jun's.
    async fn entry(&self, purse: UserPointId, sequence: i64) -> String {
        let which = Condition::all()
            .add(point_entry::COLUMN.user_point_id.eq(purse))
            .add(point_entry::COLUMN.sequence.eq(sequence));
        let entry = one::<point_entry::Entity>(&self.shop.shop, which).await;
        entry.id.to_string()
    }
}

fn id(gift: &Value) -> GiftId {
    let id = gift["id"].as_str().expect("an id");
    id.parse().expect("a gift's id")
}

async fn purse(shop: &GivingShop, member: &Client) -> UserPointId {
    let which = user_point::COLUMN.member_id.eq(member.member_id().await);
    one::<user_point::Entity>(&shop.shop, which).await.id
}

/// What is said where the money that is there is not the 60,000 won that came in.
fn all(is_there: i64) -> String {
    format!("4 : money that is accounted for: expected 60000, found {is_there}")
}

both! {
    async fn a_gift_that_does_not_say_where_its_money_is_is_found(shop: GivenShop) {
        assert_eq!(printed(shop.db()).await.0, [""; 0]);
        take_guards_away(shop.db()).await;
        let GivenShop { mina, returned, sent, .. } = shop;
        let [sql_sent, sql_returned] = [sent, returned].map(|id| shop.sql(id));
        let nobody = shop.sql(MemberId::from_uuid(uuid::Uuid::from_u128(7)));
        let nothing = shop.sql(OptionId::from_uuid(uuid::Uuid::from_u128(7)));
        let used = shop.entry(mina, 4).await;
        for (table, sql, found) in [
            (
                "gift",
                format!("UPDATE gift SET amount = 12001 WHERE id = {sql_sent}"),
                vec![
                    all(60_001),
                    format!("4 {sent}: amount: expected 12000, found 12001"),
                    format!("4 {sent}: paid: expected 12001, found 12000"),
                ],
            ),
            (
                "gift",
                format!("UPDATE gift SET status = 'USED' WHERE id = {sql_sent}"),
                vec![
                    all(48_000),
                    format!("4 {sent}: returned: expected 12000, found 0; items handed over: expected 1, found 0"),
                ],
            ),
            (
                "gift",
                format!("UPDATE gift SET status = 'RETURNED' WHERE id = {sql_sent}"),
                vec![
                    all(48_000),
                    format!("4 {sent}: returned: expected 12000, found 0; coupons withdrawn: expected 1, found 0"),
                ],
            ),
            (
                "gift",
                format!("UPDATE gift SET status = 'FAILED' WHERE id = {sql_sent}"),
                vec![
                    all(48_000),
                    format!("4 {sent}: its receiver's coupons: expected 0, found 1"),
                    format!("4 {sent}: paid: expected 0, found 12000"),
                ],
            ),
            (
                "gift",
                format!("UPDATE gift SET returned = 11999 WHERE id = {sql_returned}"),
                vec![
                    format!("4 {returned}: returned: expected 12000, found 11999"),
                    format!("4 {returned}: points given back: expected 11999, found 12000"),
                ],
            ),
            (
                "gift",
                format!("UPDATE gift SET coupon_id = NULL WHERE id = {sql_sent}"),
                vec![format!("4 {sent}: its receiver's coupons: expected 1, found 0")],
            ),
            (
                "gift",
                format!("UPDATE gift SET to_member_id = {nobody} WHERE id = {sql_sent}"),
                vec![
                    format!("4 {sent}: its receiver's coupons: expected 1, found 0"),
                    format!("9 {sent}: receivers: expected 1, found 0"),
                ],
            ),
            (
                "gift",
                format!("UPDATE gift SET option_id = {nothing} WHERE id = {sql_sent}"),
                vec![
                    format!("4 {sent}: its receiver's coupons: expected 1, found 0"),
                    format!("9 {sent}: options: expected 1, found 0"),
                ],
            ),
            (
                "gift",
                format!("UPDATE gift SET from_member_id = {nobody} WHERE id = {sql_sent}"),
                vec![
                    format!("4 {used}: entries in the sender's own purse: expected 1, found 0"),
                    format!("9 {sent}: senders: expected 1, found 0"),
                ],
            ),
            (
                "gift",
                format!("DELETE FROM gift WHERE id = {sql_sent}"),
                vec![all(48_000), format!("9 {used} {mina}: gifts: expected 1, found 0")],
            ),
        ] {
            shop.check(table, &sql, found).await;
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }

    async fn coupons_and_points_that_are_not_as_their_gifts_say_are_found(shop: GivenShop) {
        take_guards_away(shop.db()).await;
        let GivenShop { mina, jun, returned, sent, .. } = shop;
        let [sql_sent, sql_returned] = [sent, returned].map(|id| shop.sql(id));
        let used = shop.entry(mina, 4).await;
        for (table, sql, found) in [
            (
                "coupon",
                "UPDATE coupon SET withdrawn_at = NULL".to_owned(),
                vec![format!("4 {returned}: coupons withdrawn: expected 1, found 0")],
            ),
            (
                "coupon_issue",
                "UPDATE coupon_issue SET free_quantity = 2".to_owned(),
                [returned, sent].map(|id| format!("4 {id}: its receiver's coupons: expected 1, found 0")).into(),
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET gift_id = NULL WHERE gift_id = {sql_sent}"),
                vec![
                    format!("2 {used} {mina}: orders and gifts named: expected 1, found 0"),
                    format!("4 {sent}: paid: expected 12000, found 0"),
                ],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET gift_id = {sql_returned} WHERE gift_id = {sql_sent}"),
                vec![
                    format!("4 {returned}: paid: expected 12000, found 24000"),
                    format!("4 {sent}: paid: expected 12000, found 0"),
                ],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET action = 'REFUND', gift_id = {sql_sent} WHERE user_point_id = {}", shop.sql(jun)),
                vec![
                    "4 : money that is accounted for: expected 50000, found 60000".to_owned(),
                    format!("4 {}: entries in the sender's own purse: expected 1, found 0", shop.entry(jun, 1).await),
                    format!("4 {sent}: points given back: expected 0, found 10000"),
                ],
            ),
        ] {
            shop.check(table, &sql, found).await;
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }
}
