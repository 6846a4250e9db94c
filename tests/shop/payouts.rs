//! Payouts: a period is closed once, whoever closes it and how often, and each store gets a sheet of it.

use std::{fs, time::Duration};

use chrono::{DateTime, Utc};
use entity::{settlement, wallet_entry};
use futures_util::future::join_all;
use jangteo::{
    fault::Failure,
    payout::{Payout, Refusal, settle, sheet},
};
use sea_orm::EntityTrait;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    fulfilment::{adds_up, complete, ordered},
    support::{Client, Product, Shop},
    wallets::wallet,
};

/// Sells pieces of these options and hands them over; lets a minute pass. Gives the order's key.
async fn sell(shop: &Shop, buyer: &Client, lines: &[(&Product, usize, i32)], key: &str) -> String {
    let order = ordered(buyer, lines, key).await;
    complete(&shop.sign_in("admin").await, &order).await;
    shop.advance(Duration::from_mins(1));
    let query = "query($id: ID) { order(id: $id) { orderKey } }";
    let data = buyer.run(query, json!({ "id": order["id"] })).await;
    data["order"]["orderKey"]
        .as_str()
        .expect("a key")
        .to_owned()
}

async fn settled(shop: &Shop, until: DateTime<Utc>) -> Vec<Payout> {
    let app = shop.app();
    let settled = settle(&app.db, &app.clock, until, false).await;
    settled.expect("payouts")
}

