//! Popular products, against a plain count of everything that was ever sold.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    id::{MemberId, OrderId, ProductId},
    order::OrderStatus,
    order_item, product,
};
use futures_util::future::join_all;
use jangteo::order::{
    cancellation::{self, Cancel},
    placement::{Line, Request, Selection},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use crate::support::{Product, Shop};

const POPULAR: &str = "query($days: Int, $first: Int) {
    popularProducts(days: $days, first: $first) { rank quantitySold product { id } } }";

/// Orders pieces at the shop's time, without a token that could expire as the clock moves.
async fn sell(shop: &Shop, member_id: MemberId, product: &Product, quantity: i32) -> OrderId {
    let line = Line {
        option_id: product.options[0],
        quantity,
    };
    let request = Request {
        selection: Selection::Lines(vec![line]),
        points: None,
        gateway: None,
        coupon_id: None,
        expected_total: None,
        idempotency_key: format!("{} {}", shop.now(), product.id),
    };
    let placed = shop.app().placement.place(member_id, request).await;
    placed.expect("an order").id
}

/// Cancels a sold item.
async fn cancel(shop: &Shop, member_id: MemberId, item: &order_item::Model) {
    let wish = Cancel {
        member_id,
        order_id: item.order_id,
        items: Some(vec![item.id]),
        note: None,
    };
    let canceled = cancellation::cancel(shop.app(), &wish).await;
    assert_eq!(canceled.expect("an order").status, OrderStatus::Canceled);
}

const HOUR_MICROS: i64 = 3_600_000_000;

/// Everything that was ever sold, and which products still are.
struct Sales {
    items: Vec<order_item::Model>,
    on_sale: Vec<ProductId>,
}

impl Sales {
    async fn of(shop: &Shop) -> Self {
        let db = shop.app().db.reader();
        let items = order_item::Entity::find().all(db).await.expect("items");
        let products = product::Entity::find().all(db).await.expect("products");
        let on_sale = products
            .into_iter()
            .filter(|product| product.deleted_at.is_none());
        Self {
            items,
            on_sale: on_sale.map(|product| product.id).collect(),
        }
    }

    /// What the API must say.
    fn best(&self, now: DateTime<Utc>, days: i32, first: usize) -> Value {
        let from = now - TimeDelta::days(i64::from(days));
        let mut sums = BTreeMap::<ProductId, i64>::new();
        for item in &self.items {
            let at = item.paid_at.expect("a sale");
            if item.status != OrderStatus::Canceled
                && from <= at
                && at < now
                && self.on_sale.contains(&item.product_id)
            {
                *sums.entry(item.product_id).or_default() += i64::from(item.quantity);
            }
        }
        let mut sums = sums.into_iter().collect::<Vec<_>>();
        sums.sort_by_key(|(id, sum)| (-sum, *id));
        let ranked = (1..).zip(sums).take(first).map(|(rank, (id, sum))| {
            json!({ "rank": rank, "quantitySold": sum, "product": { "id": id.to_string() } })
        });
        ranked.collect()
    }
}

async fn popular(shop: &Shop, days: i32, first: usize) -> Value {
    let variables = json!({ "days": days, "first": first });
    shop.anonymous().run(POPULAR, variables).await["popularProducts"].take()
}

/// Products that cost nothing, in one store.
async fn free_products(shop: &Shop, count: usize) -> Vec<Product> {
    let first = shop.product("상품 0", &[("하나", 0, 100_000)]).await;
    let others = (1..count).map(|number| {
        let name = format!("상품 {number}");
        let first = &first;
        async move {
            shop.product_of(
                first.store_id,
                first.merchant_id,
                &name,
                &[("하나", 0, 100_000)],
            )
            .await
        }
    });
    let others = join_all(others).await;
    [vec![first.clone()], others].concat()
}

