//! Trouble: gateways and a data platform that break, servers that are killed, time that leaps.

use std::{collections::BTreeSet, iter::repeat_n, sync::Arc, time::Duration};

use rand::{
    RngExt,
    rngs::StdRng,
    seq::{IndexedRandom, SliceRandom},
};
use sandbox::{
    Fault, Provider, Step,
    control::{FaultOrder, Mode},
};
use tokio::{sync::mpsc::UnboundedReceiver, time::sleep};

use crate::{coverage::Coverage, world::World};

/// Faults that wait from the start, and how many more come at a time.
const FAULTS_AT_FIRST: usize = 6;
const FAULTS_AT_A_TIME: usize = 2;

/// After so many acts of the members at most comes the next trouble.
const ACTS_MAX: u64 = 12;

/// At any moment of so many milliseconds after that.
const MOMENT_MAX: u64 = 40;

/// The longest that a killed server stays down, in milliseconds.
const DOWN_MAX: u64 = 60;

/// Real milliseconds that a gateway hangs: longer than the shop waits, and only longer than it should.
const TOO_LONG: u64 = 1_300;
const LONG: u64 = 150;

/// The name of a fault that few come to.
const NOT_YET: &str = "a gateway that would not give back yet";

/// Leaps of the clock: to a second look, past a webhook's tolerance, a payment's time, a doubt's.
const LEAPS: [Duration; 8] = [
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(3),
    Duration::from_mins(6),
    Duration::from_mins(16),
    Duration::from_mins(31),
];

pub struct Trouble {
    world: Arc<World>,
    rng: StdRng,
    /// The faults to come, shuffled.
    deck: Vec<FaultOrder>,
    ordered: Vec<FaultOrder>,
    kills: usize,
    leaps: usize,
    broken_platforms: usize,
}

impl Trouble {
    pub fn new(world: Arc<World>, mut rng: StdRng) -> Self {
        let mut deck = deck();
        deck.shuffle(&mut rng);
        Self {
            world,
            rng,
            deck,
            ordered: Vec::new(),
            kills: 0,
            leaps: 0,
            broken_platforms: 0,
        }
    }

    pub async fn begin(&mut self) {
        // One refund at least shall not be easy: the last cards are drawn first.
        let is_such = |fault: &FaultOrder| name(fault) == NOT_YET;
        if let Some(place) = self.deck.iter().position(is_such) {
            let last = self.deck.len() - 1;
            self.deck.swap(place, last);
        }
        self.break_gateways(FAULTS_AT_FIRST).await;
    }

    /// One trouble after the other, while there are members who act.
    pub async fn go_on(&mut self, mut acts: UnboundedReceiver<()>) {
        loop {
            for _ in 0..self.rng.random_range(1..=ACTS_MAX) {
                if acts.recv().await.is_none() {
                    return;
                }
            }
            sleep(self.up_to(MOMENT_MAX)).await;
            match self.rng.random_range(0..10) {
                0..4 => self.break_gateways(FAULTS_AT_A_TIME).await,
                4..6 => self.kill().await,
                6..8 => self.break_platform().await,
                _ => self.leap().await,
            }
            // What was done meanwhile had its trouble.
            while acts.try_recv().is_ok() {}
        }
    }

    /// Ends all of it; gives what was met.
    pub async fn end(self) -> Coverage {
        self.world.start_all().await;
        let waiting = self.world.gateways.faults().await;
        self.world.gateways.clear_faults().await;
        self.world.gateways.set_platform(Mode::Take).await;
        let mut coverage = Coverage::default();
        coverage.count("a server that was killed", self.kills);
        coverage.count("time that passed", self.leaps);
        coverage.count("a data platform that was broken", self.broken_platforms);
        for what in self.ordered.iter().map(name).collect::<BTreeSet<_>>() {
            let among = |faults: &[FaultOrder]| {
                let such = faults.iter().filter(|fault| name(fault) == what);
                such.count()
            };
            coverage.count(what, among(&self.ordered) - among(&waiting));
        }
        coverage
    }

    async fn break_gateways(&mut self, times: usize) {
        for _ in 0..times {
            if let Some(fault) = self.deck.pop() {
                self.world.gateways.order_fault(&fault).await;
                self.ordered.push(fault);
            }
        }
    }

    async fn kill(&mut self) {
        let number = self.rng.random_range(0..self.world.servers());
        self.kills += 1;
        self.world.kill(number).await;
        sleep(self.up_to(DOWN_MAX)).await;
        self.world.start_all().await;
    }

