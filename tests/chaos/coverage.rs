//! What was met, so that it shows when something is met no more.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Mutex,
};

/// What every run must meet: all that can go wrong, and all that can come of it.
const ALL: [&str; 28] = [
    "an answer lost before the gateway acted",
    "an answer lost after the gateway acted",
    "an answer that came late",
    "an answer that makes no sense",
    "a window with another amount",
    "a gateway that declined",
    "a gateway that would not give back yet",
    "a webhook that never came",
    "a webhook that came twice",
    "a webhook that came early",
    "a webhook that came late",
    "a webhook that is not to be believed",
    "a data platform that was broken",
    "an event that came twice",
    "a member who gave up while the gateway was asked to approve",
    "a member who canceled while the gateway was asked to approve",
    "a server that was killed",
    "a request that a killed server left unanswered",
    "time that passed",
    "a payment that was paid",
    "a payment that ended unpaid",
    "a payment that was paid after it had ended",
    "a payment that is not what was agreed",
    "an order that a late payment revived",
    "a late payment that was refunded",
    "a refund that took several tries",
    "a refund in a gateway's console",
    "points charged through a gateway",
];

/// How often each was met.
#[derive(Debug, Default)]
pub struct Coverage(BTreeMap<&'static str, usize>);

impl Coverage {
    pub fn count(&mut self, what: &'static str, times: usize) {
        assert!(ALL.contains(&what), "{what} is in the list");
        *self.0.entry(what).or_default() += times;
    }

    pub fn add(&mut self, other: Self) {
        for (what, times) in other.0 {
            self.count(what, times);
        }
    }

    pub fn is_complete(&self) -> bool {
        ALL.iter().all(|what| self.times(what) > 0)
    }

    #[expect(
        clippy::print_stdout,
        reason = "seen where the test fails, and by who asks for it"
    )]
    pub fn tell(&self) {
        for what in ALL {
            println!("{:>6} × {what}", self.times(what));
        }
    }

    fn times(&self, what: &str) -> usize {
        self.0.get(what).copied().unwrap_or_default()
    }
}

/// What members were told, which must be so in the end.
#[derive(Default)]
pub struct Told(Mutex<Tidings>);

#[derive(Clone, Default)]
pub struct Tidings {
    /// The orders and payments that members and their keys were told of.
    pub by_key: HashMap<String, HashSet<String>>,
    /// The payments that were said to be paid.
    pub paid: HashSet<String>,
    /// How many requests were not answered.
    pub unanswered: usize,
    /// How often a payment was given up, or an order canceled, while the approval was asked for.
    pub abandoned_meanwhile: usize,
    pub canceled_meanwhile: usize,
}

impl Told {
    pub fn note(&self, note: impl FnOnce(&mut Tidings)) {
        note(&mut self.0.lock().expect("no panic"));
    }

    pub fn tidings(&self) -> Tidings {
        self.0.lock().expect("no panic").clone()
    }

    pub fn coverage(&self) -> Coverage {
        let mut coverage = Coverage::default();
        let tidings = self.tidings();
        for (what, times) in [
            (
                "a request that a killed server left unanswered",
                tidings.unanswered,
            ),
            (
                "a member who gave up while the gateway was asked to approve",
                tidings.abandoned_meanwhile,
            ),
            (
                "a member who canceled while the gateway was asked to approve",
                tidings.canceled_meanwhile,
            ),
        ] {
            coverage.count(what, times);
        }
        coverage
    }
}
