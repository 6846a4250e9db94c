//! What clients read a second: of Jangteo; of a server beside it that is written by hand for these questions alone;
//! and as often as that server can say the same words without looking anything up.

pub mod question;
pub mod table;

use std::time::{Duration, Instant};

use jangteo::member::Tokens;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde::Serialize;
use tokio::time::sleep;

use crate::{
    Result,
    client::{Connection, Outcome, Requests, find, get, put},
    database::Kind,
    scenario::{Client, Duty, Latency, closed_loops, millis},
    server::Server,
    stats::number,
    usage::{Usage, Watched, resident_kib},
};

use question::{Question, Shop};

/// Orders that there are unless the command line says otherwise: twenty of each member.
pub const ORDERS: u32 = 200_000;

/// Requests of a question that clients choose among.
const REQUESTS: u32 = 1_000;

/// How many of them are compared, answer by answer, before anything is measured.
const COMPARED: usize = 50;

/// How long a server's memory may take to settle once it is ready.
const SETTLING: Duration = Duration::from_secs(2);

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answerer {
    Jangteo,
    /// A handler of its own, and one statement, for each question.
    ByHand,
    /// The same server, which says what it was told to say.
    Constant,
}

impl Answerer {
    const ALL: [Self; 3] = [Self::Jangteo, Self::ByHand, Self::Constant];
}

/// One measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Read {
    pub round: u32,
    pub case: Case,
    pub answerer: Answerer,
    pub per_second: f64,
    pub latency: Latency,
    pub usage: Usage,
    /// Answers that were none; there should be no such.
    pub errors: u64,
}

/// What was asked, of what, by how many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Case {
    pub database: Kind,
    pub products: u32,
    pub orders: u32,
    pub question: Question,
    pub clients: u32,
}

/// A server before its first question.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Idle {
    pub database: Kind,
    /// From the start of the process until it said that it was ready.
    pub ready_ms: f64,
    pub resident_kib: u64,
}

impl Idle {
    fn resident_mib(&self) -> f64 {
        number(self.resident_kib) / 1024.0
    }
}

/// The two servers, on the same database.
pub struct Servers {
    pub jangteo: Server,
    pub by_hand: Server,
    /// The database's process, where it has one.
    pub database: Option<u32>,
}

/// What is measured, but for the question.
pub struct Plan<'p> {
    pub round: u32,
    pub database: Kind,
    pub shop: Shop,
    pub clients: &'p [u32],
    pub tokens: &'p Tokens,
    pub duty: Duty,
}

/// Waits until a server that was started then is ready, and looks at what it is.
pub async fn idle(database: Kind, server: &Server, started: Instant) -> Result<Idle> {
    loop {
        let mut connection = Connection::open(server.address).await?;
        if connection.send(&get("/readyz", None)).await?.0 == 200 {
            break;
        }
    }
    let ready_ms = millis(started.elapsed());
    sleep(SETTLING).await;
    Ok(Idle {
        database,
        ready_ms,
        resident_kib: resident_kib(server.pid())?,
    })
}

/// All questions, by each number of clients, of each who answers, one after the other.
pub async fn measure(servers: &Servers, plan: &Plan<'_>) -> Result<Vec<Read>> {
    let mut reads = Vec::new();
    for question in Question::ALL {
        let asked = Asked::of(question, plan)?;
        asked.compare(servers).await?;
        for clients in plan.clients {
            for answerer in Answerer::ALL {
                let case = Case {
                    database: plan.database,
                    products: plan.shop.products,
                    orders: plan.shop.orders,
                    question,
                    clients: *clients,
                };
                reads.push(asked.read(servers, plan, case, answerer).await?);
            }
        }
    }
    Ok(reads)
}

/// A question as both servers are asked it; the requests of the one stand in the order of the other's.
struct Asked {
    name: &'static str,
    jangteo: Requests,
    by_hand: Requests,
}

impl Asked {
    fn of(question: Question, plan: &Plan<'_>) -> Result<Self> {
        let requests =
            (0..REQUESTS).map(|number| question.requests(number, plan.shop, plan.tokens));
        let requests = requests.collect::<Result<Vec<_>>>()?;
        let (jangteo, by_hand) = requests.into_iter().unzip::<_, _, Vec<_>, Vec<_>>();
        Ok(Self {
            name: question.name(),
            jangteo: jangteo.into(),
            by_hand: by_hand.into(),
        })
    }

    /// Both give the same answers, to the byte. The last of them is what the constant answer will be.
    async fn compare(&self, servers: &Servers) -> Result<()> {
        let mut ours = Connection::open(servers.jangteo.address).await?;
        let mut theirs = Connection::open(servers.by_hand.address).await?;
        let mut constant = Vec::new();
        for (jangteo, by_hand) in self.jangteo.iter().zip(self.by_hand.iter()).take(COMPARED) {
            let (_, ours) = ours.send(jangteo).await?;
            let answer = ours.to_vec();
            let (_, theirs) = theirs.send(by_hand).await?;
            if answer != theirs {
                let [ours, theirs] = [&answer[..], theirs].map(String::from_utf8_lossy);
                let name = self.name;
                return Err(
                    format!("{name}: Jangteo says\n{ours}\nand by hand it is\n{theirs}").into(),
                );
            }
            if !is_whole(&answer) {
                return Err(format!("{}: {}", self.name, String::from_utf8_lossy(&answer)).into());
            }
            constant = answer;
        }
        theirs.send(&put("/constant", &constant)).await?;
        Ok(())
    }

    async fn read(
        &self,
        servers: &Servers,
        plan: &Plan<'_>,
        case: Case,
        answerer: Answerer,
    ) -> Result<Read> {
        let (server, requests) = match answerer {
            Answerer::Jangteo => (&servers.jangteo, self.jangteo.clone()),
            Answerer::ByHand => (&servers.by_hand, self.by_hand.clone()),
            Answerer::Constant => (&servers.by_hand, [get("/constant", None)].into()),
        };
        let mut readers = Vec::new();
        for _ in 0..case.clients {
            readers.push(Reader {
                connection: Connection::open(server.address).await?,
                requests: requests.clone(),
                rng: StdRng::from_rng(&mut rand::rng()),
            });
        }
        let watched = Watched {
            server: Some(server.pid()),
            database: servers.database,
            load: None,
        };
        let measured = closed_loops(readers, &watched, plan.duty).await?;
        Ok(Read {
            round: plan.round,
            case,
            answerer,
            per_second: measured.per_second,
            latency: measured.latency,
            usage: measured.usage,
            errors: measured.errors.values().sum(),
        })
    }
}

/// Whether an answer has data, and nothing went wrong.
fn is_whole(answer: &[u8]) -> bool {
    answer.starts_with(br#"{"data":{"#) && find(answer, br#""errors":"#).is_none()
}

/// A client who reads, and reads again.
struct Reader {
    connection: Connection,
    requests: Requests,
    rng: StdRng,
}

impl Client for Reader {
    async fn ask(&mut self) -> Outcome {
        let request = &self.requests[self.rng.random_range(0..self.requests.len())];
        match self.connection.send(request).await {
            // What a good answer says was compared before: its begin is enough.
            Ok((200, answer)) if answer.starts_with(br#"{"data":{"#) => Outcome::Done,
            Ok((status, _)) => Outcome::Refused(format!("HTTP {status}")),
            Err(error) => Outcome::Broken(error.kind()),
        }
    }
}