    async fn break_platform(&mut self) {
        let answer = |status, retry_after: Option<&str>| Mode::Answer {
            status,
            retry_after: retry_after.map(str::to_owned),
        };
        let modes = [
            Mode::Take,
            answer(500, None),
            answer(429, Some("5")),
            Mode::Slow { ms: LONG },
            Mode::Hang,
            Mode::Drop,
            Mode::Forget,
            Mode::Forget,
        ];
        let mode = modes.choose(&mut self.rng).expect("there are some");
        self.broken_platforms += usize::from(*mode != Mode::Take);
        self.world.gateways.set_platform(mode.clone()).await;
    }

    async fn leap(&mut self) {
        let by = *LEAPS.choose(&mut self.rng).expect("there are some");
        self.leaps += 1;
        self.world.leap(by).await;
    }

    fn up_to(&mut self, millis: u64) -> Duration {
        Duration::from_millis(self.rng.random_range(0..=millis))
    }
}

/// Every way in which each gateway can break at each step without lying about money for good.
fn deck() -> Vec<FaultOrder> {
    // How often each is in it: what is met at few steps comes more often.
    let steps = [
        (Step::Prepare, 1),
        (Step::Approve, 1),
        (Step::LookUp, 1),
        (Step::Cancel, 2),
        (Step::Window, 3),
        (Step::Webhook, 3),
    ];
    let mut deck = Vec::new();
    for provider in Provider::ALL {
        for (on, copies) in steps {
            let orders = faults(provider, on).into_iter().map(|fault| FaultOrder {
                provider,
                on,
                id: None,
                times: 1,
                fault,
            });
            let orders = orders.filter(FaultOrder::can_be_met);
            deck.extend(orders.flat_map(|order| repeat_n(order, copies)));
        }
    }
    deck
}

fn faults(provider: Provider, on: Step) -> Vec<Fault> {
    match on {
        Step::Webhook => vec![
            Fault::Never,
            Fault::Duplicate { n: 2 },
            Fault::Early,
            Fault::Late { ms: 200 },
            Fault::Forged,
            Fault::Stale,
            Fault::Tampered,
            Fault::UnknownType,
        ],
        Step::Window => vec![
            decline(provider),
            Fault::TamperAmount { by: -500 },
            Fault::TamperCurrency,
        ],
        Step::Prepare | Step::Approve | Step::LookUp | Step::Cancel => {
            let code = || "-500".to_owned();
            let mut faults = vec![
                Fault::ErrorBefore {
                    status: 503,
                    code: code(),
                },
                Fault::ErrorAfter {
                    status: 500,
                    code: code(),
                },
                Fault::HangBefore { ms: TOO_LONG },
                Fault::HangAfter { ms: TOO_LONG },
                Fault::HangBefore { ms: LONG },
                Fault::HangAfter { ms: LONG },
                Fault::DropBefore,
                Fault::DropAfter,
                Fault::Garbage,
                Fault::UnknownStatus,
                Fault::NotCancelableYet,
                Fault::CancelRequested { ms: 90_000 },
                Fault::CancelFailedIn200,
            ];
            match on {
                Step::Approve => faults.push(decline(provider)),
                Step::Prepare => faults.push(Fault::TamperAmount { by: 500 }),
                Step::LookUp => faults.push(Fault::OtherMerchant),
                _ => {}
            }
            faults
        }
    }
}

fn decline(provider: Provider) -> Fault {
    let code = match provider {
        Provider::KakaoPay => "LACK_BALANCE",
        Provider::PortOne | Provider::Toss => "REJECT_CARD_COMPANY",
    };
    Fault::Decline {
        code: code.into(),
        message: None,
    }
}

/// What a fault that was met is counted as.
fn name(order: &FaultOrder) -> &'static str {
    match order.fault {
        Fault::ErrorBefore { .. } | Fault::DropBefore | Fault::HangBefore { ms: TOO_LONG } => {
            "an answer lost before the gateway acted"
        }
        Fault::ErrorAfter { .. } | Fault::DropAfter | Fault::HangAfter { ms: TOO_LONG } => {
            "an answer lost after the gateway acted"
        }
        Fault::HangBefore { .. } | Fault::HangAfter { .. } => "an answer that came late",
        Fault::Garbage | Fault::UnknownStatus | Fault::OtherMerchant => {
            "an answer that makes no sense"
        }
        Fault::TamperAmount { .. } | Fault::TamperCurrency => "a window with another amount",
        Fault::Decline { .. } => "a gateway that declined",
        Fault::NotCancelableYet | Fault::CancelRequested { .. } | Fault::CancelFailedIn200 => {
            NOT_YET
        }
        Fault::Never => "a webhook that never came",
        Fault::Duplicate { .. } => "a webhook that came twice",
        Fault::Early => "a webhook that came early",
        Fault::Late { .. } => "a webhook that came late",
        Fault::Forged | Fault::Stale | Fault::Tampered | Fault::UnknownType => {
            "a webhook that is not to be believed"
        }
    }
}
