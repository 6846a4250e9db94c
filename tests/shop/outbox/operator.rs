//! What was given up, and what an operator does about it.

use entity::id::OutboxId;
use jangteo::outbox::operator::{self, State, Which, json as document, text as printed};

use super::*;

/// A shop that gives events up after two attempts.
async fn easily_discouraged(database: Database) -> TellingShop {
    let platform = PlatformSettings {
        platform_attempts: 2,
        ..impatient()
    };
    TellingShop::open_with(database, platform).await
}

async fn until_dead(shop: &TellingShop, dead: usize) -> Vec<Model> {
    let begun = Instant::now();
    loop {
        let rows = shop.rows().await;
        if rows.iter().filter(|row| row.dead_at.is_some()).count() == dead {
            return rows;
        }
        assert!(begun.elapsed() < PATIENCE, "{rows:#?}");
        shop.paying.shop.advance(Duration::from_secs(20));
        sleep(Duration::from_millis(50)).await;
    }
}

fn lines(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut text = Vec::new();
    write(&mut text).expect("memory");
    String::from_utf8(text).expect("text")
}

both! {
    async fn what_is_given_up_holds_its_order_until_it_is_tried_again(database: Database) {
        let shop = easily_discouraged(database).await;
        shop.set(answer(422, None)).await;
        let mina = shop.paying.shop.member_with_points(100_000).await;
        let order = shop.order(&mina, "key").await;
        let rows = until_dead(&shop, 1).await;
        assert_eq!((rows[0].attempts, rows[0].due_at), (2, None));
        assert_eq!(State::of(&rows[0]), State::Dead);

        // What comes behind it waits, though the platform takes everything now; other orders do not.
        shop.set(Mode::Take).await;
        shop.cancel_item(&mina, &order, 0).await;
        let other = shop.order(&mina, "other").await;
        for _ in 0..20 {
            shop.paying.shop.advance(Duration::from_mins(7));
            sleep(Duration::from_millis(20)).await;
        }
        let is_delivered = |rows: &[Model]| rows.iter().any(|row| row.order_id.to_string() == other["id"] && row.delivered_at.is_some());
        shop.until("the other is delivered", is_delivered).await;
        let report = shop.report().await;
        assert_eq!(report.events.len(), 1);
        assert_eq!(sequences(&report, &other), ["1"]);
        let held = shop.rows().await;
        let held = held.iter().filter(|row| row.order_id.to_string() == order["id"]);
        assert_eq!(held.map(|row| row.attempts).collect::<Vec<_>>(), [2, 0, 0]);

        let db = &shop.paying.shop.app().db;
        let revived = operator::retry(db, None, shop.now()).await.expect("they are tried again");
        assert_eq!(revived, 3);
        shop.paying.shop.app().outbox.wake();
        shop.until_all_is_delivered().await;
        assert_eq!(sequences(&shop.report().await, &order), ["1", "2", "3"]);
        assert_eq!(operator::retry(db, None, shop.now()).await.expect("nothing is dead"), 0);
    }

    async fn an_operator_sees_where_each_stands(database: Database) {
        let shop = easily_discouraged(database).await;
        let mina = shop.paying.shop.member_with_points(100_000).await;
        shop.order(&mina, "delivered").await;
        shop.until_all_is_delivered().await;
        shop.set(answer(500, None)).await;
        shop.order(&mina, "dead").await;
        let rows = until_dead(&shop, 1).await;
        let dead = rows.iter().find(|row| row.dead_at.is_some()).expect("a row").clone();
        shop.order(&mina, "retrying").await;
        let rows = shop.until("it is tried", |rows| rows.iter().any(|row| row.attempts == 1 && row.delivered_at.is_none())).await;
        assert_eq!(rows.len(), 3);

        let db = &shop.paying.shop.app().db;
        for (state, count) in [(None, 3), (Some(State::Delivered), 1), (Some(State::Dead), 1), (Some(State::Retrying), 1), (Some(State::Waiting), 0)] {
            let which = Which { state, ..Which::default() };
            let listed = operator::list(db, which, 50).await.expect("a list");
            assert_eq!(listed.len(), count, "{state:?}");
            assert!(listed.iter().all(|row| state.is_none_or(|state| State::of(row) == state)));
        }
        let of_order = Which { order_id: Some(dead.order_id), ..Which::default() };
        assert_eq!(operator::list(db, of_order, 50).await.expect("a list"), std::slice::from_ref(&dead));
        assert_eq!(operator::list(db, Which::default(), 2).await.expect("a list").len(), 2);

        let (shown, all) = operator::show(db, dead.id).await.expect("it reads").expect("an event");
        let text = lines(|out| printed::show(out, &shown, &all));
        for said in ["state      dead", "attempts   2", "failure    it answered 500", "type       jangteo.order.paid.v1", "\"orderKey\""] {
            assert!(text.contains(said), "{said}: {text}");
        }
        let list = lines(|out| printed::list(out, std::slice::from_ref(&dead)));
        assert!(list.contains("order.paid.v1") && list.contains("    it answered 500"), "{list}");
        let json = document::show(&shown, &all);
        assert_eq!(json["event"]["state"], "dead");
        assert_eq!(json["event"]["data"]["orderId"], json["event"]["orderId"]);
        assert_eq!(document::list(&all)["events"][0]["failure"], "it answered 500");
        let nobody = OutboxId(uuid::Uuid::nil());
        assert!(operator::show(db, nobody).await.expect("it reads").is_none());
        assert_eq!(operator::retry(db, Some(nobody), shop.now()).await.expect("nothing"), 0);
        shop.set(Mode::Take).await;
        assert_eq!(operator::retry(db, Some(dead.id), shop.now()).await.expect("one"), 1);
        shop.let_time_pass_until_all_is_delivered().await;
    }

    async fn figures_tell_how_the_outbox_does(database: Database) {
        let shop = easily_discouraged(database).await;
        let mina = shop.paying.shop.member_with_points(100_000).await;
        shop.order(&mina, "delivered").await;
        shop.until_all_is_delivered().await;
        let figures = async || {
            let answer = reqwest::get(shop.paying.shop.url("/metrics")).await.expect("an answer");
            answer.text().await.expect("figures")
        };
        let text = figures().await;
        for said in [
            "jangteo_outbox_undelivered 0\n", "jangteo_outbox_dead 0\n", "jangteo_outbox_oldest_age_seconds 0\n",
            "jangteo_outbox_attempts_total{outcome=\"delivered\"} 1\n",
            "jangteo_outbox_attempts_total{outcome=\"refused\"} 0\n",
            "jangteo_outbox_attempts_total{outcome=\"unreachable\"} 0\n",
            "jangteo_outbox_attempts_total{outcome=\"timed_out\"} 0\n",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        shop.set(answer(500, None)).await;
        let begun = shop.now();
        shop.order(&mina, "dead").await;
        until_dead(&shop, 1).await;
        let age = (shop.now() - begun).num_seconds();
        let text = figures().await;
        for said in [
            "jangteo_outbox_undelivered 1\n", "jangteo_outbox_dead 1\n",
            &format!("jangteo_outbox_oldest_age_seconds {age}\n"),
            "jangteo_outbox_attempts_total{outcome=\"refused\"} 2\n",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }
}
