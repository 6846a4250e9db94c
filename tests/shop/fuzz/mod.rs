//! Requests that nobody would think of: documents over the schema with values of the right types and the wrong ones,
//! sensible, extreme and foreign; texts and bytes with something wrong in them; from everybody there is, over HTTP and
//! WebSocket. Whatever comes, the server does not fail, tells nothing of how it is made, executes what is valid, and the
//! shop adds up afterwards.
//!
//! Values are drawn so that things happen: ids, cursors and codes are mostly those that answers have told before. What a
//! case is, follows from its seed and from what was told until then; so a run is seen again with the seed that a failing
//! one tells. `FUZZ_SEED` sets another one, and `FUZZ_SECONDS` looks for so long.

mod damage;
mod dice;
mod document;
mod known;
mod sent;
mod talk;
mod values;
mod verdict;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use apollo_compiler::{Schema, validation::Valid};
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use self::{
    dice::Dice,
    document::Kind,
    known::{Known, field},
    sent::{Received, Sent, draw},
    verdict::judge,
};
use crate::{
    payments::PayingShop,
    scene::Scene,
    support::{Client, Database, PATIENCE},
};

/// Where a run begins, unless `FUZZ_SEED` says.
const SEED: u64 = 20_261_120;

/// Cases a database, unless `FUZZ_SECONDS` says how long.
const CASES: u64 = 1_500;

/// So many of the operations that had to be executed, of a hundred, must have come to something.
const FRUITFUL_MIN: usize = 30;

/// So many mutations must have done something.
const DONE_MIN: usize = 6;

both! {
    async fn whatever_is_asked_the_shop_stands(database: Database) {
        let seconds = number("FUZZ_SECONDS").map(Duration::from_secs);
        let seed = number("FUZZ_SEED").unwrap_or_else(|| if seconds.is_some() { rand::random() } else { SEED });
        let mut market = Market::open(database).await;
        let begun = Instant::now();
        let goes_on = |case| seconds.map_or(case < CASES, |seconds| begun.elapsed() < seconds);
        for case in (0..).take_while(|case| goes_on(*case)) {
            let outcome = market.play(&mut Dice::of(seed.wrapping_add(case))).await;
            outcome.unwrap_or_else(|wrong| panic!("FUZZ_SEED={seed}, case {case}: {wrong}"));
        }
        market.close(seconds.is_none()).await;
    }
}

fn number(variable: &str) -> Option<u64> {
    let number = std::env::var(variable).ok()?;
    Some(
        number
            .parse()
            .expect("FUZZ_SEED and FUZZ_SECONDS are numbers"),
    )
}

/// A shop with gateways in which everybody has something.
struct Market {
    shop: PayingShop,
    schema: Valid<Schema>,
    /// The tokens of all there are.
    tokens: Vec<Option<String>>,
    http: reqwest::Client,
    known: Known,
    met: Met,
}

/// What was met, so that a run cannot pass by doing nothing.
#[derive(Default)]
struct Met {
    /// The fields of the roots that were asked for, and had to be executed.
    asked: BTreeSet<String>,
    /// Mutations that did something.
    done: BTreeSet<String>,
    /// Errors by their codes, and user errors by theirs.
    codes: BTreeMap<String, usize>,
    /// The operations that had to be executed, and those of them that have data.
    honest: usize,
    fruitful: usize,
}

impl Market {
    async fn open(database: Database) -> Self {
        let shop = PayingShop::open(database).await;
        shop.shop.let_time_pass();
        let scene = Scene::set(&shop.shop).await;
        let admin = shop.shop.admin().await;
        let everybody = [&scene.mina, &scene.jun, &scene.seller, &scene.rival, &admin];
        let mut known = Known::default();
        for somebody in everybody {
            known.learn(&belongings(somebody).await, &mut Dice::of(SEED));
        }
        let mut tokens = everybody.map(|client| client.token.clone()).to_vec();
        tokens.extend([None, Some("nonsense".into())]);
        let sdl = include_str!("../../../schema.graphql");
        Self {
            schema: Schema::parse_and_validate(sdl, "schema.graphql").expect("the schema is valid"),
            shop,
            tokens,
            http: reqwest::Client::new(),
            known,
            met: Met::default(),
        }
    }

    /// Plays a case.
    async fn play(&mut self, dice: &mut Dice) -> Result<(), String> {
        let token = dice.pick(&self.tokens);
        if dice.one_in(20) {
            let address = self.shop.shop.address();
            let talk = talk::talk(
                address,
                token.as_deref().filter(|it| *it != "nonsense"),
                &self.schema,
                &self.known,
                dice,
            );
            for answer in talk.await? {
                self.known.learn(&answer["data"], dice);
            }
            return Ok(());
        }
        let sent = draw(&self.schema, &self.known, token.as_deref(), dice);
        let received = self.send(&sent).await;
        let received = received.map_err(|wrong| format!("{wrong}\n{sent}"))?;
        let answer = judge(&sent, &received).map_err(|wrong| format!("{wrong}\n{sent}"))?;
        if let Some(answer) = answer {
            self.met.add(&sent, &answer);
            self.known.learn(&answer["data"], dice);
        }
        Ok(())
    }

