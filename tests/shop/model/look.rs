//! What there is in the shop, in the model's terms.

use std::collections::BTreeMap;

use entity::{
    cart_item,
    id::{MemberId, OptionId, OrderId, ProductId},
    order, order_event, order_item,
    point_entry::{self, PointAction},
    product, product_option, product_sales, stock, stock_adjustment, store, user_point,
};
use jangteo::point;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

use super::{
    market::{Action, CartLine, Entry, Item, Market, Member, Order, Product, ProductOption},
    real::{RealMarket, TICK, lines_of, number, status},
};

/// The window of popularity, in minutes: days are all that the API knows.
pub const DAY: i64 = 24 * 60;

impl RealMarket<'_> {
    /// What sold most in the last day.
    pub async fn popular(&self) -> Vec<(usize, i64)> {
        self.shop.advance(TICK);
        let query = "{ popularProducts(days: 1, first: 100) { quantitySold product { id } } }";
        let data = self.shop.anonymous().run(query, json!({})).await;
        let ids = self.products.iter().map(|product| product.id.to_string());
        let ids = ids.collect::<Vec<_>>();
        let sold = |product: &Value| {
            let id = product["product"]["id"].as_str().expect("an id");
            let number = ids.iter().position(|known| known == id);
            let sold = product["quantitySold"].as_i64().expect("a number");
            (number.expect("older stories are out of sight"), sold)
        };
        let products = data["popularProducts"].as_array().expect("products");
        products.iter().map(sold).collect()
    }

    /// Everything that there is, out of the tables.
    pub async fn look(&self) -> Market {
        let mut market = Market {
            minute: self.minute,
            cart_lines: self.cart_lines.len(),
            sales: self.look_at_sales().await,
            ..Market::default()
        };
        for product in &self.products {
            market.products.push(self.look_at_product(product.id).await);
        }
        for option in &self.options {
            market.options.push(self.look_at_option(*option).await);
        }
        for member in &self.members {
            market.members.push(self.look_at_member(*member).await);
        }
        for order in &self.orders {
            market.orders.push(self.look_at_order(*order).await);
        }
        market
    }

    async fn look_at_sales(&self) -> BTreeMap<(i64, usize), i64> {
        let products = self.products.iter().map(|product| product.id);
        let products = products.collect::<Vec<_>>();
        let rows = product_sales::Entity::find()
            .filter(product_sales::COLUMN.product_id.is_in(products.clone()))
            .all(self.db().reader())
            .await
            .expect("the sales read");
        let hour = |row: &product_sales::Model| (row.hour - self.opened_at).num_hours();
        rows.iter()
            .filter(|row| row.quantity != 0)
            .map(|row| ((hour(row), number(&products, row.product_id)), row.quantity))
            .collect()
    }

    async fn look_at_product(&self, id: ProductId) -> Product {
        let found = product::Entity::find_by_id(id)
            .find_also_related(store::Entity)
            .one(self.db().reader())
            .await;
        let (product, store) = found.expect("the products read").expect("a product");
        Product {
            is_on_sale: product.deleted_at.is_none(),
            is_open: store.expect("a store").is_open,
        }
    }

    async fn look_at_option(&self, id: OptionId) -> ProductOption {
        let db = self.db().reader();
        let option = product_option::Entity::find_by_id(id).one(db).await;
        let option = option.expect("the options read").expect("an option");
        let stock = stock::Entity::find_by_id(id).one(db).await;
        let adjustments = stock_adjustment::Entity::find()
            .filter(stock_adjustment::COLUMN.option_id.eq(id))
            .order_by_asc(stock_adjustment::COLUMN.id)
            .all(db)
            .await
            .expect("the adjustments read");
        let adjustment = |row: &stock_adjustment::Model| (row.delta, row.quantity_after);
        let products = self.products.iter().map(|product| product.id);
        ProductOption {
            product: number(&products.collect::<Vec<_>>(), option.product_id),
            price: option.price.0,
            stock: stock.expect("the stock reads").expect("a stock").quantity,
            adjustments: adjustments.iter().map(adjustment).collect(),
        }
    }

    async fn look_at_member(&self, id: MemberId) -> Member {
        let db = self.db().reader();
        let purse = point::store::by_member(db, id).await;
        let purse = purse.expect("the purses read");
        let entries = point_entry::Entity::find()
            .inner_join(user_point::Entity)
            .filter(user_point::COLUMN.member_id.eq(id))
            .order_by_asc(point_entry::COLUMN.sequence)
            .all(db)
            .await
            .expect("the ledger reads");
        let charge = |entry: &point_entry::Model| {
            let key = entry.idempotency_key.as_ref()?;
            Some((key.parse().expect("a number"), entry.amount.0))
        };
        let line = |line: &cart_item::Model| CartLine {
            number: number(&self.cart_lines, line.id),
            option: number(&self.options, line.option_id),
            quantity: line.quantity,
        };
        Member {
            balance: purse.map_or(0, |purse| purse.balance.0),
            charges: entries.iter().filter_map(charge).collect(),
            ledger: entries.iter().map(|entry| self.entry(entry)).collect(),
            cart: lines_of(self.db(), id).await.iter().map(line).collect(),
            ordered: BTreeMap::new(),
        }
    }

    fn entry(&self, entry: &point_entry::Model) -> Entry {
        Entry {
            action: match entry.action {
                PointAction::Charge => Action::Charge,
                PointAction::Use => Action::Use,
                PointAction::Refund => Action::Refund,
            },
            amount: entry.amount.0,
            balance_after: entry.balance_after.0,
            order: entry.order_id.map(|id| number(&self.orders, id)),
        }
    }

    async fn look_at_order(&self, id: OrderId) -> Order {
        let db = self.db().reader();
        let order = order::Entity::find_by_id(id).one(db).await;
        let order = order.expect("the orders read").expect("an order");
        let items = self.items(id).await;
        let places = items.iter().map(|item| item.id).collect::<Vec<_>>();
        let events = order_event::Entity::find()
            .filter(order_event::COLUMN.order_id.eq(id))
            .order_by_asc(order_event::COLUMN.sequence)
            .all(db)
            .await
            .expect("the history reads");
        let step = |event: &order_event::Model| {
            let items = event.item_ids.iter().map(|item| number(&places, item));
            (status(event.status), items.collect())
        };
        let item = |item: &order_item::Model| Item {
            option: number(&self.options, item.option_id),
            quantity: item.quantity,
            line_total: item.line_total.0,
            status: status(item.status),
        };
        Order {
            member: number(&self.members, order.member_id),
            key: order.idempotency_key.parse().expect("a number"),
            total: order.items_total.0,
            refunded: order.refunded.0,
            items: items.iter().map(item).collect(),
            history: events.iter().map(step).collect(),
            minute: (order.placed_at - self.opened_at).num_minutes(),
        }
    }
}
