//! How events get there: in order, at least once, and when the platform wants them.

use super::*;

both! {
    async fn an_orders_events_arrive_in_their_order(shop: TellingShop) {
        let mina = shop.paying.shop.member_with_points(100_000).await;
        let mut orders = Vec::new();
        for number in 0..5 {
            let order = shop.order(&mina, &number.to_string()).await;
            shop.cancel_item(&mina, &order, 0).await;
            shop.cancel_item(&mina, &order, 1).await;
            orders.push(order);
        }
        shop.let_time_pass_until_all_is_delivered().await;

        let report = shop.report().await;
        for order in &orders {
            // Paid; then twice an item that was canceled, and its points that came back.
            assert_eq!(sequences(&report, order), ["1", "2", "3", "4", "5"]);
        }
        assert_eq!((report.refused, report.altered), (0, 0));
        let rows = shop.rows().await;
        assert!(rows.iter().all(|row| row.due_at.is_none() && row.failure.is_none()));
        shop.paying.assert_adds_up().await;
    }

    async fn what_is_handed_over_arrives_without_time_passing(shop: TellingShop) {
        let mina = shop.paying.shop.member_with_points(100_000).await;
        for number in 0..10 {
            shop.order(&mina, &number.to_string()).await;
        }
        let rows = shop.until_all_is_delivered().await;
        assert!(rows.iter().all(|row| row.attempts == 1));
        let report = shop.report().await;
        assert_eq!((report.events.len(), report.duplicates), (10, 0));
    }

    async fn what_was_taken_and_not_answered_comes_again_under_its_id(shop: TellingShop) {
        shop.set(Mode::Forget).await;
        let mina = shop.paying.shop.member_with_points(100_000).await;
        shop.order(&mina, "key").await;
        shop.until("an attempt is written down", |rows| rows[0].attempts == 1).await;
        shop.set(Mode::Take).await;
        shop.let_time_pass_until_all_is_delivered().await;

        let report = shop.report().await;
        assert_eq!((report.events.len(), report.duplicates, report.altered), (1, 1, 0));
        assert_eq!(report.events[0].id, shop.rows().await[0].id.to_string());
    }

    async fn a_platform_that_wants_to_be_left_alone_is(shop: TellingShop) {
        let mina = shop.paying.shop.member_with_points(100_000).await;
        for (key, status, at_least) in [("seconds", 429, 120), ("date", 503, 298)] {
            let begun = shop.now();
            let date = (begun + Duration::from_mins(5)).format("%a, %d %b %Y %H:%M:%S GMT");
            let retry_after = if key == "date" { date.to_string() } else { "120".into() };
            shop.set(answer(status, Some(retry_after))).await;
            shop.order(&mina, key).await;
            let rows = shop.until("an attempt is written down", |rows| rows.iter().any(|row| row.attempts == 1 && row.delivered_at.is_none())).await;
            let row = rows.iter().find(|row| row.delivered_at.is_none()).expect("a row");
            let waits = (row.due_at.expect("a time") - begun).num_seconds();
            assert!((at_least..at_least + 3).contains(&waits), "{waits}");
            assert_eq!(row.failure, Some(format!("it answered {status}")));
            // Nobody else is sent there meanwhile.
            let failed = shop.report().await.failed;
            let rest = shop.order(&mina, &format!("{key}, meanwhile")).await;
            shop.set(Mode::Take).await;
            shop.paying.shop.advance(Duration::from_secs(20));
            let rows = shop.rows().await;
            let untried = rows.iter().find(|row| row.order_id.to_string() == rest["id"]).expect("a row");
            assert_eq!((untried.attempts, untried.delivered_at), (0, None));
            assert_eq!(shop.report().await.failed, failed);
            shop.let_time_pass_until_all_is_delivered().await;
            let row = shop.rows().await.into_iter().find(|it| it.id == row.id).expect("a row");
            assert!(row.delivered_at >= Some(begun + Duration::from_secs(at_least.unsigned_abs())), "{row:?}");
        }
    }

    async fn pauses_double_from_attempt_to_attempt(shop: TellingShop) {
        shop.set(answer(500, None)).await;
        let mina = shop.paying.shop.member_with_points(100_000).await;
        shop.order(&mina, "key").await;
        for attempt in 1..=8 {
            let rows = shop.until("one more attempt is written down", |rows| rows[0].attempts >= attempt).await;
            assert_eq!(rows[0].attempts, attempt);
            let pause = rows[0].due_at.expect("a time") - shop.now();
            let longest = 1_000_i64 << (attempt - 1);
            assert!((longest / 2..=longest).contains(&pause.num_milliseconds()), "{attempt}: {pause}");
            // A platform that fails in a row is left alone for up to half a minute beside it.
            let rest = pause.to_std().expect("a pause").max(Duration::from_secs(30));
            shop.paying.shop.advance(rest);
        }
        shop.set(Mode::Take).await;
        shop.let_time_pass_until_all_is_delivered().await;
    }

    async fn whatever_a_platform_says_but_yes_it_is_asked_again(shop: TellingShop) {
        let mina = shop.paying.shop.member_with_points(100_000).await;
        let answers = [302, 400, 401, 404, 410, 422, 500, 502].map(|status| answer(status, None));
        for (number, mode) in answers.into_iter().chain([Mode::Drop, Mode::Hang]).enumerate() {
            shop.set(mode.clone()).await;
            shop.order(&mina, &number.to_string()).await;
            let is_tried = |rows: &[Model]| rows.iter().any(|row| row.failure.is_some() && row.delivered_at.is_none());
            let rows = shop.until("an attempt is written down", is_tried).await;
            let row = rows.iter().find(|row| row.delivered_at.is_none()).expect("a row");
            let failure = row.failure.as_deref().unwrap_or_default();
            match mode {
                Mode::Answer { status, .. } => assert_eq!(failure, format!("it answered {status}")),
                Mode::Hang => assert_eq!(failure, "no answer came in time"),
                _ => assert!(failure.starts_with("no way there: "), "{failure}"),
            }
            shop.set(Mode::Take).await;
            shop.let_time_pass_until_all_is_delivered().await;
        }
        assert_eq!(shop.report().await.duplicates, 0);
    }

    async fn what_a_platform_missed_while_it_was_away_arrives(shop: TellingShop) {
        shop.set(Mode::Drop).await;
        let mina = shop.paying.shop.member_with_points(100_000).await;
        let mut orders = Vec::new();
        for number in 0..12 {
            let order = shop.order(&mina, &number.to_string()).await;
            shop.cancel_item(&mina, &order, 0).await;
            orders.push(order);
            shop.paying.shop.advance(Duration::from_mins(7));
        }
        let is_tried = |rows: &[Model]| rows.iter().any(|row| row.attempts > 1);
        shop.until("it is asked again", is_tried).await;
        assert_eq!(shop.report().await.events, []);
        shop.set(Mode::Take).await;
        shop.let_time_pass_until_all_is_delivered().await;

        let report = shop.report().await;
        assert_eq!((report.events.len(), report.altered), (36, 0));
        for order in &orders {
            assert_eq!(sequences(&report, order), ["1", "2", "3"]);
        }
    }

    async fn orders_go_on_while_every_delivery_hangs(shop: TellingShop) {
        shop.set(Mode::Hang).await;
        let mina = shop.paying.shop.member_with_points(100_000).await;
        // More than may be under way at once, and none of them is answered.
        for number in 0..40 {
            let order = shop.order(&mina, &number.to_string()).await;
            shop.cancel_item(&mina, &order, 1).await;
        }
        assert_eq!(shop.report().await.events, []);
        shop.set(Mode::Take).await;
        shop.let_time_pass_until_all_is_delivered().await;
        assert_eq!(shop.report().await.events.len(), 120);
    }

    async fn a_platform_that_does_not_know_the_secret_takes_nothing(database: Database) {
        let shop = TellingShop::open_with(database, impatient()).await;
        // Another shop, at the same sandbox, that signs with a secret of its own.
        let mut stranger = impatient();
        stranger.platform_url = shop.paying.sandbox.url("/platform").parse().ok();
        stranger.platform_secrets = vec!["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned().into()];
        let limits = jangteo::config::Limits { instant_charge: true, ..Default::default() };
        let other = crate::support::Shop::open_telling(database.create().await, limits, PaymentSettings::default(), stranger).await;
        let shirt = other.product("셔츠", &[("화이트", 1_000, 1)]).await;
        let jun = other.member_with_points(1_000).await;
        jun.order(&shirt, 0, 1, "key").await;
        let begun = Instant::now();
        let failure = loop {
            let row = outbox::Entity::find().one(other.app().db.reader()).await.expect("the outbox reads");
            if let Some(failure) = row.expect("a row").failure {
                break failure;
            }
            assert!(begun.elapsed() < PATIENCE);
            sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(failure, "it answered 401");
        let report = shop.report().await;
        assert_eq!((report.events, report.refused), (vec![], 1));
    }

    async fn during_a_rotation_either_secret_is_enough(database: Database) {
        let mut rotating = impatient();
        rotating.platform_secrets = vec!["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned().into()];
        let shop = TellingShop::open_with(database, rotating).await;
        let mina = shop.paying.shop.member_with_points(10_000).await;
        shop.order(&mina, "key").await;
        shop.until_all_is_delivered().await;
        assert_eq!(shop.report().await.refused, 0);
    }
}
