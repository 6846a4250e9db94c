//! Many buyers at once, of the same few things.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use jangteo::config::Limits;
use serde_json::json;
use tokio::{task::JoinHandle, time::sleep};

use crate::{
    buyer::{Buyer, Day},
    support::{Client, PASSWORD, Shop, TestDatabase},
};

/// Pieces of what everybody wants: few enough to be sold out, and on sale again when an order is canceled.
pub const HOT_STOCK: i32 = 400;

/// Pieces of each other option: more than anybody buys in the time.
const STOCK: i32 = 1_000_000;

pub struct Crowd {
    buyers: Vec<Buyer>,
}

/// Buyers who are at it.
pub struct Busy {
    buyers: Vec<JoinHandle<(Buyer, bool)>>,
    is_over: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    /// Whose connection broke, and how.
    broken: Arc<Mutex<Vec<String>>>,
}

/// The seed of a test: `LOAD_SEED`, or chance. Told, so that a test that fails can be run again.
#[expect(clippy::print_stdout, reason = "seen only where the test fails")]
pub fn seed() -> u64 {
    let seed = std::env::var("LOAD_SEED").map_or_else(
        |_| rand::random(),
        |seed| seed.parse().expect("LOAD_SEED is a number"),
    );
    println!("LOAD_SEED={seed}");
    seed
}

/// Puts things on sale: one that everybody wants, and some of which there is plenty. Gives their options.
pub async fn stock_up(database: &TestDatabase) -> Vec<String> {
    let shop = Shop::open_at(database.again(), Limits::default()).await;
    let hot = shop.product("한정판", &[("하나", 1_000, HOT_STOCK)]).await;
    let mut options = hot.options;
    for name in ["가", "나", "다"] {
        let plenty = ["하나", "둘", "셋", "넷"].map(|option| (option, 1_000, STOCK));
        options.extend(shop.product(name, &plenty).await.options);
    }
    shop.stop().await;
    options.iter().map(ToString::to_string).collect()
}

impl Crowd {
    /// So many new members.
    pub async fn gather(server: SocketAddr, count: u64, options: &[String], seed: u64) -> Self {
        // To make a client takes a while, in which a connection that another has opened would lie unused: a balancer
        // closes such.
        let clients = (0..count).map(|number| (number, Client::new(server, None)));
        let clients = clients.collect::<Vec<_>>();
        let buyers = clients.into_iter().map(|(number, somebody)| async move {
            let client = sign_up_as(somebody, number).await;
            Buyer::new(client, options.to_vec(), seed.wrapping_add(number)).await
        });
        Self {
            buyers: join_all(buyers).await,
        }
    }

    /// Sets all of them buying, each at any of the servers. Who finds that a connection broke goes home.
    pub fn begin(self, servers: &[SocketAddr]) -> Busy {
        self.set_out(servers, false)
    }

    /// The same; but who is not answered asks again.
    pub fn begin_patiently(self, servers: &[SocketAddr]) -> Busy {
        self.set_out(servers, true)
    }

    fn set_out(self, servers: &[SocketAddr], are_patient: bool) -> Busy {
        let is_over = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicU64::new(0));
        let broken = Arc::new(Mutex::new(Vec::new()));
        let begin = |mut buyer: Buyer| {
            let (servers, is_over, answered) =
                (servers.to_vec(), is_over.clone(), answered.clone());
            let broken = broken.clone();
            tokio::spawn(async move {
                let day = Day {
                    servers: &servers,
                    is_over: &is_over,
                    answered: &answered,
                    is_patient: are_patient,
                    broken: &broken,
                };
                let is_served = buyer.buy(&day).await;
                (buyer, is_served)
            })
        };
        Busy {
            buyers: self.buyers.into_iter().map(begin).collect(),
            is_over,
            answered,
            broken,
        }
    }

    /// Lets each send what is left unanswered until it is answered.
    pub async fn settle(self, server: SocketAddr) -> Self {
        let busy = self.begin(&[server]);
        busy.end().await
    }

    /// Buys up what everybody wants.
    pub async fn buy_up(&mut self, servers: &[SocketAddr]) {
        join_all(self.buyers.iter_mut().map(|buyer| buyer.buy_up(servers))).await;
    }

    /// Asserts that the database holds what each was told, and that there was something to tell.
    pub async fn check(&self, database: &TestDatabase) {
        let db = database.connect().await;
        for buyer in &self.buyers {
            buyer.check(&db).await;
        }
        db.close().await.expect("the database closes");
        let orders = self.buyers.iter().map(Buyer::orders).sum::<usize>();
        assert!(orders > self.buyers.len(), "only {orders} orders");
    }

    /// How often they were told of each fault.
    pub fn faults(&self) -> HashMap<String, u32> {
        let mut faults = HashMap::new();
        for (code, count) in self.buyers.iter().flat_map(|buyer| &buyer.faults) {
            *faults.entry(code.clone()).or_default() += count;
        }
        faults
    }
}

impl Busy {
    /// Waits until each has noticed that the server went away.
    pub async fn bereft(self) -> Crowd {
        let (crowd, served) = self.join().await;
        assert_eq!(served, 0, "everybody noticed");
        crowd
    }

    /// Lets each finish what it has begun.
    pub async fn end(self) -> Crowd {
        self.is_over.store(true, Ordering::Relaxed);
        let broken = self.broken.clone();
        let (crowd, served) = self.join().await;
        let broken = broken.lock().expect("no panic");
        let count = crowd.buyers.len();
        assert_eq!(served, count, "the server is there to the end: {broken:?}");
        drop(broken);
        crowd
    }

    /// Waits until so many more were answered.
    pub async fn until_answered(&self, more: u64) {
        let enough = self.answered.load(Ordering::Relaxed) + more;
        while self.answered.load(Ordering::Relaxed) < enough {
            assert!(
                !self.buyers.iter().any(JoinHandle::is_finished),
                "all are still buying, but for {:?}",
                self.broken.lock().expect("no panic")
            );
            sleep(Duration::from_millis(5)).await;
        }
    }

    async fn join(self) -> (Crowd, usize) {
        let joined = join_all(self.buyers).await;
        let joined = joined.into_iter().map(|buyer| buyer.expect("no panic"));
        let (buyers, served): (Vec<_>, Vec<_>) = joined.unzip();
        let served = served.into_iter().filter(|is_served| *is_served).count();
        (Crowd { buyers }, served)
    }
}

/// Somebody who is a member already.
pub async fn sign_in(server: SocketAddr, user_id: &str) -> Client {
    let somebody = Client::new(server, None);
    let input = json!({ "userId": user_id, "password": PASSWORD });
    let payload = somebody
        .mutate("signIn", input, "session { accessToken }")
        .await;
    let token = payload["session"]["accessToken"].as_str();
    somebody.with_token(token.expect("a session"))
}

/// A new member.
pub async fn sign_up(server: SocketAddr, number: u64) -> Client {
    sign_up_as(Client::new(server, None), number).await
}

async fn sign_up_as(somebody: Client, number: u64) -> Client {
    let user_id = format!("buyer{number}");
    let input = json!({ "userId": user_id, "password": PASSWORD, "nickname": user_id });
    let query =
        "mutation($input: SignUpInput!) { signUp(input: $input) { session { accessToken } } }";
    let data = somebody.run(query, json!({ "input": input })).await;
    let token = data["signUp"]["session"]["accessToken"].as_str();
    somebody.with_token(token.expect("a session"))
}