both! {
    async fn what_is_popular_is_what_a_plain_count_says(shop: Shop) {
        let mut rng = StdRng::seed_from_u64(11);
        let products = free_products(&shop, 8).await;
        let member_id = shop.member().await.member_id().await;
        let opening = shop.now();
        let span = TimeDelta::days(9).num_microseconds().expect("a span");
        for number in 0..160 {
            // A good part on the hour, or just before it.
            let mut at = opening + TimeDelta::microseconds(rng.random_range(0..span));
            match number % 8 {
                0 => at = at - TimeDelta::microseconds(at.timestamp_micros() % HOUR_MICROS),
                1 => at = at - TimeDelta::microseconds(at.timestamp_micros() % HOUR_MICROS + 1),
                _ => {}
            }
            shop.set_time(at);
            let product = &products[rng.random_range(0..products.len())];
            sell(&shop, member_id, product, rng.random_range(1..4)).await;
        }
        let sales = Sales::of(&shop).await;
        for item in sales.items.iter().step_by(9) {
            cancel(&shop, member_id, item).await;
        }
        shop.delete_product(&products[3]).await;
        let sales = Sales::of(&shop).await;

        let latest = span + TimeDelta::days(2).num_microseconds().expect("a span");
        let mut found = 0;
        for number in 0..200 {
            let days = rng.random_range(1..=9);
            let first = rng.random_range(1..=9);
            let sold_at = sales.items[rng.random_range(0..sales.items.len())].paid_at.expect("a sale");
            let now = match number % 5 {
                // The oldest that is inside, the newest that is outside, and either one beside them.
                0 => sold_at + TimeDelta::days(i64::from(days)),
                1 => sold_at,
                2 => sold_at + TimeDelta::microseconds(1),
                3 => sold_at + TimeDelta::days(i64::from(days)) + TimeDelta::microseconds(1),
                _ => opening + TimeDelta::microseconds(rng.random_range(0..latest)),
            };
            shop.set_time(now);
            let expected = sales.best(now, days, first);
            found += expected.as_array().map_or(0, Vec::len);
            assert_eq!(popular(&shop, days, first).await, expected, "{days} days before {now}");
        }
        assert!(found > 200, "the windows are not empty");
    }

    async fn the_window_begins_inside_and_ends_outside(shop: Shop) {
        let product = shop.product("상품", &[("하나", 0, 10)]).await;
        let member_id = shop.member().await.member_id().await;
        let sold_at = shop.now() + TimeDelta::microseconds(1_234_567);
        shop.set_time(sold_at);
        sell(&shop, member_id, &product, 2).await;
        let nothing = json!([]);
        let two = json!([{ "rank": 1, "quantitySold": 2, "product": { "id": product.id.to_string() } }]);
        let micro = TimeDelta::microseconds(1);
        for (now, expected) in [
            (sold_at, &nothing),
            (sold_at + micro, &two),
            (sold_at + TimeDelta::days(3), &two),
            (sold_at + TimeDelta::days(3) + micro, &nothing),
        ] {
            shop.set_time(now);
            assert_eq!(popular(&shop, 3, 5).await, *expected, "at {now}");
        }
    }

    async fn of_products_that_sold_the_same_the_older_comes_first(shop: Shop) {
        let products = free_products(&shop, 3).await;
        let member_id = shop.member().await.member_id().await;
        for product in products.iter().rev() {
            sell(&shop, member_id, product, 1).await;
        }
        shop.advance(TimeDelta::seconds(1).to_std().expect("a second"));
        let mut ids = products.iter().map(|product| product.id).collect::<Vec<_>>();
        ids.sort_unstable();
        let listed = popular(&shop, 3, 5).await;
        for (place, id) in ids.iter().enumerate() {
            assert_eq!(listed[place]["product"]["id"], id.to_string());
            assert_eq!(listed[place]["rank"], place + 1);
        }
    }

    async fn without_arguments_it_is_five_products_of_three_days(shop: Shop) {
        let products = free_products(&shop, 7).await;
        let member_id = shop.member().await.member_id().await;
        for (product, quantity) in products.iter().zip(1..) {
            sell(&shop, member_id, product, quantity).await;
        }
        shop.advance(TimeDelta::days(2).to_std().expect("days"));
        let query = "{ popularProducts { rank quantitySold product { id } } }";
        let listed = shop.anonymous().run(query, json!({})).await["popularProducts"].take();
        assert_eq!(listed, popular(&shop, 3, 5).await);
        // Variables that are left out, or null, mean the same.
        for variables in [json!({}), json!({ "days": null, "first": null })] {
            let data = shop.anonymous().run(POPULAR, variables).await;
            assert_eq!(data["popularProducts"], listed);
        }
        let sold = listed.as_array().expect("products").iter().map(|product| &product["quantitySold"]);
        assert_eq!(sold.collect::<Vec<_>>(), [7, 6, 5, 4, 3]);
        shop.advance(TimeDelta::days(2).to_std().expect("days"));
        let listed = shop.anonymous().run(query, json!({})).await;
        assert_eq!(listed["popularProducts"], json!([]));
    }

    async fn windows_out_of_range_are_refused(shop: Shop) {
        for (days, first) in [(0, 5), (-1, 5), (366, 5), (3, 0), (3, -1), (3, 101)] {
            let variables = json!({ "days": days, "first": first });
            assert_eq!(shop.anonymous().error_code(POPULAR, variables).await, "BAD_REQUEST", "{days} {first}");
        }
        for (days, first) in [(1, 1), (365, 100)] {
            assert_eq!(popular(&shop, days, first).await, json!([]));
        }
    }
}
