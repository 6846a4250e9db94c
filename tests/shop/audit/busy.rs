use std::time::Duration;

use entity::{
    id::{OrderId, OrderItemId, PointEntryId, TypedId, UserPointId},
    order_item, point_entry, user_point,
};
use jangteo::{config::Limits, db::Db};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, sea_query::IntoCondition,
};
use serde_json::{Value, json};

use super::hand::{broken_by, execute, sql, take_guards_away};
use crate::support::{Client, Database, Product, Shop};

/// A shop with a past: charges, orders in two hours, one of them canceled in part and one as a whole, and an
/// adjustment.
pub struct BusyShop {
    pub shop: Shop,
    pub tee: Product,
    pub socks: Product,
    pub mina: UserPointId,
    pub jun: UserPointId,
    /// Mina's: two tees in M, and socks that were canceled.
    pub first: OrderId,
    /// Mina's: a tee in L, canceled.
    pub second: OrderId,
    /// Jun's, an hour later: three tees in M.
    pub third: OrderId,
    /// Jun's: five pairs of socks.
    pub fourth: OrderId,
}

impl BusyShop {
    pub async fn open(database: Database) -> Self {
        let limits = Limits {
            instant_charge: true,
            access_token: Duration::from_hours(24),
            ..Limits::default()
        };
        let shop = Shop::open_with(database, limits).await;
        let options = [("M", 10_000, 50), ("L", 12_000, 50)];
        let tee = shop.product("티셔츠", &options).await;
        let socks = shop.product("양말", &[("한 켤레", 3_000, 50)]).await;
        let mina = shop.member_with_points(100_000).await;
        let jun = shop.member_with_points(100_000).await;
        mina.charge(50_000, "more").await;

        let lines = [(&tee, 0, 2), (&socks, 0, 1)];
        let first = place(&shop, &mina, &lines, "first").await;
        let in_first = items(&shop, first).await;
        cancel(&mina, first, Some(in_first[1].id)).await;
        let second = place(&shop, &mina, &[(&tee, 1, 1)], "second").await;
        cancel(&mina, second, None).await;
        shop.advance(Duration::from_hours(1));
        let third = place(&shop, &jun, &[(&tee, 0, 3)], "first").await;
        let fourth = place(&shop, &jun, &[(&socks, 0, 5)], "second").await;
        shop.adjust_stock(&tee, 0, 5).await;
        Self {
            mina: purse(&shop, &mina).await,
            jun: purse(&shop, &jun).await,
            shop,
            tee,
            socks,
            first,
            second,
            third,
            fourth,
        }
    }

    pub fn db(&self) -> &Db {
        &self.shop.app().db
    }

    /// How an id is written in SQL.
    pub fn sql(&self, id: impl TypedId) -> String {
        sql(self.db(), id)
    }

    pub async fn entry(&self, purse: UserPointId, sequence: i64) -> PointEntryId {
        let which = Condition::all()
            .add(point_entry::COLUMN.user_point_id.eq(purse))
            .add(point_entry::COLUMN.sequence.eq(sequence));
        one::<point_entry::Entity>(&self.shop, which).await.id
    }

    /// The id of the order's first item, as the API shows it.
    pub async fn item(&self, order: OrderId) -> String {
        let items = items(&self.shop, order).await;
        items[0].id.to_string()
    }

    pub async fn take_guards_away(&self) {
        take_guards_away(self.db()).await;
    }

    pub async fn execute(&self, sql: &str) {
        execute(self.db(), sql).await;
    }

    /// Breaks rows of a table; asserts that the audit finds exactly these, besides that whatever is amiss with money
    /// is amiss with all of it; mends the table.
    pub async fn check(&self, table: &str, sql: &str, found: &[String]) {
        let mut lines = broken_by(self.db(), table, sql).await;
        lines.retain(|line| !line.contains("money that is accounted for"));
        let mut expected = found.to_vec();
        expected.sort_unstable();
        assert_eq!(lines, expected, "{sql}");
    }
}

/// Orders these pieces of these options, a second after what was before.
async fn place(
    shop: &Shop,
    buyer: &Client,
    lines: &[(&Product, usize, i32)],
    key: &str,
) -> OrderId {
    shop.advance(Duration::from_secs(1));
    let lines = lines.iter().map(|(product, option, quantity)| {
        json!({ "optionId": product.options[*option].to_string(), "quantity": quantity })
    });
    let input = json!({ "lines": lines.collect::<Value>(), "idempotencyKey": key });
    let placed = buyer.place(input).await;
    let id = placed["order"]["id"].as_str();
    let id = id.unwrap_or_else(|| panic!("placed: {placed:#}"));
    id.parse().expect("an order's id")
}

pub async fn items(shop: &Shop, order: OrderId) -> Vec<order_item::Model> {
    order_item::Entity::find()
        .filter(order_item::COLUMN.order_id.eq(order))
        .order_by_asc(order_item::COLUMN.position)
        .all(shop.app().db.reader())
        .await
        .expect("items")
}

async fn purse(shop: &Shop, member: &Client) -> UserPointId {
    let which = user_point::COLUMN.member_id.eq(member.member_id().await);
    one::<user_point::Entity>(shop, which).await.id
}

/// Cancels the order, or one of its items.
pub async fn cancel(buyer: &Client, id: OrderId, item: Option<OrderItemId>) {
    let items = item.map(|id| [id.to_string()]);
    let input = json!({ "orderId": id.to_string(), "orderItemIds": items });
    let payload = buyer.mutate("cancelOrder", input, "order { id }").await;
    assert_eq!(payload["order"]["id"], id.to_string(), "{payload:#}");
}

pub async fn one<E: EntityTrait>(shop: &Shop, which: impl IntoCondition) -> E::Model {
    let found = E::find().filter(which).one(shop.app().db.reader()).await;
    found.expect("an answer").expect("a row")
}
