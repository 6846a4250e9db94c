//! How the databases read lists: by seeking in an index, from wherever a page begins, and without sorting.

use std::sync::Mutex;

use chrono::{DateTime, Utc};
use entity::{
    Won,
    id::{GiftId, MemberId, OptionId, StoreId, StoreWalletId, UserPointId},
    order::OrderStatus,
    payment::PaymentProvider,
};
use jangteo::{
    catalog,
    event::{Mark, committed_since},
    gift::{self, store::Side},
    order,
    paging::Window,
    payment::{self, operator},
    point, popularity, stock, store,
};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    prelude::async_trait::async_trait,
};
use uuid::Uuid;

use crate::support::{Database, Shop};

/// Somewhere in the middle.
const ID: Uuid = Uuid::from_u128(1 << 127);

/// A connection that has every query explained before it runs it.
struct Explaining {
    connection: DatabaseConnection,
    plans: Mutex<Vec<String>>,
}

impl Explaining {
    /// Looks at what the indexes allow, not at what is worth while for a table of a few rows.
    async fn open(shop: &Shop) -> Self {
        let connection = shop.database.connect_alone().await;
        if connection.get_database_backend() == DbBackend::Postgres {
            for setting in ["enable_seqscan", "enable_bitmapscan", "enable_sort"] {
                let statement = format!("SET {setting} = off");
                connection
                    .execute_unprepared(&statement)
                    .await
                    .expect("a setting");
            }
        }
        Self {
            connection,
            plans: Mutex::default(),
        }
    }

    async fn explain(&self, mut statement: Statement) -> Result<(), DbErr> {
        let is_postgres = self.get_database_backend() == DbBackend::Postgres;
        let (explain, column) = if is_postgres {
            ("EXPLAIN (COSTS FALSE)", "QUERY PLAN")
        } else {
            ("EXPLAIN QUERY PLAN", "detail")
        };
        statement.sql = format!("{explain} {}", statement.sql);
        let lines = self.connection.query_all_raw(statement).await?;
        let lines = lines.iter().map(|line| line.try_get::<String>("", column));
        let plan = lines.collect::<Result<Vec<_>, _>>()?.join("\n");
        self.plans.lock().expect("plans").push(plan);
        Ok(())
    }

    /// The plan of the one query since the last look.
    fn plan(&self) -> String {
        let plans = std::mem::take(&mut *self.plans.lock().expect("plans"));
        assert_eq!(plans.len(), 1, "{plans:#?}");
        plans.concat()
    }

    /// Holds the query since the last look to an index that it seeks in, by these columns, without sorting.
    fn seeks(&self, index: &str, columns: &[&str]) {
        let plan = self.plan();
        assert!(plan.contains(index), "not by {index}:\n{plan}");
        assert!(
            !plan.contains("Sort") && !plan.contains("TEMP B-TREE"),
            "sorts:\n{plan}"
        );
        let sought = plan
            .lines()
            .find(|line| line.contains("Index Cond") || line.contains("SEARCH"))
            .unwrap_or_else(|| panic!("seeks nothing:\n{plan}"))
            .replace(' ', "");
        for column in columns {
            assert!(
                sought.contains(column),
                "does not seek by {column}:\n{plan}"
            );
        }
    }
}

#[async_trait]
impl ConnectionTrait for Explaining {
    fn get_database_backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.connection.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.connection.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.explain(statement.clone()).await?;
        self.connection.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.explain(statement.clone()).await?;
        self.connection.query_all_raw(statement).await
    }
}

/// A page in the middle of a list, from either side.
fn windows<K: Clone>(key: K) -> [Window<K>; 2] {
    [false, true].map(|from_the_end| Window {
        after: (!from_the_end).then(|| key.clone()),
        before: from_the_end.then(|| key.clone()),
        size: 20,
        from_the_end,
    })
}

