use std::collections::BTreeMap;

use entity::{
    cart, cart_item, coupon, coupon_issue, gift, member, order, order_event, order_item, outbox,
    outbox_purged, payment, payment_event, point_entry, product, product_option, product_sales,
    refresh_token, refund, session, settlement, stock, stock_adjustment, store, store_event,
    store_wallet, user_point, wallet_entry,
};
use jangteo::db::Db;
use sea_orm::EntityTrait;

/// Every row of every table, for a look at whether anything changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents(pub BTreeMap<&'static str, Vec<String>>);

impl Contents {
    pub async fn of(db: &Db) -> Self {
        let mut tables = BTreeMap::new();
        macro_rules! read {
            ($($table:ident),+ $(,)?) => {$(
                let rows = $table::Entity::find().all(db.reader()).await.expect("the table reads");
                let mut rows = rows.iter().map(|row| format!("{row:?}")).collect::<Vec<_>>();
                rows.sort_unstable();
                tables.insert(stringify!($table), rows);
            )+};
        }
        read!(
            cart,
            cart_item,
            coupon,
            coupon_issue,
            gift,
            member,
            order,
            order_event,
            order_item,
            outbox,
            outbox_purged,
            payment,
            payment_event,
            point_entry,
            product,
            product_option,
            product_sales,
            refresh_token,
            refund,
            session,
            settlement,
            stock,
            stock_adjustment,
            store,
            store_event,
            store_wallet,
            user_point,
            wallet_entry,
        );
        Self(tables)
    }

    /// Asserts that nothing changed since; tells in which tables it did.
    pub fn assert_same(&self, before: &Self) {
        for (table, rows) in &self.0 {
            assert_eq!(rows, &before.0[table], "the table {table} changed");
        }
    }

    /// How many rows a table has.
    pub fn count(&self, table: &str) -> usize {
        self.0[table].len()
    }
}
