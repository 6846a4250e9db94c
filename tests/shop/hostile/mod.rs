//! Attacks on whoever executes documents that strangers write: each is refused before anything of it is executed, with an
//! error that says why, and whoever asks beside it is answered as if nothing were. What they cost the server in memory is
//! looked at where it is a process of its own, in `tests/load`.

mod connections;
pub mod shapes;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use self::shapes::Attack;
use crate::support::{Client, Introspected, PATIENCE, Product, Shop};

/// What the front page of a shop asks.
const SHOP_WINDOW: &str = "{
    products(first: 20) { totalCount nodes { id name price options { id name stockQuantity } store { id name isOpen } } }
    popularProducts { rank product { name } }
}";

/// Sends an attack; gives the status and the answer.
async fn send(client: &Client, url: &str, attack: &Attack) -> (u16, Value) {
    let http = reqwest::Client::new();
    let mut request = http
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .body(attack.body.clone());
    if let Some(token) = &client.token {
        request = request.bearer_auth(token);
    }
    let answer = async {
        let response = request.send().await?;
        Ok::<_, reqwest::Error>((response.status().as_u16(), response.json().await?))
    };
    let answer = timeout(PATIENCE, answer).await;
    let answer = answer.unwrap_or_else(|_| panic!("{}: no answer", attack.name));
    answer.unwrap_or_else(|error| panic!("{}: {error:?}", attack.name))
}

/// Asserts that an attack was refused, with a code that fits, and told nothing else.
fn assert_refused(attack: &Attack, status: u16, answer: &Value) {
    let name = attack.name;
    assert!(
        status == 200 || (400..500).contains(&status),
        "{name}: {status} {answer}"
    );
    let errors = answer["errors"].as_array().map_or(&[][..], Vec::as_slice);
    assert!(
        (1..=20).contains(&errors.len()),
        "{name}: {} errors",
        errors.len()
    );
    for error in errors {
        let code = error["extensions"]["code"].as_str().unwrap_or_default();
        assert!(attack.refused.contains(&code), "{name}: {error}");
        assert!(
            error["message"].as_str().is_some_and(|it| !it.is_empty()),
            "{name}: {error}"
        );
    }
    assert!(answer["data"].is_null(), "{name}: {answer}");
}

#[expect(clippy::print_stdout, reason = "seen only where somebody asks")]
fn tell(attack: &Attack, time: Duration) {
    let (name, bytes) = (attack.name, attack.body.len());
    println!("{:>6} ms, {bytes:>7} bytes: {name}", time.as_millis());
}

/// What the shop has to show.
async fn window(shop: &Shop) -> Vec<Product> {
    let first = shop
        .product("셔츠", &[("하나", 1_000, 10), ("둘", 2_000, 20)])
        .await;
    let more = (0..19).map(|_| {
        shop.product_of(
            first.store_id,
            first.merchant_id,
            "양말",
            &[("하나", 500, 5)],
        )
    });
    let mut products = join_all(more).await;
    products.push(first);
    products
}

both! {
    async fn every_attack_is_refused_and_nothing_of_it_is_executed(introspected: Introspected) {
        let Introspected(shop) = introspected;
        window(&shop).await;
        let mina = shop.member().await;
        let url = shop.url("/graphql");
        for attack in shapes::all() {
            for client in [shop.anonymous(), mina.clone()] {
                let begun = Instant::now();
                let ((status, answer), statements) = shop.statements(send(&client, &url, &attack)).await;
                tell(&attack, begun.elapsed());
                assert_refused(&attack, status, &answer);
                assert_eq!(statements, 0, "{}: something was executed", attack.name);
            }
        }
    }

    async fn whoever_asks_beside_an_attack_is_answered(introspected: Introspected) {
        let Introspected(shop) = introspected;
        window(&shop).await;
        let url = shop.url("/graphql");
        let (attacks, visitor) = (shapes::all(), shop.anonymous());
        let expected = visitor.run(SHOP_WINDOW, json!({})).await;
        assert_eq!(expected["products"]["nodes"].as_array().map(Vec::len), Some(20));
        let is_over = AtomicBool::new(false);
        let attack_all = async {
            // Each begins elsewhere, so that different ones come together.
            let attackers = (0..4).map(async |attacker| {
                let mut order = attacks.iter().collect::<Vec<_>>();
                order.rotate_left(attacker * attacks.len() / 4);
                for attack in order {
                    let (status, answer) = send(&visitor, &url, attack).await;
                    assert_refused(attack, status, &answer);
                }
            });
            join_all(attackers).await;
            is_over.store(true, Ordering::Relaxed);
        };
        let ask = async {
            let mut answers = 0;
            while !is_over.load(Ordering::Relaxed) {
                assert_eq!(visitor.run(SHOP_WINDOW, json!({})).await, expected);
                answers += 1;
            }
            answers
        };
        let ((), answers) = tokio::join!(attack_all, ask);
        assert!(answers > 0, "somebody asked meanwhile");
    }
}
