//! A purchase, an order or a charge, and all that a member can do about it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::Url;
use sandbox::{Provider, control::Button};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{coverage::Tidings, gateways::Bill, support::Client, world::World};

/// What a member does about a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Opens the window of its payment.
    Open,
    Press(Button),
    /// Lets the browser go back to the shop.
    ComeBack,
    /// Confirms with what the window gave.
    Confirm,
    /// Confirms with what no window gave.
    ConfirmNonsense,
    Abandon,
    /// Cancels the order, all of it or the first item.
    Cancel {
        all: bool,
    },
    /// The same once more, with the same key.
    Again,
    /// The same once more, as if it were something else.
    UnderAnotherKey,
    /// The shop's people give money back at the gateway: so much, or all that is left.
    RefundInConsole(Option<i64>),
    Rest(Duration),
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The mutation and its input, but for the key.
    pub mutation: &'static str,
    pub input: Value,
    /// `None` for one that is paid in points.
    pub provider: Option<Provider>,
    /// Of all members.
    pub key: String,
}

pub struct Purchase {
    world: Arc<World>,
    client: Client,
    wish: Wish,
    seen: Mutex<Seen>,
    /// How many are just asking for its approval.
    confirming: AtomicUsize,
}

/// What its member knows of it.
#[derive(Clone, Default)]
struct Seen {
    order_id: Option<String>,
    first_item_id: Option<String>,
    bill: Option<Bill>,
    /// Whether there was a checkout: without one there is no window.
    is_prepared: bool,
    /// Where a window has sent the browser.
    way_back: Option<Url>,
}

const PAYMENT: &str = "id status amount checkout { orderName }";

/// A word that no window gives.
const NONSENSE: &str = "nonsense";

impl Purchase {
    pub fn new(world: Arc<World>, client: Client, wish: Wish) -> Self {
        Self {
            world,
            client,
            wish,
            seen: Mutex::default(),
            confirming: AtomicUsize::new(0),
        }
    }

    /// Asks for it; gives whether there was an answer.
    pub async fn ask(&self) -> bool {
        let Some(payload) = self.ask_under(&self.wish.key).await else {
            return false;
        };
        let order = &payload["order"];
        let payment = match order {
            Value::Null => &payload["payment"],
            order => &order["payments"][0],
        };
        self.see(|seen| {
            seen.order_id = text(&order["id"]);
            seen.first_item_id = text(&order["items"][0]["id"]);
            seen.bill = self.bill(payment);
            seen.is_prepared |= !payment["checkout"].is_null();
        });
        true
    }

    pub async fn perform(self: Arc<Self>, act: Act) {
        match act {
            Act::Open => self.open().await,
            Act::Press(button) => self.press(button).await,
            Act::ComeBack => self.confirming(self.come_back()).await,
            Act::Confirm => self.confirming(self.confirm()).await,
            Act::ConfirmNonsense => self.confirm_nonsense().await,
            Act::Abandon => {
                self.note_meanwhile(|tidings| tidings.abandoned_meanwhile += 1);
                self.of_payment("abandonPayment", json!({})).await;
            }
            Act::Cancel { all } => {
                self.note_meanwhile(|tidings| tidings.canceled_meanwhile += 1);
                self.cancel(all).await;
            }
            Act::Again => _ = self.ask().await,
            Act::UnderAnotherKey => {
                let key = format!("{} again", self.wish.key);
                _ = self.ask_under(&key).await;
            }
            Act::RefundInConsole(amount) => {
                if let Some(bill) = self.seen().bill {
                    self.world.gateways.refund_in_console(&bill, amount).await;
                }
            }
            Act::Rest(pause) => sleep(pause).await,
        }
    }

    async fn confirming(&self, asking: impl Future<Output = ()>) {
        self.confirming.fetch_add(1, Ordering::Relaxed);
        asking.await;
        self.confirming.fetch_sub(1, Ordering::Relaxed);
    }

    /// Notes what is done while its approval is asked for.
    fn note_meanwhile(&self, note: impl FnOnce(&mut Tidings)) {
        if self.confirming.load(Ordering::Relaxed) > 0 {
            self.world.told.note(note);
        }
    }

    /// Asks under a key; gives the order or the charge as it was answered, if an answer came.
    async fn ask_under(&self, key: &str) -> Option<Value> {
        let mut input = self.wish.input.clone();
        input["idempotencyKey"] = json!(key);
        let fields = match self.wish.mutation {
            "placeOrder" => format!("order {{ id items {{ id }} payments {{ {PAYMENT} }} }}"),
            _ => format!("payment {{ {PAYMENT} }}"),
        };
        let payload = self.send(self.wish.mutation, input, &fields).await?;
        let named = [&payload["order"]["id"], &payload["payment"]["id"]];
        if let Some(named) = named.into_iter().find_map(text) {
            self.world.told.note(|tidings| {
                let by_key = tidings.by_key.entry(key.to_owned()).or_default();
                by_key.insert(named);
            });
        }
        Some(payload)
    }

