//! A client that does what clients do, and remembers what it was told.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use entity::{
    Won,
    id::MemberId,
    order,
    point_entry::{self, PointAction},
    user_point,
};
use jangteo::db::Db;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::support::Client;

/// What one charge brings: the most that one may.
const CHARGE: i64 = 5_000_000;

/// How long a client waits for an answer: longer than anything that is in order may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// The pause after a fault that does not tell how long it should be.
const PAUSE: Duration = Duration::from_millis(50);

/// What a server may tell that cannot do its work for a while.
const FAULTS: [&str; 4] = ["INTERNAL", "OUTCOME_UNKNOWN", "OVERLOADED", "TIMEOUT"];

/// The refusals that an honest order may meet.
const REFUSALS: [&str; 3] = ["INSUFFICIENT_STOCK", "INSUFFICIENT_POINTS", "EMPTY_ORDER"];

const CHARGE_POINTS: &str = "mutation($input: ChargePointsInput!) { chargePoints(input: $input) {
    userPoint { balance } userErrors { code } } }";
const ADD_TO_CART: &str = "mutation($input: AddToCartInput!) { addToCart(input: $input) {
    cart { id } userErrors { code } } }";
const PLACE_ORDER: &str = "mutation($input: PlaceOrderInput!) { placeOrder(input: $input) {
    order { id } userErrors { code } } }";
const CANCEL_ORDER: &str = "mutation($input: CancelOrderInput!) { cancelOrder(input: $input) {
    order { id status } userErrors { code } } }";

pub struct Buyer {
    client: Client,
    member_id: MemberId,
    options: Vec<String>,
    rng: StdRng,
    keys: u32,
    /// What was sent and not answered for certain: sent again, word for word, before anything else.
    open: Option<Wish>,
    /// The orders that it was told of: their ids and inputs by their keys.
    orders: BTreeMap<String, (String, Value)>,
    charged: i64,
    /// How often the server told of each fault.
    pub faults: HashMap<String, u32>,
}

#[derive(Clone, Debug)]
enum Wish {
    Charge { input: Value },
    AddToCart { input: Value },
    Order { input: Value },
    Cancel { input: Value },
}

/// Where and how long to buy.
pub struct Day<'d> {
    /// The servers: any of them is as good as the others.
    pub servers: &'d [SocketAddr],
    pub is_over: &'d AtomicBool,
    /// Counts what was answered for certain.
    pub answered: &'d AtomicU64,
    /// Whether a buyer whose connection broke asks again.
    pub is_patient: bool,
    /// What those were told whose connection broke.
    pub broken: &'d Mutex<Vec<String>>,
}

impl Buyer {
    /// `options` are what it buys, the first the most wanted.
    pub async fn new(client: Client, options: Vec<String>, seed: u64) -> Self {
        Self {
            member_id: client.member_id().await,
            client,
            options,
            rng: StdRng::seed_from_u64(seed),
            keys: 0,
            open: None,
            orders: BTreeMap::new(),
            charged: 0,
            faults: HashMap::new(),
        }
    }

    /// Buys, and tries again what was not answered, until the day is over and everything is answered. `false` if the
    /// server went away before.
    pub async fn buy(&mut self, day: &Day<'_>) -> bool {
        while self.open.is_some() || !day.is_over.load(Ordering::Relaxed) {
            let wish = match self.open.take() {
                Some(wish) => wish,
                None => self.wish(),
            };
            let payload = match self.ask(day.servers, &wish).await {
                Ok(payload) => payload,
                Err(error) => {
                    self.open = Some(wish);
                    if day.is_patient {
                        sleep(PAUSE).await;
                        continue;
                    }
                    let mut broken = day.broken.lock().expect("no panic");
                    broken.push(format!("{error:?}"));
                    return false;
                }
            };
            self.note(wish, &payload);
            day.answered.fetch_add(1, Ordering::Relaxed);
        }
        true
    }

    /// Orders a piece of the most wanted option, again and again, until there is none.
    pub async fn buy_up(&mut self, servers: &[SocketAddr]) {
        loop {
            let line = json!({ "optionId": self.options[0], "quantity": 1 });
            let wish = Wish::Order {
                input: json!({ "lines": [line], "idempotencyKey": self.key() }),
            };
            let payload = self.ask(servers, &wish).await.expect("an answer");
            match payload["userErrors"][0]["code"].as_str() {
                None => self.note(wish, &payload),
                Some(code) => {
                    assert_eq!(code, "INSUFFICIENT_STOCK", "{payload:#}");
                    return;
                }
            }
        }
    }

    /// Asserts that the database holds what this client was told, and nothing else of its own.
    pub async fn check(&self, db: &Db) {
        let orders = order::Entity::find()
            .filter(order::COLUMN.member_id.eq(self.member_id))
            .all(db.reader())
            .await
            .expect("the orders read");
        let mut found = orders
            .into_iter()
            .map(|order| (order.idempotency_key, order.id.to_string()))
            .collect::<Vec<_>>();
        found.sort_unstable();
        let told = self.orders.iter();
        let told = told.map(|(key, (id, _))| (key.clone(), id.clone()));
        assert_eq!(found, told.collect::<Vec<_>>(), "orders by their keys");

        let entries = point_entry::Entity::find()
            .inner_join(user_point::Entity)
            .filter(user_point::COLUMN.member_id.eq(self.member_id))
            .filter(point_entry::COLUMN.action.eq(PointAction::Charge))
            .all(db.reader())
            .await
            .expect("the ledger reads");
        let charged = Won::checked_sum(entries.iter().map(|entry| entry.amount));
        assert_eq!(charged, Some(Won(self.charged)), "each charge counts once");
    }

