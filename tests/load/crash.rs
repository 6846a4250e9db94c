//! Crashes: whatever dies, an order that somebody was told of is there, a retry gives one order, and the data platform
//! hears of each.

use std::time::Duration;

use jangteo::db::Db;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{task::block_in_place, time::sleep};

use crate::{
    cluster::Cluster,
    crowd::{Crowd, seed, stock_up},
    platform::Platform,
    program::{Program, assert_audit_is_clean},
    support::{Database, TestDatabase},
    turn,
};

const BUYERS: u64 = 32;

/// How often the server is killed.
const KILLS: u32 = 20;

/// How often the database is killed under the server.
const DATABASE_KILLS: u32 = 20;

both! {
    async fn a_server_that_is_killed_loses_nothing(database: Database) {
        let _turn = turn().await;
        let seed = seed();
        let rng = &mut StdRng::seed_from_u64(seed);
        let database = database.create().await;
        let options = stock_up(&database).await;
        let platform = Platform::start().await;
        let flags = platform.flags();
        let start = || Program::start_with(&database.url, &flags.each_ref().map(String::as_str));
        let server = start();
        let mut crowd = Crowd::gather(server.address, BUYERS, &options, seed).await;
        server.stop();

        for _ in 0..KILLS {
            let server = start();
            // Whatever it is told meanwhile, it says only sometimes that it was.
            platform.be_moody(rng).await;
            let busy = crowd.begin(&[server.address]);
            // From the first answers on, at any moment.
            busy.until_answered(rng.random_range(1..=200)).await;
            sleep(any_moment(rng, 20)).await;
            server.kill();
            crowd = busy.bereft().await;
        }

        let server = start();
        let crowd = crowd.settle(server.address).await;
        platform.hear_all(&database).await;
        assert_audit_is_clean(&database.url);
        server.stop();
        assert_audit_is_clean(&database.url);
        crowd.check(&database).await;
        let faults = crowd.faults();
        assert!(faults.keys().all(|code| code == "OVERLOADED"), "{faults:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_recovers_when_its_database_was_killed() {
    let _turn = turn().await;
    let seed = seed();
    let rng = &mut StdRng::seed_from_u64(seed);
    let mut cluster = block_in_place(Cluster::start);
    let database = TestDatabase::at(cluster.url.clone());
    migrate(&database).await;
    let options = stock_up(&database).await;
    let mut server = Program::start(&database.url);
    let crowd = Crowd::gather(server.address, BUYERS, &options, seed).await;

    let busy = crowd.begin(&[server.address]);
    for _ in 0..DATABASE_KILLS {
        busy.until_answered(rng.random_range(50..=300)).await;
        sleep(any_moment(rng, 20)).await;
        block_in_place(|| cluster.kill());
        sleep(any_moment(rng, 1_000)).await;
        block_in_place(|| cluster.start_again());
    }
    busy.until_answered(10 * BUYERS).await;
    let crowd = busy.end().await;

    assert!(server.is_running(), "{}", server.log());
    assert_audit_is_clean(&database.url);
    crowd.check(&database).await;
    assert!(!crowd.faults().is_empty(), "the database was away");
    server.stop();
}

fn any_moment(rng: &mut StdRng, millis_max: u64) -> Duration {
    Duration::from_micros(rng.random_range(0..=1_000 * millis_max))
}

pub async fn migrate(database: &TestDatabase) {
    let db: Db = database.connect().await;
    db.migrate().await.expect("migrations apply");
    db.close().await.expect("the database closes");
}