both! {
    async fn a_page_of_products_seeks_in_the_index_of_its_order(shop: Shop) {
        use catalog::store::{Filter, Place, Sort};
        let db = Explaining::open(&shop).await;

        for (sort, place, index, columns) in [
            (Sort::Newest, Place::Newest(ID), "product", &["id"]),
            (Sort::PriceAscending, Place::Price(Won(1_000), ID), "product_price_idx", &["(price,id)"]),
            (Sort::PriceDescending, Place::Price(Won(1_000), ID), "product_price_idx", &["(price,id)"]),
            (Sort::Name, Place::Name("가방".into(), ID), "product_name_idx", &["(name,id)"]),
        ] {
            for window in windows(place.clone()) {
                catalog::store::window(&db, &Filter::default(), sort, &window).await.expect("a page");
                db.seeks(index, columns);
            }
        }
    }

    async fn what_is_beside_a_page_of_products_is_looked_up_product_by_product(shop: Shop) {
        use catalog::{store::{Filter, Place, Sort}, whole::{self, Parts}};
        let db = Explaining::open(&shop).await;
        for window in windows(Place::Newest(ID)) {
            whole::window(&db, &Filter::default(), Sort::Newest, &window, Parts::ALL).await.expect("a page");
            let plan = db.plan();
            assert!(plan.contains("product_option_product_id"), "{plan}");
            assert!(!plan.contains("Hash"), "all options or all stock are read:\n{plan}");
        }
    }

    async fn a_page_of_a_stores_products_seeks_in_their_index(shop: Shop) {
        let db = Explaining::open(&shop).await;
        for window in windows(catalog::store::Place::Newest(ID)) {
            let stores = [StoreId(ID)];
            catalog::store::windows_of_stores(&db, &stores, &window).await.expect("a page");
            db.seeks("product_store_id_idx", &["store_id=", "id"]);
        }
    }

    async fn a_page_of_orders_seeks_in_their_members_index(shop: Shop) {
        let db = Explaining::open(&shop).await;
        let now: DateTime<Utc> = shop.now();
        for window in windows((now, ID)) {
            let members = [MemberId(ID)];
            let filter = order::store::Filter::default();
            order::store::windows_of_members(&db, &members, &filter, &window).await.expect("a page");
            db.seeks("order_member_id_placed_at_idx", &["member_id=", "(placed_at,id)"]);
        }
    }

    async fn a_page_of_gifts_seeks_in_the_index_of_who_got_or_gave_them(shop: Shop) {
        let db = Explaining::open(&shop).await;
        for (side, index, column) in [
            (Side::Received, "gift_to_member_id_idx", "to_member_id="),
            (Side::Sent, "gift_from_member_id_idx", "from_member_id="),
        ] {
            for window in windows((shop.now(), ID)) {
                gift::store::windows_of_members(&db, side, &[MemberId(ID)], &window).await.expect("a page");
                db.seeks(index, &[column, "(sent_at,id)"]);
            }
        }
    }

    async fn gifts_that_are_over_are_sought_in_the_index_of_those_that_wait(shop: Shop) {
        let db = Explaining::open(&shop).await;
        for after in [None, Some((shop.now(), GiftId(ID)))] {
            gift::store::due(&db, shop.now(), after, 100).await.expect("gifts");
            db.seeks("gift_expires_at_idx", &["expires_at"]);
        }
        gift::store::next_due(&db, shop.now()).await.expect("a time");
        db.seeks("gift_expires_at_idx", &["expires_at"]);
    }

    async fn a_page_of_a_stores_orders_seeks_in_the_index_of_where_they_stand(shop: Shop) {
        let db = Explaining::open(&shop).await;
        for window in windows(ID) {
            let stores = [StoreId(ID)];
            let filter = order::store::Filter {
                statuses: Some([OrderStatus::Paid].into()),
                ..order::store::Filter::default()
            };
            order::part::store::windows_of_stores(&db, &stores, &filter, &window).await.expect("a page");
            db.seeks("store_event_current_idx", &["store_id=", "status=", "order_id"]);
        }
    }

    async fn what_a_feed_and_a_wallet_ask_for_is_found_by_an_index(shop: Shop) {
        let db = Explaining::open(&shop).await;
        let store = StoreId(ID);
        order::part::store::has_unnumbered(&db, store).await.expect("an answer");
        db.seeks("store_event_sequence_key", &["store_id="]);
        order::part::store::heard_after(&db, store, 7, 20).await.expect("events");
        db.seeks("store_event_sequence_key", &["store_id=", "sequence>"]);
        store::wallet::store::pending_of(&db, &[store]).await.expect("an amount");
        let plan = db.plan();
        assert!(plan.contains("order_item_open_idx"), "{plan}");
        order::fulfilment::store::late(&db, shop.now(), 20).await.expect("orders");
        db.seeks("order_item_accept_by_idx", &["accept_by"]);
        order::fulfilment::store::next_accept_by(&db).await.expect("a time");
        let plan = db.plan();
        assert!(plan.contains("order_item_accept_by_idx"), "{plan}");
        for window in windows(7) {
            let wallets = [StoreWalletId(ID)];
            store::wallet::store::windows_of_entries(&db, &wallets, &window).await.expect("a page");
            db.seeks("wallet_entry_store_wallet_id_sequence_key", &["store_wallet_id=", "sequence"]);
        }
    }

    async fn a_page_of_a_ledger_seeks_in_its_index(shop: Shop) {
        let db = Explaining::open(&shop).await;
        for window in windows(7) {
            let purses = [UserPointId(ID)];
            point::store::windows_of_entries(&db, &purses, &window).await.expect("a page");
            db.seeks("point_entry_user_point_id_sequence_key", &["user_point_id=", "sequence"]);
        }
    }

    async fn a_page_of_a_stock_ledger_seeks_in_its_index(shop: Shop) {
        let db = Explaining::open(&shop).await;
        for window in windows(ID) {
            let options = [OptionId(ID)];
            stock::store::windows_of_adjustments(&db, &options, &window).await.expect("a page");
            db.seeks("stock_adjustment_option_id_id_idx", &["option_id=", "id"]);
        }
    }

    async fn figures_are_read_from_what_is_due_alone(shop: Shop) {
        let db = Explaining::open(&shop).await;
        operator::figures::pending(&db).await.expect("figures");
        let payments = db.plan();
        operator::figures::open(&db).await.expect("figures");
        let refunds = db.plan();
        for (plan, index) in [(payments, "payment_provider_check_at_idx"), (refunds, "refund_check_at_idx")] {
            assert!(plan.contains(index), "not by {index}:\n{plan}");
            assert!(!plan.contains("Seq Scan"), "{plan}");
        }
    }

    async fn what_is_due_at_a_gateway_is_found_by_its_index(shop: Shop) {
        let db = Explaining::open(&shop).await;
        let (provider, now) = (PaymentProvider::Toss, shop.now());
        payment::store::claim_payments(&db, provider, now, now, 8).await.expect("a claim");
        let plan = db.plan();
        assert!(plan.contains("payment_provider_check_at_idx"), "{plan}");
        assert!(!plan.contains("Seq Scan") && !plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{plan}");
    }

    async fn what_is_popular_is_read_from_the_window_alone(shop: Shop) {
        let db = Explaining::open(&shop).await;
        let window = popularity::rules::last_days(shop.now(), 3);
        popularity::store::best(&db, &window, 5).await.expect("a list");
        let plan = db.plan();
        // The whole hours by the table's key, and the two cut hours by the items' index, from nothing else.
        let sales = plan.lines().filter(|line| line.contains("product_sales") && line.contains("key"));
        let items = plan.lines().filter(|line| line.contains("order_item_sold_idx"));
        let is_sqlite = db.get_database_backend() == DbBackend::Sqlite;
        let keyed = if is_sqlite { plan.matches("SEARCH product_sales USING").count() } else { sales.count() };
        assert_eq!((keyed, items.count()), (1, 2), "{plan}");
        assert!(!plan.contains("Seq Scan") && !plan.contains("SCAN order_item"), "{plan}");
    }
}

/// However much is in the tables, a look for what is new touches that alone.
#[tokio::test(flavor = "multi_thread")]
async fn what_others_committed_is_sought_by_who_wrote_it() {
    let shop = Shop::open(Database::Postgres).await;
    let db = Explaining::open(&shop).await;
    let mark = Mark::now(&db.connection).await.expect("a mark");
    committed_since(&db, &mark).await.expect("a look");
    let plan = db.plan();
    for index in ["order_event_written_in_idx", "gift_written_in_idx"] {
        assert!(plan.contains(index), "not by {index}:\n{plan}");
    }
    assert!(!plan.contains("Seq Scan"), "{plan}");
}
