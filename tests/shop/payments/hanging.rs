//! A gateway that hangs holds up nobody else: no transaction is open while it is asked.

use futures_util::{FutureExt, future::select_all};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::*;

/// Longer than the test needs: who is held up by it does not come through.
const HANG: Fault = Fault::HangBefore { ms: 60_000 };

/// Whether some session on this database of PostgreSQL has begun a transaction and does nothing in it.
async fn is_idle_in_transaction(db: &DatabaseConnection) -> bool {
    let sql = "SELECT 1 AS idle FROM pg_stat_activity
        WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let idle = db.query_one_raw(statement).await;
    idle.expect("the activity").is_some()
}

/// Returns when no transaction stands open. Short ones come and go; one that waits for a gateway stays, until
/// PostgreSQL itself ends it after 15 seconds.
async fn until_no_transaction_is_open(shop: &PayingShop) {
    if !shop.shop.database.url.starts_with("postgres") {
        // SQLite has one writer at a time: that others come through says it.
        return;
    }
    let db = shop.shop.database.connect_alone().await;
    let begun = Instant::now();
    while is_idle_in_transaction(&db).await {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "a transaction stands open while a gateway is asked"
        );
        sleep(Duration::from_millis(20)).await;
    }
    db.close().await.expect("the connection closes");
}

async fn no_one_waits(database: Database) {
    let shop = PayingShop::open_patient(database, Some(120)).await;
    shop.shop.adjust_stock(&shop.shirt, 0, 10).await;
    let [jun, mina, sora, minji] = [(); 4].map(|()| shop.shop.member());
    let (jun, mina, sora, minji) = tokio::join!(jun, mina, sora, minji);
    jun.charge(10_000, "opening").await;

    // One is being prepared, one approved, one looked up, and one given back, all at once.
    let paid = shop.order(&jun, "TOSS", 1, 0, "paid").await;
    shop.pay("TOSS", &paid).await;
    shop.fault("TOSS", Step::Cancel, 1, HANG).await;
    shop.cancel(&jun, &paid).await;

    let approved = shop.order(&mina, "KAKAOPAY", 1, 0, "approved").await;
    let back = shop.press("KAKAOPAY", &approved, Button::Approve).await;
    shop.fault("KAKAOPAY", Step::Approve, 1, HANG).await;

    let looked_up = shop.order(&sora, "PORTONE", 1, 0, "looked up").await;
    shop.fault("PORTONE", Step::LookUp, 1, HANG).await;
    let abandon = json!({ "paymentId": looked_up["payments"][0]["id"] });

    shop.fault("PORTONE", Step::Prepare, 1, HANG).await;
    let hanging = select_all([
        shop.come_back(back).map(drop).boxed(),
        sora.mutate("abandonPayment", abandon, "payment { id }")
            .map(drop)
            .boxed(),
        shop.try_order(&minji, "PORTONE", 1, 0, "prepared")
            .map(drop)
            .boxed(),
    ]);

    let others = async {
        shop.until_faults_are_met().await;
        until_no_transaction_is_open(&shop).await;
        // The same option, which every one of them holds pieces of; and another payment.
        let placed = jun.order(&shop.shirt, 0, 1, "points").await;
        assert_eq!(placed["order"]["status"], "PAID", "{placed:#}");
        let order = shop.order(&jun, "TOSS", 1, 0, "toss").await;
        shop.pay("TOSS", &order).await;
        assert_eq!(shop.look(&jun, &order).await["status"], "PAID");
    };
    tokio::select! {
        () = others => {}
        _ = hanging => panic!("a gateway that hangs has answered first"),
    }
}

mod a_gateway_that_hangs_holds_up_nobody_else {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn sqlite() {
        no_one_waits(Database::Sqlite).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn postgres() {
        no_one_waits(Database::Postgres).await;
    }
}
