//! A crowd of listeners on one server: what each costs while nothing happens, how soon those who are meant hear of an
//! order, and how soon all of them hear of the same.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde::Serialize;
use tokio::{
    select,
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::{
    Result,
    client::{Connection, post, token},
    database::Kind,
    listener::Listener,
    scenario::{Latency, Load, millis},
    shop::{HOT_OPTION, MEMBERS, OPTIONS, option, product_of},
    stats::number,
    usage::{load_average, resident_kib},
};

/// Addresses that listeners come from, each with ports of its own.
const ADDRESSES: u32 = 8;

/// Who connects at once.
const DOORS: usize = 64;

/// Connections that orders come by: enough that none waits for another's answer.
const BUYERS: usize = 128;

/// How long memory may take to settle.
const SETTLING: Duration = Duration::from_secs(5);

/// How often all of them are told something.
const WAVES: u32 = 5;

/// How long to wait for what has not been heard.
const PATIENCE: Duration = Duration::from_mins(2);

const MY_EVENTS: &str = "subscription{myOrderEvents{sequence status order{id}}}";

/// What was measured of a crowd.
#[derive(Clone, Debug, Serialize)]
pub struct Crowd {
    pub database: Kind,
    pub listeners: u32,
    /// Of the server's process, while nobody listened.
    pub resident_before_kib: u64,
    /// And while all did.
    pub resident_after_kib: u64,
    pub kib_per_listener: f64,
    /// Orders a second, each told to whoever listens as its member.
    pub rate: u32,
    pub events: u64,
    /// From when the order was sent until the event was heard, in milliseconds.
    pub from_order: Latency,
    /// From when the order was answered, which is just after its commit; below 0 where the event was faster.
    pub from_answer: Latency,
    /// From the answer of one order until the last of all listeners heard of the new stock, in milliseconds; each wave.
    pub waves_ms: Vec<f64>,
    pub load_average: f64,
}

/// What a listener heard.
enum Heard {
    Ready,
    /// An event of that order.
    Order(String, Instant),
    Stock(Instant),
    /// It is a listener no more.
    Lost(String),
}

/// An order that was answered.
struct Ordered {
    id: String,
    sent: Instant,
    answered: Instant,
}

/// Measures on a fresh server; `rate` orders a second for as long as `seconds`.
pub async fn measure(
    load: Load<'_>,
    database: Kind,
    listeners: u32,
    rate: u32,
    seconds: u64,
) -> Result<Crowd> {
    let pid = load.watched.server.ok_or("no server")?;
    // What the first requests make the server load is not the listeners' share.
    order(
        &mut Connection::open(load.address).await?,
        &token(load.tokens, 0)?,
        HOT_OPTION,
    )
    .await?;
    let resident_before_kib = resident_kib(pid)?;
    let (tell, mut heard) = mpsc::unbounded_channel();
    let (wave, waving) = watch::channel(false);
    let mut crowd = JoinSet::new();
    let mut waiting = 0;
    for number in 0..listeners {
        let listener = Listener::connect(
            load.address,
            SocketAddr::from((Ipv4Addr::new(127, 0, 0, from_address(number)), 0)),
            &token(load.tokens, number % MEMBERS)?,
        )
        .await?;
        crowd.spawn(listen(listener, tell.clone(), waving.clone()));
        waiting += 1;
        if waiting == DOORS {
            ready(&mut heard, waiting).await?;
            waiting = 0;
        }
    }
    ready(&mut heard, waiting).await?;
    sleep(SETTLING).await;
    let resident_after_kib = resident_kib(pid)?;

    let (from_order, from_answer, events) =
        at_random(load, &mut heard, listeners, rate, seconds).await?;
    wave.send(true)?;
    ready(&mut heard, listeners as usize).await?;
    let mut waves_ms = Vec::new();
    for _ in 0..WAVES {
        waves_ms.push(to_all(load, &mut heard, listeners).await?);
    }
    let more = number(resident_after_kib.saturating_sub(resident_before_kib));
    Ok(Crowd {
        database,
        listeners,
        resident_before_kib,
        resident_after_kib,
        kib_per_listener: more / f64::from(listeners),
        rate,
        events,
        from_order,
        from_answer,
        waves_ms,
        load_average: load_average()?,
    })
}

fn from_address(number: u32) -> u8 {
    u8::try_from(2 + number % ADDRESSES).unwrap_or(2)
}

/// Listens to a member's orders, and from the sign on to the option that everybody wants.
async fn listen(
    mut listener: Listener,
    tell: mpsc::UnboundedSender<Heard>,
    mut waving: watch::Receiver<bool>,
) {
    let lost = converse(&mut listener, &tell, &mut waving).await;
    if let Err(error) = lost {
        // Nobody asks any more where the measurement is over.
        _ = tell.send(Heard::Lost(error.to_string()));
    }
}

async fn converse(
    listener: &mut Listener,
    tell: &mpsc::UnboundedSender<Heard>,
    waving: &mut watch::Receiver<bool>,
) -> Result<()> {
    listener.subscribe("orders", MY_EVENTS).await?;
    let mut is_waving = false;
    loop {
        select! {
            message = listener.hear() => tell.send(heard(&message?)?)?,
            changed = waving.changed(), if !is_waving => {
                changed?;
                is_waving = true;
                let product = product_of(HOT_OPTION);
                let query = format!("subscription{{stockChanged(productId:\"{product}\"){{id stockQuantity}}}}");
                listener.subscribe("stock", &query).await?;
            }
        }
    }
}

fn heard(message: &str) -> Result<Heard> {
    let now = Instant::now();
    let told: serde_json::Value = serde_json::from_str(message)?;
    let data = &told["payload"]["data"];
    if told["type"] == "pong" {
        Ok(Heard::Ready)
    } else if let Some(id) = data["myOrderEvents"]["order"]["id"].as_str() {
        Ok(Heard::Order(id.to_owned(), now))
    } else if data["stockChanged"]["id"].is_string() {
        Ok(Heard::Stock(now))
    } else {
        Err(message.into())
    }
}

/// Waits until so many listen.
async fn ready(heard: &mut mpsc::UnboundedReceiver<Heard>, mut waiting: usize) -> Result<()> {
    while waiting > 0 {
        match next(heard).await? {
            Heard::Ready => waiting -= 1,
            Heard::Lost(why) => return Err(format!("a listener was lost: {why}").into()),
            Heard::Order(..) | Heard::Stock(_) => {}
        }
    }
    Ok(())
}

async fn next(heard: &mut mpsc::UnboundedReceiver<Heard>) -> Result<Heard> {
    let next = timeout(PATIENCE, heard.recv()).await;
    Ok(next
        .map_err(|_| "nothing was heard in two minutes")?
        .ok_or("nobody listens")?)
}

/// Orders of members at random, so many a second, by a clock and not by answers: from order and from answer to event.
async fn at_random(
    load: Load<'_>,
    heard: &mut mpsc::UnboundedReceiver<Heard>,
    listeners: u32,
    rate: u32,
    seconds: u64,
) -> Result<(Latency, Latency, u64)> {
    let begun = Instant::now() + Duration::from_millis(100);
    let count = u64::from(rate) * seconds;
    let mut buyers = JoinSet::new();
    for buyer in 0..BUYERS {
        let mut connection = Connection::open(load.address).await?;
        let mut orders = Vec::new();
        for index in (buyer as u64..count).step_by(BUYERS) {
            let due = begun + Duration::from_secs(1).mul_f64(number(index) / f64::from(rate));
            let member = rand::random_range(0..listeners.min(MEMBERS));
            orders.push((due, token(load.tokens, member)?));
        }
        buyers.spawn(async move {
            let mut ordered = Vec::with_capacity(orders.len());
            for (due, token) in orders {
                sleep_until(due).await;
                let option = rand::random_range(HOT_OPTION + 1..OPTIONS);
                ordered.push(order(&mut connection, &token, option).await?);
            }
            Ok::<_, crate::Error>(ordered)
        });
    }
    let mut ordered = HashMap::new();
    while let Some(done) = buyers.join_next().await {
        ordered.extend(done??.into_iter().map(|order| (order.id.clone(), order)));
    }
    // Each has at least one listener, and some have several.
    let (mut from_order, mut from_answer) = (Vec::new(), Vec::new());
    let mut unheard = ordered
        .keys()
        .cloned()
        .collect::<std::collections::HashSet<_>>();
    while !unheard.is_empty() {
        match next(heard).await? {
            Heard::Order(id, at) => {
                if let Some(order) = ordered.get(&id) {
                    unheard.remove(&id);
                    from_order.push(millis(at - order.sent));
                    from_answer.push(signed_millis(at, order.answered));
                }
            }
            Heard::Lost(why) => return Err(format!("a listener was lost: {why}").into()),
            Heard::Ready | Heard::Stock(_) => {}
        }
    }
    let events = from_order.len() as u64;
    Ok((Latency::of(from_order), Latency::of(from_answer), events))
}

fn signed_millis(at: Instant, from: Instant) -> f64 {
    match at.checked_duration_since(from) {
        Some(after) => millis(after),
        None => -millis(from - at),
    }
}

/// One order of what everybody watches: how long until the last of them has heard.
async fn to_all(
    load: Load<'_>,
    heard: &mut mpsc::UnboundedReceiver<Heard>,
    listeners: u32,
) -> Result<f64> {
    let mut connection = Connection::open(load.address).await?;
    let ordered = order(&mut connection, &token(load.tokens, 0)?, HOT_OPTION).await?;
    let mut waiting = listeners;
    let mut last = ordered.answered;
    while waiting > 0 {
        match next(heard).await? {
            Heard::Stock(at) => {
                waiting -= 1;
                last = last.max(at);
            }
            Heard::Lost(why) => return Err(format!("a listener was lost: {why}").into()),
            Heard::Ready | Heard::Order(..) => {}
        }
    }
    Ok(millis(last - ordered.answered))
}

/// Orders a piece of an option.
async fn order(connection: &mut Connection, token: &str, number: u32) -> Result<Ordered> {
    let query =
        "mutation($input:PlaceOrderInput!){placeOrder(input:$input){order{id}userErrors{code}}}";
    let line = serde_json::json!({ "optionId": option(number).to_string(), "quantity": 1 });
    let key = format!("{:032x}", rand::random::<u128>());
    let input = serde_json::json!({ "lines": [line], "idempotencyKey": key });
    let body = serde_json::json!({ "query": query, "variables": { "input": input } });
    let request = post(Some(token), &body.to_string());
    let sent = Instant::now();
    let (_, answer) = connection.send(&request).await?;
    let answered = Instant::now();
    let told: serde_json::Value = serde_json::from_slice(answer)?;
    let id = told["data"]["placeOrder"]["order"]["id"].as_str();
    Ok(Ordered {
        id: id.ok_or_else(|| told.to_string())?.to_owned(),
        sent,
        answered,
    })
}
