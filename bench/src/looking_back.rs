//! What queries take that look back: a member's orders, their points, what sells most.

use std::{net::SocketAddr, time::Instant};

use jangteo::member::Tokens;
use serde::Serialize;

use crate::{
    Result,
    client::{Connection, post, token},
    database::Kind,
    scenario::{Latency, millis},
};

const QUERIES: [(&str, &str); 3] = [
    (
        "orders",
        "{orders(first:20){nodes{orderKey status itemsTotal placedAt items{productName quantity}}pageInfo{hasNextPage}}}",
    ),
    (
        "popularProducts",
        "{popularProducts(first:10){rank quantitySold product{name price}}}",
    ),
    (
        "userPoint.entries",
        "{me{userPoint{balance entries(first:20){nodes{action amount balanceAfter createdAt}}}}}",
    ),
];

/// Answers before those that are timed.
const WARM_UP: u32 = 20;

const TIMED: u32 = 300;

/// What one query takes, asked by one client after another member's.
#[derive(Clone, Debug, Serialize)]
pub struct LookedBack {
    pub database: Kind,
    /// Orders that there were before.
    pub history: u32,
    pub name: &'static str,
    pub latency: Latency,
}

pub async fn measure(
    address: SocketAddr,
    tokens: &Tokens,
    database: Kind,
    history: u32,
) -> Result<Vec<LookedBack>> {
    let mut reads = Vec::new();
    for (name, query) in QUERIES {
        let body = serde_json::json!({ "query": query }).to_string();
        let mut connection = Connection::open(address).await?;
        let mut latencies = Vec::new();
        for member in 0..WARM_UP + TIMED {
            let request = post(Some(&token(tokens, member)?), &body);
            let sent = Instant::now();
            let (status, answer) = connection.send(&request).await?;
            latencies.push(millis(sent.elapsed()));
            if status != 200 || answer.starts_with(br#"{"data":null"#) {
                return Err(format!("{name}: {}", String::from_utf8_lossy(answer)).into());
            }
        }
        reads.push(LookedBack {
            database,
            history,
            name,
            latency: Latency::of(latencies.split_off(WARM_UP as usize)),
        });
    }
    Ok(reads)
}
