//! What attacks cost a server: time of its own, and memory that ends.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    crowd::stock_up,
    program::Program,
    shapes::{self, Attack},
    support::{Client, Database},
};

/// So many attack at once.
const ATTACKERS: usize = 8;

/// How often each attacker goes through all shapes.
const ROUNDS: usize = 2;

/// What the server's memory may grow by under attack, in KiB. Each request is at most a quarter of a MiB; read into
/// a document it is some thirty times as much, for as long as it takes to refuse it.
const GROWTH_MAX: u64 = 256 * 1024;

const SHOP_WINDOW: &str =
    "{ products { totalCount nodes { id name options { id price } store { name } } } }";

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "seen only where somebody asks")]
async fn an_attack_costs_a_server_no_more_memory_than_it_has() {
    let database = Database::Sqlite.create().await;
    stock_up(&database).await;
    let mut server = Program::start_with(&database.url, &["--introspection", "true"]);
    let visitor = Client::new(server.address, None);
    let url = format!("http://{}/graphql", server.address);
    let attacks = shapes::all();
    let expected = visitor.run(SHOP_WINDOW, json!({})).await;
    // Everything has been done once, and is in memory.
    attack(&url, &attacks, 0).await;
    let before = server.memory_peak();

    let (is_over, begun) = (AtomicBool::new(false), Instant::now());
    let attack_all = async {
        let attackers = (0..ATTACKERS).map(async |attacker| {
            for round in 0..ROUNDS {
                attack(
                    &url,
                    &attacks,
                    (attacker + round) * attacks.len() / ATTACKERS,
                )
                .await;
            }
        });
        join_all(attackers).await;
        is_over.store(true, Ordering::Relaxed);
    };
    let visit = async {
        let mut answers = 0;
        while !is_over.load(Ordering::Relaxed) {
            assert_eq!(visitor.run(SHOP_WINDOW, json!({})).await, expected);
            answers += 1;
        }
        answers
    };
    let ((), answers) = tokio::join!(attack_all, visit);

    assert!(server.is_running(), "it died: {}", server.log());
    let growth = server.memory_peak() - before;
    println!(
        "{} attacks in {} s beside {answers} visits: {before} KiB, and {growth} KiB more",
        ATTACKERS * ROUNDS * attacks.len(),
        begun.elapsed().as_secs()
    );
    assert!(growth <= GROWTH_MAX, "{growth} KiB more than {before}");
    assert!(answers > 0, "somebody asked meanwhile");
    server.stop();
}

/// Sends all shapes, from that one on; each must be answered, and refused.
async fn attack(url: &str, attacks: &[Attack], first: usize) {
    let http = reqwest::Client::new();
    let (before, from) = attacks.split_at(first % attacks.len());
    for attack in from.iter().chain(before) {
        let json = ("content-type", "application/json");
        let request = http
            .post(url)
            .header(json.0, json.1)
            .body(attack.body.clone());
        let answer = request.send().await.expect("an answer");
        let answer: serde_json::Value = answer.json().await.expect("JSON");
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        assert!(
            code.is_some_and(|code| attack.refused.contains(&code)),
            "{}: {answer}",
            attack.name
        );
    }
}