    /// How many orders it was told of.
    pub fn orders(&self) -> usize {
        self.orders.len()
    }

    fn wish(&mut self) -> Wish {
        if self.keys == 0 {
            return self.wish_to_charge();
        }
        match self.rng.random_range(0..20) {
            0 => self.wish_to_charge(),
            1..4 => Wish::AddToCart {
                input: json!({ "optionId": self.option(), "quantity": 1 }),
            },
            4..6 => Wish::Order {
                input: json!({ "idempotencyKey": self.key() }),
            },
            6..9 => self.wish_about_an_order(),
            _ => self.wish_for_lines(),
        }
    }

    fn wish_to_charge(&mut self) -> Wish {
        Wish::Charge {
            input: json!({ "amount": CHARGE, "idempotencyKey": self.key() }),
        }
    }

    fn wish_for_lines(&mut self) -> Wish {
        let lines = (0..self.rng.random_range(1..3)).map(|_| {
            let quantity = self.rng.random_range(1..3);
            json!({ "optionId": self.option(), "quantity": quantity })
        });
        let lines = lines.collect::<Vec<_>>();
        Wish::Order {
            input: json!({ "lines": lines, "idempotencyKey": self.key() }),
        }
    }

    /// To cancel an order, or to be told of it once more.
    fn wish_about_an_order(&mut self) -> Wish {
        let orders = self.orders.values().collect::<Vec<_>>();
        match orders.choose(&mut self.rng) {
            None => self.wish_for_lines(),
            Some((_, input)) if self.rng.random() => Wish::Order {
                input: input.clone(),
            },
            Some((id, _)) => Wish::Cancel {
                input: json!({ "orderId": id }),
            },
        }
    }

    /// Half of the time what everybody wants.
    fn option(&mut self) -> String {
        let place = if self.rng.random() {
            0
        } else {
            self.rng.random_range(0..self.options.len())
        };
        self.options[place].clone()
    }

    fn key(&mut self) -> String {
        self.keys += 1;
        format!("key {:06}", self.keys)
    }

    /// Sends a wish, again after each fault, until it is done or refused: gives the payload. Fails if the connection
    /// broke, or what came was no answer of a server's.
    async fn ask(&mut self, servers: &[SocketAddr], wish: &Wish) -> reqwest::Result<Value> {
        let (query, input) = wish.operation();
        loop {
            let server = servers.choose(&mut self.rng).expect("a server");
            let client = self.client.at(*server);
            let sent = client.try_send(query, json!({ "input": input }));
            let answer = timeout(PATIENCE, sent).await;
            let body = answer.expect("an answer comes in time")?.body;
            let Some(errors) = body.get("errors") else {
                let data = body["data"].as_object().expect("data");
                return Ok(data.values().next().cloned().expect("a payload"));
            };
            let told = &errors[0]["extensions"];
            let code = told["code"].as_str().expect("a code");
            assert!(told["requestId"].is_string(), "{errors:#}");
            assert!(FAULTS.contains(&code), "{wish:?}: {errors:#}");
            *self.faults.entry(code.to_owned()).or_default() += 1;
            let pause = told["retryAfterMs"].as_u64();
            sleep(pause.map_or(PAUSE, Duration::from_millis)).await;
        }
    }

    /// Remembers what was answered; it must not contradict what was answered before.
    fn note(&mut self, wish: Wish, payload: &Value) {
        let refused = payload["userErrors"][0]["code"].as_str();
        match wish {
            Wish::Charge { .. } => {
                assert_eq!(refused, None, "{payload:#}");
                self.charged += CHARGE;
            }
            Wish::AddToCart { .. } => {
                let is_full = refused == Some("INVALID_INPUT");
                assert!(refused.is_none() || is_full, "{payload:#}");
            }
            Wish::Cancel { .. } => {
                assert_eq!(payload["order"]["status"], "CANCELED", "{payload:#}");
            }
            Wish::Order { input } => self.note_order(input, payload, refused),
        }
    }

    fn note_order(&mut self, input: Value, payload: &Value, refused: Option<&str>) {
        let key = input["idempotencyKey"].as_str().expect("a key").to_owned();
        let told = self.orders.get(&key).map(|(id, _)| id.as_str());
        let id = payload["order"]["id"].as_str();
        if let Some(told) = told {
            assert_eq!(id, Some(told), "{key} again: {payload:#}");
            return;
        }
        match (id, refused) {
            (Some(id), None) => {
                self.orders.insert(key, (id.to_owned(), input));
            }
            (None, Some(code)) => assert!(REFUSALS.contains(&code), "{payload:#}"),
            _ => panic!("neither an order nor a refusal: {payload:#}"),
        }
    }
}

impl Wish {
    fn operation(&self) -> (&'static str, &Value) {
        match self {
            Self::Charge { input } => (CHARGE_POINTS, input),
            Self::AddToCart { input } => (ADD_TO_CART, input),
            Self::Order { input } => (PLACE_ORDER, input),
            Self::Cancel { input } => (CANCEL_ORDER, input),
        }
    }
}
