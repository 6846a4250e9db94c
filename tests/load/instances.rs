//! Servers side by side on one database: together they are as exact as one.

use std::time::Duration;

use entity::{id::OptionId, stock};
use sea_orm::EntityTrait;
use tokio::time::{Instant, sleep};

use crate::{
    crowd::{Crowd, seed, stock_up},
    program::{Program, assert_audit_is_clean},
    support::{Database, TestDatabase},
    turn,
};

const BUYERS: u64 = 128;

/// How long they are kept busy, unless `LOAD_SECONDS` says.
const SECONDS: u64 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_under_load_are_as_exact_as_one() {
    let _turn = turn().await;
    let seed = seed();
    let database = Database::Postgres.create().await;
    let options = stock_up(&database).await;
    let servers = [(); 2].map(|()| Program::start(&database.url));
    let addresses = servers.each_ref().map(|server| server.address);
    let crowd = Crowd::gather(addresses[0], BUYERS, &options, seed).await;

    let busy = crowd.begin(&addresses);
    let end = Instant::now() + seconds();
    while Instant::now() < end {
        sleep(Duration::from_secs(5)).await;
        // While they sell.
        assert_audit_is_clean(&database.url);
    }
    let mut crowd = busy.end().await;
    crowd.buy_up(&addresses).await;

    crowd.check(&database).await;
    assert_eq!(left(&database, &options[0]).await, 0, "the last was sold");
    for server in servers {
        server.stop();
    }
    assert_audit_is_clean(&database.url);
    let faults = crowd.faults();
    assert!(faults.keys().all(|code| code == "OVERLOADED"), "{faults:?}");
}

fn seconds() -> Duration {
    let seconds = std::env::var("LOAD_SECONDS").map_or(SECONDS, |seconds| {
        seconds.parse().expect("LOAD_SECONDS is a number")
    });
    Duration::from_secs(seconds)
}

async fn left(database: &TestDatabase, option: &str) -> i32 {
    let db = database.connect().await;
    let id: OptionId = option.parse().expect("an option's id");
    let stock = stock::Entity::find_by_id(id).one(db.reader()).await;
    stock
        .expect("the database answers")
        .expect("a stock")
        .quantity
}
