//! Several servers, and what one leaves behind.

use std::collections::BTreeSet;

use jangteo::config::Limits;

use super::*;
use crate::support::Shop;

/// Another server on the same database.
async fn beside(shop: &TellingShop, platform: PlatformSettings) -> Shop {
    let limits = Limits {
        instant_charge: true,
        ..Limits::default()
    };
    let database = shop.paying.shop.database.again();
    let other = Shop::open_telling(database, limits, PaymentSettings::default(), platform).await;
    other.set_time(shop.now());
    other
}

fn platform(shop: &TellingShop) -> PlatformSettings {
    let keys = sandbox::Settings::demo(([127, 0, 0, 1], 0).into());
    impatient().at(&shop.paying.sandbox, &keys)
}

both! {
    async fn two_servers_do_nothing_twice(shop: TellingShop) {
        let other = beside(&shop, platform(&shop)).await;
        let mina = shop.paying.shop.member_with_points(100_000).await;
        let there = mina.at(other.address());
        for number in 0..20 {
            let order = shop.order(if number % 2 == 0 { &mina } else { &there }, &number.to_string()).await;
            shop.cancel_item(if number % 3 == 0 { &mina } else { &there }, &order, 0).await;
        }
        // What one server has not heard from the other falls due after a while.
        let begun = Instant::now();
        loop {
            let rows = shop.rows().await;
            if rows.iter().all(|row| row.delivered_at.is_some()) {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "{rows:#?}");
            for server in [&shop.paying.shop, &other] {
                server.advance(Duration::from_secs(2));
            }
            sleep(Duration::from_millis(100)).await;
        }
        let report = shop.report().await;
        assert_eq!((report.events.len(), report.duplicates), (60, 0));
    }

    async fn what_a_server_leaves_behind_another_delivers(database: Database) {
        // One that dies before it delivers anything is as one that has no platform.
        let shop = TellingShop::open(database).await;
        let silent = beside(&shop, PlatformSettings::default()).await;
        let mina = shop.paying.shop.member_with_points(100_000).await;
        let there = mina.at(silent.address());
        let order = shop.order(&there, "key").await;
        shop.cancel_item(&there, &order, 0).await;
        // It is its writer's for half a minute.
        shop.paying.shop.advance(Duration::from_secs(29));
        assert!(shop.rows().await.iter().all(|row| row.attempts == 0));
        shop.paying.shop.advance(Duration::from_secs(2));
        shop.until_all_is_delivered().await;
        let report = shop.report().await;
        assert_eq!(sequences(&report, &order), ["1", "2", "3"]);
        assert_eq!(report.duplicates, 0);
    }

    async fn a_server_that_stops_gives_back_what_it_has_not_sent(shop: TellingShop) {
        shop.set(answer(503, Some("600".into()))).await;
        let mina = shop.paying.shop.member_with_points(100_000).await;
        for number in 0..5 {
            shop.order(&mina, &number.to_string()).await;
        }
        shop.until("it was asked", |rows| rows.iter().any(|row| row.attempts > 0)).await;
        let stopped_at = shop.now();
        shop.paying.shop.app().outbox.stop().await;
        let rows = shop.rows().await;
        let untried = rows.iter().filter(|row| row.attempts == 0);
        assert!(untried.clone().all(|row| row.due_at == Some(stopped_at)), "{rows:#?}");

        shop.set(Mode::Take).await;
        let next = beside(&shop, platform(&shop)).await;
        next.advance(Duration::from_mins(11));
        let begun = Instant::now();
        while shop.rows().await.iter().any(|row| row.delivered_at.is_none()) {
            assert!(begun.elapsed() < PATIENCE);
            sleep(Duration::from_millis(20)).await;
        }
        let report = shop.report().await;
        let ids = report.events.iter().map(|arrival| &arrival.id).collect::<BTreeSet<_>>();
        assert_eq!((ids.len(), report.duplicates), (5, 0));
    }
}
