//! A member: what one buys, how one pays, and what gets into one's head meanwhile.

use std::{sync::Arc, time::Duration};

use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};
use sandbox::{Provider, control::Button};
use serde_json::json;
use tokio::{sync::mpsc::UnboundedSender, task::JoinSet};

use crate::{
    purchase::{Act, Purchase, Wish},
    support::Client,
    world::{SHELF, World},
};

/// Purchases of each member.
const VISITS: usize = 3;

/// How often one asks for the same until there is an answer.
const TRIES: usize = 4;

/// The longest rest, in milliseconds.
const REST_MAX: u64 = 80;

pub struct Member {
    world: Arc<World>,
    number: usize,
    client: Client,
    /// Told of each act.
    acting: UnboundedSender<()>,
    rng: StdRng,
}

/// An order of one option, and what is done about it, one act after the other.
struct Plot {
    option: usize,
    quantity: i32,
    acts: [Act; 4],
}

impl Member {
    pub fn new(
        world: Arc<World>,
        number: usize,
        client: Client,
        acting: UnboundedSender<()>,
        rng: StdRng,
    ) -> Self {
        Self {
            world,
            number,
            client,
            acting,
            rng,
        }
    }

    /// Buys, and takes some of it back in the end.
    pub async fn shop(mut self) {
        let mut purchases = Vec::new();
        if let Some(plot) = self.plot() {
            let wish = self.portone(plot.option, plot.quantity);
            let purchase = self.ask_for(wish).await;
            for act in plot.acts {
                self.act(&purchase, act).await;
            }
            purchases.push(purchase);
        }
        for _ in 0..VISITS {
            purchases.push(self.visit().await);
        }
        for purchase in purchases {
            if self.rng.random_bool(0.6) {
                self.act(&purchase, Act::Again).await;
                if self.rng.random_bool(0.2) {
                    self.act(&purchase, Act::RefundInConsole(Some(1_000))).await;
                }
                let all = self.rng.random();
                self.act(&purchase, Act::Cancel { all }).await;
            }
        }
    }

    /// What chance alone seldom comes to. PortOne's window takes the money without asking the shop.
    fn plot(&self) -> Option<Plot> {
        let approve = Act::Press(Button::Approve);
        let (quantity, acts) = match self.number {
            // Given up, ordered again, and then paid all the same: the last pieces are gone.
            0 => {
                let acts = [Act::Open, Act::Abandon, Act::UnderAnotherKey, approve];
                (SHELF[0].1, acts)
            }
            // Given back before the shop has heard of it.
            1 => {
                let acts = [
                    Act::Open,
                    approve,
                    Act::RefundInConsole(None),
                    Act::ComeBack,
                ];
                (1, acts)
            }
            _ => return None,
        };
        Some(Plot {
            option: self.number,
            quantity,
            acts,
        })
    }

    async fn visit(&mut self) -> Arc<Purchase> {
        let wish = self.wish();
        let purchase = self.ask_for(wish).await;
        let mut beside = JoinSet::new();
        for act in self.story() {
            if self.rng.random_bool(0.4) {
                self.tell();
                beside.spawn(purchase.clone().perform(act));
            } else {
                self.act(&purchase, act).await;
            }
        }
        beside.join_all().await;
        purchase
    }

    async fn ask_for(&self, wish: Wish) -> Arc<Purchase> {
        let purchase = Purchase::new(self.world.clone(), self.client.clone(), wish);
        for _ in 0..TRIES {
            self.tell();
            if purchase.ask().await {
                break;
            }
        }
        Arc::new(purchase)
    }

    async fn act(&self, purchase: &Arc<Purchase>, act: Act) {
        self.tell();
        purchase.clone().perform(act).await;
    }

    fn tell(&self) {
        // Where trouble has failed, nobody listens.
        _ = self.acting.send(());
    }