async fn refused(shop: &Shop, until: DateTime<Utc>) -> Refusal {
    let app = shop.app();
    match settle(&app.db, &app.clock, until, false).await {
        Err(Failure::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// The lines of a payout's sheet, and the file's name.
async fn sheet_of(shop: &Shop, payout: &Payout) -> (Vec<String>, String) {
    let folder = TempDir::new().expect("a folder");
    let settlement = payout.settlement.as_ref().expect("a settlement");
    let path = sheet::write(&shop.app().db, folder.path(), payout.store_id, settlement).await;
    let path = path.expect("a sheet");
    let text = fs::read_to_string(&path).expect("text");
    assert_eq!(
        fs::read_dir(folder.path()).expect("a folder").count(),
        1,
        "nothing unfinished is left"
    );
    let name = path
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    (text.lines().map(str::to_owned).collect(), name)
}

fn amounts(payouts: &[Payout]) -> Vec<(String, i64, i64)> {
    let told = payouts.iter();
    told.map(|payout| (payout.store_id.to_string(), payout.sales, payout.amount.0))
        .collect()
}

both! {
    async fn a_period_is_paid_out_once_with_a_line_for_each_item(shop: Shop) {
        shop.admin().await;
        let tee = shop.product("=티셔츠", &[("M, 흰색", 1_000, 100), ("L", 2_000, 100)]).await;
        let socks = shop.product("양말", &[("한 켤레", 300, 100)]).await;
        shop.product("팔리지 않는 것", &[("하나", 1, 1)]).await;
        let tailor = shop.seller_of(&tee).await;
        let mina = shop.member_with_points(100_000).await;
        let first = sell(&shop, &mina, &[(&tee, 0, 2), (&socks, 0, 1), (&tee, 1, 1)], "first").await;
        let second = sell(&shop, &mina, &[(&tee, 0, 1)], "second").await;
        ordered(&mina, &[(&tee, 0, 1)], "not handed over").await;
        let until = shop.now();

        let payouts = settled(&shop, until).await;

        let paid = [(tee.store_id.to_string(), 2, 5_000), (socks.store_id.to_string(), 1, 300)];
        let mut seen = amounts(&payouts);
        seen.sort_by_key(|(_, _, amount)| -amount);
        assert_eq!(seen, paid);
        let of_tailor = payouts.iter().find(|payout| payout.store_id == tee.store_id).expect("a payout");
        let (lines, name) = sheet_of(&shop, of_tailor).await;
        assert_eq!(lines, [
            "\u{feff}completed_at,order_key,product,option,quantity,line_total,store_discount,amount".to_owned(),
            format!("2026-11-20 12:00:00,{first},'=티셔츠,\"M, 흰색\",2,2000,0,2000"),
            format!("2026-11-20 12:00:00,{first},'=티셔츠,L,1,2000,0,2000"),
            format!("2026-11-20 12:01:00,{second},'=티셔츠,\"M, 흰색\",1,1000,0,1000"),
        ]);
        assert_eq!(name, format!("2026-11-20T120200_{}.csv", tee.store_id));
        let held = wallet(&tailor, &tee).await;
        assert_eq!((&held["balance"], &held["pending"]), (&json!(0), &json!(1_000)));
        let newest = &held["entries"]["nodes"][0];
        assert_eq!((&newest["action"], &newest["amount"], &newest["order"]), (&json!("PAYOUT"), &json!(-5_000), &json!(null)));
        adds_up(&shop).await;

        // Once more: the same, and nothing is written.
        let before = shop.contents().await;
        let again = settled(&shop, until).await;
        shop.contents().await.assert_same(&before);
        assert_eq!(amounts(&again), amounts(&payouts));
        for (first, second) in payouts.iter().zip(&again) {
            assert_eq!(first.settlement, second.settlement);
            assert_eq!(sheet_of(&shop, first).await, sheet_of(&shop, second).await);
        }
    }

    async fn what_is_handed_over_after_the_end_of_a_period_belongs_to_the_next(shop: Shop) {
        shop.admin().await;
        let tee = shop.product("티셔츠", &[("M", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        sell(&shop, &mina, &[(&tee, 0, 1)], "first").await;
        let end = shop.now();
        sell(&shop, &mina, &[(&tee, 0, 2)], "second").await;
        let store = tee.store_id.to_string();
        let first = settled(&shop, end).await;
        assert_eq!(amounts(&first), [(store.clone(), 1, 1_000)]);
        sell(&shop, &mina, &[(&tee, 0, 3)], "third").await;
        let second = settled(&shop, shop.now()).await;
        assert_eq!(amounts(&second), [(store, 2, 5_000)]);
        let before = shop.contents().await;
        let last = second[0].settlement.as_ref().expect("a settlement").period_end;
        assert_eq!(refused(&shop, end + Duration::from_secs(1)).await, Refusal::SettledLater(last));
        assert_eq!(refused(&shop, shop.now() + Duration::from_secs(1)).await, Refusal::NotOver);
        shop.advance(Duration::from_mins(1));
        assert!(settled(&shop, shop.now()).await.is_empty(), "nothing was handed over since");
        shop.contents().await.assert_same(&before);
        // Lost sheets of an earlier period can be written again.
        let again = settled(&shop, end).await;
        assert!(again[0].is_old);
        assert_eq!(again[0].settlement, first[0].settlement);
        shop.contents().await.assert_same(&before);
        adds_up(&shop).await;
    }

    async fn of_many_who_settle_at_once_one_does(shop: Shop) {
        shop.admin().await;
        let tee = shop.product("티셔츠", &[("M", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        for number in 0..3 {
            sell(&shop, &mina, &[(&tee, 0, 1)], &number.to_string()).await;
            let others = join_all((0..3).map(|_| shop.database.connect())).await;
            let (now, clock) = (shop.now(), &shop.app().clock);
            let all = join_all(others.iter().map(|db| settle(db, clock, now, false))).await;
            let mut settlements = all.iter().map(|payouts| &payouts.as_ref().expect("payouts")[0].settlement);
            let first = settlements.next().expect("three");
            assert!(settlements.all(|other| other == first), "{all:#?}");
        }
        let db = shop.app().db.reader();
        assert_eq!(settlement::Entity::find().all(db).await.expect("settlements").len(), 3);
        assert_eq!(wallet_entry::Entity::find().all(db).await.expect("entries").len(), 6);
        adds_up(&shop).await;
    }

    async fn a_rehearsal_says_what_would_be_paid_out_and_writes_nothing(shop: Shop) {
        shop.admin().await;
        let tee = shop.product("티셔츠", &[("M", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        sell(&shop, &mina, &[(&tee, 0, 1)], "first").await;
        let before = shop.contents().await;
        let app = shop.app();
        let payouts = settle(&app.db, &app.clock, shop.now(), true).await.expect("payouts");
        assert_eq!(amounts(&payouts), [(tee.store_id.to_string(), 1, 1_000)]);
        assert!(payouts[0].settlement.is_none());
        shop.contents().await.assert_same(&before);
    }
}
