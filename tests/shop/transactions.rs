//! Transactions that run into one another.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use entity::{id::OptionId, store};
use futures_util::{FutureExt, future::join_all};
use jangteo::{
    db::{Db, Transaction},
    fault::{Failure, Fault, Never, Outcome},
    stock,
};
use scoped_futures::ScopedFutureExt;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, Statement};
use serde_json::json;
use tokio::sync::Barrier;

use crate::support::{Blockade, CONNECTIONS, Database, PLACE_ORDER, Shop};

/// Locks one option, waits until the other side has locked its own, then takes a piece of each.
async fn take_crosswise(
    tx: &Transaction,
    (first, second): (OptionId, OptionId),
    both_hold_one: &Barrier,
    attempt: u32,
) -> Outcome<(), Never> {
    stock::store::lock(tx, &[first]).await?;
    if attempt == 0 {
        both_hold_one.wait().await;
    }
    stock::store::lock(tx, &[second]).await?;
    stock::store::add(tx, &[(first, -1), (second, -1)]).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_retried_and_nobody_sees_it() {
    let shop = Shop::open(Database::Postgres).await;
    let product = shop
        .product("양말", &[("왼쪽", 1_000, 10), ("오른쪽", 1_000, 10)])
        .await;
    let [left, right] = product.options[..] else {
        panic!("two options")
    };
    let barrier = Barrier::new(2);
    let attempts = AtomicU32::new(0);
    let db = &shop.app().db;

    let take = async |options| {
        let mine = AtomicU32::new(0);
        let (mine, barrier, attempts) = (&mine, &barrier, &attempts);
        db.transaction(|tx| {
            attempts.fetch_add(1, Ordering::Relaxed);
            let attempt = mine.fetch_add(1, Ordering::Relaxed);
            take_crosswise(tx, options, barrier, attempt).scope_boxed()
        })
        .await
        .expect("the transaction succeeds in the end");
    };
    tokio::join!(take((left, right)), take((right, left)));

    assert!(
        attempts.into_inner() > 2,
        "there was a deadlock to be retried"
    );
    assert_eq!(shop.stock(&product).await, [8, 8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_survives_a_power_cut_and_reads_beside_its_writer() {
    let shop = Shop::open(Database::Sqlite).await;
    let db = &shop.app().db;
    let pragma = async |connection: &DatabaseConnection, name: &str| {
        let row = connection.query_one_raw(Statement::from_string(
            DbBackend::Sqlite,
            format!("PRAGMA {name}"),
        ));
        let row = row.await.expect("the pragma reads").expect("a row");
        row.try_get_by_index::<String>(0)
            .or_else(|_| {
                row.try_get_by_index::<i64>(0)
                    .map(|number| number.to_string())
            })
            .expect("a value")
    };
    assert_eq!(pragma(db.writer(), "journal_mode").await, "wal");
    assert_eq!(pragma(db.writer(), "synchronous").await, "2", "2 is FULL");
    assert_eq!(pragma(db.writer(), "foreign_keys").await, "1");
    let written = db.reader().execute_unprepared("DELETE FROM stock").await;
    assert!(written.is_err(), "readers cannot write");
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_tries_again_to_begin_while_others_write() {
    let shop = Shop::open(Database::Sqlite).await;
    let product = shop.product("귤", &[("한 상자", 10_000, 10)]).await;
    let mina = shop.member_with_points(100_000).await;
    let blockade = Blockade::of(&shop.database, &product, 0).await;
    // Else SQLite itself would wait, for longer than anyone writes.
    let impatient = shop.app().db.writer();
    let impatient = impatient.execute_unprepared("PRAGMA busy_timeout = 0");
    impatient.await.expect("the pragma is set");

    let writing = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        blockade.lift().await;
    };
    let (order, ()) = tokio::join!(mina.order(&product, 0, 1, "key"), writing);

    assert_eq!(order["order"]["status"], "PAID", "{order:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_ends_what_waits_or_idles_on_whichever_connection() {
    let shop = Shop::open(Database::Postgres).await;
    let db = &shop.app().db;
    // Together they take every connection.
    let all_have_begun = Barrier::new(CONNECTIONS as usize);
    let told = (0..CONNECTIONS)
        .map(|_| db.transaction(|tx| timeouts_of_its_own(tx, &all_have_begun).scope_boxed()));
    for timeouts in join_all(told).await {
        assert_eq!(timeouts.expect("the settings read"), ["1s", "15s", "15s"]);
    }
}

async fn timeouts_of_its_own(
    tx: &Transaction,
    all_have_begun: &Barrier,
) -> Outcome<Vec<String>, Never> {
    all_have_begun.wait().await;
    Ok(timeouts(tx).await)
}

/// The settings of a connection for waits on locks, for statements, and for idling in a transaction.
async fn timeouts(db: &impl ConnectionTrait) -> Vec<String> {
    let mut timeouts = Vec::new();
    for name in [
        "lock_timeout",
        "statement_timeout",
        "idle_in_transaction_session_timeout",
    ] {
        let show = Statement::from_string(DbBackend::Postgres, format!("SHOW {name}"));
        let row = db.query_one_raw(show).await;
        let row = row.expect("the settings read").expect("a row");
        timeouts.push(row.try_get_by_index(0).expect("text"));
    }
    timeouts
}

both! {
    async fn two_processes_that_write_at_once_lose_nothing(shop: Shop) {
        let product = shop.product("귤", &[("한 상자", 10_000, 1_000)]).await;
        let option = product.options[0];
        let ours = shop.app().db.clone();
        let theirs = shop.database.connect().await;

        let takes = (0..100).map(|number| {
            let db = if number % 2 == 0 { &ours } else { &theirs };
            db.transaction(move |tx| take_one(tx, option).scope_boxed())
        });
        for taken in join_all(takes).await {
            taken.expect("the transaction succeeds");
        }

        assert_eq!(shop.stock(&product).await, [900]);
    }

    async fn a_snapshot_sees_nothing_of_what_is_written_meanwhile(shop: Shop) {
        let product = shop.product("밤", &[("한 되", 4_000, 10)]).await;
        let option = product.options[0];
        let db = &shop.app().db;
        let quantity = async |snapshot: &Transaction| {
            let stock = stock::store::by_options(snapshot, &[option]).await;
            stock.expect("the snapshot reads")[0].quantity
        };
        let snapshot = db.snapshot().await.expect("a snapshot begins");
        assert_eq!(quantity(&snapshot).await, 10);

        let taken = db.transaction(|tx| take_one(tx, option).scope_boxed()).await;
        taken.expect("nobody waits for a snapshot");

        assert_eq!(quantity(&snapshot).await, 10);
        assert_eq!(shop.stock(&product).await, [9]);
        let written = snapshot.execute_unprepared("UPDATE stock SET quantity = 0").await;
        assert!(written.is_err(), "a snapshot cannot write");
    }

    async fn what_fails_half_way_leaves_nothing(shop: Shop) {
        let product = shop.product("배", &[("한 개", 3_000, 10)]).await;
        let option = product.options[0];
        let before = shop.contents().await;

        let failed = shop.app().db.transaction(|tx| take_and_fail(tx, option).scope_boxed()).await;

        assert!(matches!(failed, Err(Failure::Fault(Fault::Internal(_)))), "{failed:?}");
        shop.contents().await.assert_same(&before);
    }

    async fn a_lock_that_somebody_forgot_stops_nobody_for_good(shop: Shop) {
        let product = shop.product("귤", &[("한 상자", 10_000, 10)]).await;
        let mina = shop.member_with_points(100_000).await;
        let blockade = Blockade::of(&shop.database, &product, 0).await;
        let line = json!({ "optionId": product.options[0].to_string(), "quantity": 1 });
        let order = json!({ "input": { "lines": [line], "idempotencyKey": "key" } });

        let answer = mina.send(PLACE_ORDER, order.clone()).await.body;

        let error = &answer["errors"][0]["extensions"];
        assert_eq!(error["code"], "OVERLOADED", "{answer:#}");
        assert!(error["retryAfterMs"].is_u64(), "{answer:#}");
        blockade.lift().await;
        assert_eq!(shop.stock(&product).await, [10]);
        let again = mina.run(PLACE_ORDER, order).await;
        assert_eq!(again["placeOrder"]["order"]["status"], "PAID");
        assert_eq!(shop.stock(&product).await, [9]);
    }

    async fn a_transaction_that_is_abandoned_holds_nothing_up(shop: Shop) {
        let product = shop.product("감", &[("한 개", 2_000, 10)]).await;
        let option = product.options[0];
        let holds = Arc::new(Barrier::new(2));
        let (db, held) = (shop.app().db.clone(), holds.clone());
        let abandoned = tokio::spawn(async move {
            let held = &held;
            db.transaction(|tx| take_and_wait(tx, option, held).scope_boxed()).await
        });
        holds.wait().await;
        abandoned.abort();

        let taken = shop.app().db.transaction(|tx| take_one(tx, option).scope_boxed()).await;

        taken.expect("the next transaction gets the lock");
        assert_eq!(shop.stock(&product).await, [9]);
    }
}

async fn take_one(tx: &Transaction, option: OptionId) -> Outcome<(), Never> {
    stock::store::lock(tx, &[option]).await?;
    stock::store::add(tx, &[(option, -1)]).await?;
    Ok(())
}

async fn take_and_fail(tx: &Transaction, option: OptionId) -> Outcome<(), Never> {
    take_one(tx, option).await?;
    Err(Fault::internal("changed my mind").into())
}

async fn take_and_wait(tx: &Transaction, option: OptionId, held: &Barrier) -> Outcome<(), Never> {
    take_one(tx, option).await?;
    held.wait().await;
    std::future::pending().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_may_take_long_and_nothing_after_it_may() {
    let database = Database::Postgres.create().await;
    let db = Db::connect(&database.url, 1)
        .await
        .expect("the database opens");
    let snapshot = db.snapshot().await.expect("a snapshot begins");
    assert_eq!(timeouts(&snapshot).await, ["1s", "0", "0"]);
    drop(snapshot);
    // There is one connection: this is the same.
    assert_eq!(timeouts(db.reader()).await, ["1s", "15s", "15s"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hang_up_leave_no_transaction_open() {
    let shop = Shop::open(Database::Postgres).await;
    let product = shop.product("무", &[("한 개", 1_000, 1_000)]).await;
    let mina = shop.member_with_points(1_000_000).await;
    let query = "mutation { clearCart { userErrors { code } } }";
    for round in 0..20 {
        let calls = (0..20).map(|number| {
            let patience = Duration::from_micros(200 * (round + number));
            tokio::time::timeout(patience, mina.send(query, json!({})))
        });
        join_all(calls).await;
    }

    // What was begun goes on by itself; then every connection is back, with nothing open on it.
    let placed = mina.order(&product, 0, 1, "after the storm").await;
    assert_eq!(placed["order"]["status"], "PAID");
    let database = shop.stop().await;
    let db = database.connect().await;
    let open = db.reader().query_one_raw(Statement::from_string(
        DbBackend::Postgres,
        "SELECT COUNT(*) FROM pg_stat_activity
         WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
    ));
    let row = open.await.expect("the database answers").expect("a row");
    assert_eq!(row.try_get_by_index::<i64>(0).expect("a count"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_begin_that_nobody_waits_for_is_taken_back() {
    let shop = Shop::open(Database::Postgres).await;
    let product = shop.product("파", &[("한 단", 1_000, 1_000)]).await;
    for _ in 0..50 {
        // Polled once: mostly, BEGIN is on its way then, and nobody is there for the answer.
        let transaction = shop.app().db.transaction(|_| do_nothing().scope_boxed());
        _ = transaction.now_or_never();
        tokio::task::yield_now().await;
    }
    // On whichever connection a statement goes out, others see what it did.
    let others = shop.database.connect().await;
    for number in 0..32 {
        let is_open = number % 2 == 0;
        shop.set_open(&product, is_open).await;
        let store = store::Entity::find_by_id(product.store_id)
            .one(others.reader())
            .await;
        let store = store.expect("the database answers").expect("the store");
        assert_eq!(store.is_open, is_open, "statement {number} was committed");
    }
}

async fn do_nothing() -> Outcome<(), Never> {
    Ok(())
}