    fn bill(&self, payment: &Value) -> Option<Bill> {
        Some(Bill {
            provider: self.wish.provider?,
            id: text(&payment["id"])?,
            amount: payment["amount"].as_i64()?,
            name: text(&payment["checkout"]["orderName"]).unwrap_or_default(),
        })
    }

    async fn open(&self) {
        let seen = self.seen();
        if let Some(bill) = seen.bill.filter(|_| seen.is_prepared) {
            self.world
                .gateways
                .open(&bill, self.world.front.address)
                .await;
        }
    }

    async fn press(&self, button: Button) {
        if let Some(bill) = self.seen().bill {
            let way_back = self.world.gateways.press(&bill, button).await;
            self.see(|seen| seen.way_back = way_back.or(seen.way_back.take()));
        }
    }

    async fn come_back(&self) {
        if let Some(url) = self.seen().way_back
            && self.world.browser.get(url).send().await.is_err()
        {
            self.go_unanswered().await;
        }
    }

    async fn confirm(&self) {
        let way_back = self.seen().way_back;
        let given = |name| {
            let mut pairs = way_back.as_ref()?.query_pairs();
            Some(pairs.find(|(other, _)| other == name)?.1.into_owned())
        };
        let proof = match self.wish.provider {
            Some(Provider::Toss) => json!({ "paymentKey": given("paymentKey") }),
            Some(Provider::KakaoPay) => json!({ "pgToken": given("pg_token") }),
            Some(Provider::PortOne) | None => json!({}),
        };
        self.of_payment("confirmPayment", proof).await;
    }

    async fn confirm_nonsense(&self) {
        let proof = match self.wish.provider {
            Some(Provider::KakaoPay) => json!({ "pgToken": NONSENSE }),
            _ => json!({ "paymentKey": NONSENSE }),
        };
        self.of_payment("confirmPayment", proof).await;
    }

    async fn cancel(&self, all: bool) {
        let seen = self.seen();
        if let Some(order_id) = seen.order_id {
            let items = seen.first_item_id.filter(|_| !all).map(|id| [id]);
            let input = json!({ "orderId": order_id, "orderItemIds": items });
            self.send("cancelOrder", input, "order { id }").await;
        }
    }

    async fn of_payment(&self, mutation: &str, mut input: Value) {
        if let Some(bill) = self.seen().bill {
            input["paymentId"] = json!(bill.id);
            self.send(mutation, input, &format!("payment {{ {PAYMENT} }}"))
                .await;
        }
    }

    /// Sends a mutation to whichever server; gives its payload, if an answer came.
    async fn send(&self, mutation: &str, input: Value, fields: &str) -> Option<Value> {
        let (first, rest) = mutation.split_at(1);
        let query = format!(
            "mutation($input: {}{rest}Input!) {{
                {mutation}(input: $input) {{ {fields} userErrors {{ code }} }} }}",
            first.to_uppercase()
        );
        let answer = self
            .client
            .try_send(&query, json!({ "input": input }))
            .await;
        let Ok(answer) = answer else {
            self.go_unanswered().await;
            return None;
        };
        let payload = answer.body["data"][mutation].clone();
        if payload.is_null() {
            assert_is_fault(&answer.body);
            return None;
        }
        let payments = [&payload["payment"], &payload["order"]["payments"][0]];
        for paid in payments
            .into_iter()
            .filter(|payment| payment["status"] == "PAID")
        {
            let id = text(&paid["id"]).expect("an id");
            self.world.told.note(|tidings| _ = tidings.paid.insert(id));
        }
        Some(payload)
    }

    async fn go_unanswered(&self) {
        self.world.told.note(|tidings| tidings.unanswered += 1);
        self.world.front.until_there_is_one().await;
    }

    fn seen(&self) -> Seen {
        self.seen.lock().expect("no panic").clone()
    }

    fn see(&self, see: impl FnOnce(&mut Seen)) {
        see(&mut self.seen.lock().expect("no panic"));
    }
}

/// A server in trouble may say so. Any other refusal would be of a request that this test has wrong.
fn assert_is_fault(body: &Value) {
    let code = body["errors"][0]["extensions"]["code"].as_str();
    assert!(
        matches!(
            code,
            Some("OVERLOADED" | "TIMEOUT" | "OUTCOME_UNKNOWN" | "INTERNAL")
        ),
        "{body:#}"
    );
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(ToOwned::to_owned)
}
