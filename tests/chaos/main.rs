//! Chaos: random orders and charges through three gateways, with everything going wrong that can. Answers are lost
//! before or after the gateway acted, webhooks come twice, early, late, forged or never, servers are killed between any
//! two steps, members give up what a gateway is just approving, and cancel what is just confirmed. Then the world is let
//! settle, and must add up: each payment stands where its gateway's books say, every won is accounted for, no order is
//! paid twice, no dead order holds stock, the audit finds nothing, and the data platform, however it was broken meanwhile,
//! has been told of every order that was paid and of every won of it that went back.
//!
//! Each test plays [`WORLDS`] worlds, and more until everything that can go wrong did, so that it cannot pass by doing
//! nothing. What members do and what goes wrong is drawn from a world's seed, which a failing one prints; who comes
//! first is up to the machine. `CHAOS_SEED` sets the first world's seed, the next ones' follow; `CHAOS_WORLDS` is how
//! many there are: hundreds for a long look, one to see one again.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets what cannot be ends, and says so"
)]

#[macro_use]
#[path = "../shop/support/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "shared with the shop's tests, which need all of it"
)]
mod support;

mod books;
mod checks;
mod coverage;
mod front;
mod gateways;
mod member;
mod platform;
mod purchase;
mod server;
mod settling;
mod trouble;
mod world;

use std::{ops::Range, panic::resume_unwind, sync::Arc};

use futures_util::{StreamExt, future::join_all, stream};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{sync::mpsc::unbounded_channel, task::JoinError};

use books::Books;
use coverage::Coverage;
use member::Member;
use support::Database;
use trouble::Trouble;
use world::World;

/// Worlds a database, unless `CHAOS_WORLDS` says.
const WORLDS: u64 = 8;

/// So many times as many worlds may pass until everything has been met.
const ROUNDS: u64 = 8;

/// Worlds at the same time.
const AT_ONCE: usize = 4;

both! {
    async fn whatever_goes_wrong_every_won_is_accounted_for(database: Database) {
        let (first, count) = (number("CHAOS_SEED").unwrap_or_else(rand::random), number("CHAOS_WORLDS"));
        let worlds = count.unwrap_or(WORLDS);
        let mut coverage = Coverage::default();
        play_all(database, first, 0..worlds, &mut coverage).await;
        // Who looks at a few worlds knows what for.
        let rounds = if worlds < WORLDS { 0 } else { ROUNDS };
        for round in 1..rounds {
            if coverage.is_complete() {
                break;
            }
            play_all(database, first, round * worlds..(round + 1) * worlds, &mut coverage).await;
        }
        coverage.tell();
        assert!(rounds == 0 || coverage.is_complete(), "not everything was met");
    }
}

fn number(variable: &str) -> Option<u64> {
    let number = std::env::var(variable).ok()?;
    Some(
        number
            .parse()
            .expect("CHAOS_SEED and CHAOS_WORLDS are numbers"),
    )
}

async fn play_all(database: Database, first: u64, worlds: Range<u64>, coverage: &mut Coverage) {
    let mut played = stream::iter(worlds)
        .map(|number| async move {
            let seed = first.wrapping_add(number);
            (seed, tokio::spawn(play(database, seed)).await)
        })
        .buffer_unordered(AT_ONCE);
    while let Some((seed, outcome)) = played.next().await {
        coverage.add(outcome.unwrap_or_else(|error| tell(seed, error)));
    }
}

#[expect(clippy::print_stdout, reason = "seen only where the test fails")]
fn tell(seed: u64, error: JoinError) -> ! {
    println!("CHAOS_SEED={seed} CHAOS_WORLDS=1");
    resume_unwind(error.into_panic())
}

/// Plays one world from its opening to the last check; gives what was met in it.
async fn play(database: Database, seed: u64) -> Coverage {
    let rng = &mut StdRng::seed_from_u64(seed);
    let (world, members) = Box::pin(World::open(database, rng)).await;
    let world = Arc::new(world);
    let mut trouble = Trouble::new(world.clone(), StdRng::seed_from_u64(rng.random()));
    trouble.begin().await;
    let (acting, acts) = unbounded_channel();
    let shops = members.into_iter().enumerate().map(|(number, client)| {
        let rng = StdRng::seed_from_u64(rng.random());
        Member::new(world.clone(), number, client, acting.clone(), rng).shop()
    });
    let shopping = tokio::spawn(join_all(shops.collect::<Vec<_>>()));
    drop(acting);
    trouble.go_on(acts).await;
    shopping.await.expect("no panic");
    let mut coverage = trouble.end().await;
    settling::settle(&world).await;
    platform::settle(&world).await;
    let books = Books::read(&world).await;
    checks::check(&world, &books).await;
    coverage.add(platform::check(&world, &books).await);
    coverage.add(books.coverage());
    coverage.add(world.told.coverage());
    coverage
}