    fn portone(&mut self, option: usize, quantity: i32) -> Wish {
        let option = self.world.options[option].to_string();
        let lines = [json!({ "optionId": option, "quantity": quantity })];
        Wish {
            mutation: "placeOrder",
            input: json!({ "lines": lines, "provider": word(Provider::PortOne) }),
            provider: Some(Provider::PortOne),
            key: self.key(),
        }
    }

    fn key(&mut self) -> String {
        format!("{:016x}", self.rng.random::<u64>())
    }

    fn wish(&mut self) -> Wish {
        let provider = Provider::ALL.choose(&mut self.rng).copied();
        let key = self.key();
        if self.rng.random_bool(0.2) {
            let amount = self.rng.random_range(1..=9) * 1_000;
            return Wish {
                mutation: "chargePoints",
                input: json!({ "amount": amount, "provider": provider.map(word) }),
                provider,
                key,
            };
        }
        let provider = provider.filter(|_| self.rng.random_bool(0.95));
        let points = match provider {
            Some(_) if self.rng.random_bool(0.3) => Some(self.rng.random_range(0..=5_000)),
            _ => None,
        };
        let lines = (0..self.rng.random_range(1..=2)).map(|_| {
            let option = self.world.options.choose(&mut self.rng).expect("options");
            json!({ "optionId": option.to_string(), "quantity": self.rng.random_range(1..=2) })
        });
        let lines = lines.collect::<Vec<_>>();
        Wish {
            mutation: "placeOrder",
            input: json!({ "lines": lines, "provider": provider.map_or("POINT", word), "points": points }),
            provider,
            key,
        }
    }

    /// The way it should go, or nearly, with whatever else comes to one's mind on the way.
    fn story(&mut self) -> Vec<Act> {
        let button = match self.rng.random_range(0..10) {
            0 => Button::Decline,
            1 => Button::Close,
            _ => Button::Approve,
        };
        let mut story = vec![Act::Open, Act::Press(button)];
        match self.rng.random_range(0..16) {
            // Given up, and agreed to in a window that was left open.
            0 => story.insert(1, Act::Abandon),
            1..4 => story
                .splice(1..1, [Act::Abandon, Act::UnderAnotherKey])
                .for_each(drop),
            // Given back before the shop has heard of it.
            4 => story.push(Act::RefundInConsole(None)),
            _ => {}
        }
        match self.rng.random_range(0..8) {
            0..3 => story.push(Act::ComeBack),
            3..5 => story.push(Act::Confirm),
            5..7 => story.extend([Act::ComeBack, Act::Confirm]),
            // The browser was closed.
            _ => {}
        }
        for _ in 0..self.rng.random_range(0..=3) {
            let place = self.rng.random_range(0..=story.len());
            let act = self.whim();
            story.insert(place, act);
        }
        if self.rng.random_bool(0.5) {
            story.push(Act::Cancel {
                all: self.rng.random(),
            });
        }
        story
    }

    fn whim(&mut self) -> Act {
        match self.rng.random_range(0..16) {
            0..2 => Act::Abandon,
            2..4 => Act::Cancel { all: true },
            4 => Act::Cancel { all: false },
            5 => Act::Again,
            6 => Act::UnderAnotherKey,
            7 => Act::ConfirmNonsense,
            8 => Act::Confirm,
            9 => Act::ComeBack,
            10 => Act::Open,
            11 => Act::Press(Button::Approve),
            12 => Act::RefundInConsole(None),
            13 => Act::RefundInConsole(Some(1_000)),
            _ => self.rest(),
        }
    }

    fn rest(&mut self) -> Act {
        Act::Rest(Duration::from_millis(self.rng.random_range(0..=REST_MAX)))
    }
}

/// A gateway in the API's word.
const fn word(provider: Provider) -> &'static str {
    match provider {
        Provider::PortOne => "PORTONE",
        Provider::Toss => "TOSS",
        Provider::KakaoPay => "KAKAOPAY",
    }
}