    async fn send(&self, sent: &Sent) -> Result<Received, String> {
        let mut request = self
            .http
            .request(sent.method.clone(), self.shop.shop.url(&sent.path))
            .body(sent.body.clone());
        for (name, value) in &sent.headers {
            request = request.header(
                *name,
                HeaderValue::from_bytes(value).expect("a value that can be sent"),
            );
        }
        let answer = async {
            let response = request.send().await?;
            let request_id = response.headers().get("x-request-id");
            Ok(Received {
                status: response.status(),
                request_id: request_id
                    .and_then(|id| id.to_str().ok())
                    .map(str::to_owned),
                body: response.bytes().await?.to_vec(),
            })
        };
        let answer = timeout(PATIENCE, answer)
            .await
            .map_err(|_| "there is no answer")?;
        answer.map_err(|wrong: reqwest::Error| format!("the connection broke: {wrong:?}"))
    }

    /// Looks whether the shop stands, and whether enough was met.
    async fn close(self, is_complete: bool) {
        let products = self
            .shop
            .shop
            .anonymous()
            .run("{ products { totalCount } }", json!({}))
            .await;
        assert!(products["products"]["totalCount"].is_u64(), "{products}");
        self.shop.assert_adds_up().await;
        self.met.tell();
        if is_complete {
            self.met.check(&self.schema);
        }
    }
}

impl Met {
    fn add(&mut self, sent: &Sent, answer: &Value) {
        let mut codes = Vec::new();
        collect_codes(answer, &mut codes);
        for code in codes {
            *self.codes.entry(code.to_owned()).or_default() += 1;
        }
        let Some(written) = &sent.honest else { return };
        self.honest += 1;
        self.asked.extend(written.roots.iter().cloned());
        let Some(data) = answer["data"].as_object() else {
            return;
        };
        self.fruitful += usize::from(data.values().any(|value| !value.is_null()));
        for (key, payload) in data.iter().filter(|_| written.kind == Kind::Mutation) {
            let fields = payload.as_object().into_iter().flatten();
            let is_done = fields
                .clone()
                .any(|(key, value)| field(key) != "userErrors" && value.is_object());
            if is_done {
                self.done.insert(field(key).to_owned());
            }
        }
    }

    #[expect(
        clippy::print_stdout,
        reason = "seen only where the test fails, or somebody asks"
    )]
    fn tell(&self) {
        let Self {
            honest, fruitful, ..
        } = self;
        println!(
            "{fruitful} of {honest} operations have data; done: {:?}; codes: {:#?}",
            self.done, self.codes
        );
    }

    fn check(&self, schema: &Schema) {
        for root in ["Query", "Mutation"] {
            let fields = schema.get_object(root).expect("a root").fields.keys();
            let missed = fields
                .filter(|name| !self.asked.contains(name.as_str()))
                .collect::<Vec<_>>();
            assert!(missed.is_empty(), "nobody asked for {missed:?}");
        }
        assert!(
            self.fruitful * 100 >= self.honest * FRUITFUL_MIN,
            "{} of {}",
            self.fruitful,
            self.honest
        );
        assert!(
            self.done.len() >= DONE_MIN,
            "only these were done: {:?}",
            self.done
        );
    }
}

/// The codes of errors and of user errors in an answer.
fn collect_codes<'a>(answer: &'a Value, codes: &mut Vec<&'a str>) {
    match answer {
        Value::Object(fields) => {
            for (key, value) in fields {
                if field(key) == "code" {
                    // Coupons have codes, too.
                    let is_of_error =
                        |code: &&str| code.bytes().all(|it| it == b'_' || it.is_ascii_uppercase());
                    codes.extend(value.as_str().filter(is_of_error));
                }
                collect_codes(value, codes);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_codes(item, codes)),
        _ => {}
    }
}

/// What somebody has, as they see it.
async fn belongings(somebody: &Client) -> Value {
    let query = "{
        me {
            id userId
            userPoint { id entries { nodes { id } pageInfo { endCursor } } }
            orders { nodes { id orderKey items { id } payments { id } } pageInfo { endCursor } }
            coupons { nodes { id code } }
            gifts { nodes { id } }
            sentGifts { nodes { id } }
            store {
                id
                wallet { id entries { nodes { id } } }
                products { nodes { id options { id adjustments { nodes { id } } } } pageInfo { endCursor } }
            }
        }
        cart { id items { id } }
    }";
    somebody.run(query, json!({})).await
}
