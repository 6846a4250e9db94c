//! A sandbox that plays three payment gateways, PortOne V2, Toss Payments and KakaoPay, and a data platform.
//!
//! It speaks their protocols over real HTTP, shows a page on which a person approves or declines, sends their
//! webhooks, and breaks on demand in every way a gateway can break. No money moves, but money is counted: a
//! payment never gives back more than it took. It knows nothing of Jangteo; any shop can be pointed at it.
//!
//! ```no_run
//! # async fn example() -> Result<(), sandbox::SandboxError> {
//! let sandbox = sandbox::Sandbox::start(sandbox::Settings::demo(([127, 0, 0, 1], 0).into())).await?;
//! println!("PortOne is at {}", sandbox.url("/portone"));
//! sandbox.stop().await
//! # }
//! ```
//!
//! # What is where
//!
//! | path | what |
//! | --- | --- |
//! | `/portone`, `/toss`, `/kakaopay` | the gateways' APIs: base URLs for a shop's settings |
//! | `/portone/v2/browser-sdk.js`, `/toss/v2/standard` | the scripts a shop's page loads |
//! | `/pay/{provider}/{reference}` | the payment page, for people |
//! | `/platform` | the data platform: takes CloudEvents, signed as Standard Webhooks |
//! | `/` | all payments, live |
//! | `/events` | all events that the data platform was given, live, and switches to break it |
//! | `/sandbox/…` | the [`control`] API, for tests |
//!
//! # How a call goes
//!
//! `portone`, `toss` and `kakaopay` each have the same files: `mod` with the routes and who may call them,
//! `api` with what the calls do, `window` with what the buyer does, `wire` with the JSON.
//!
//! A call is authenticated. It looks for its key (`idempotency`), then for a fault that was ordered for it
//! (`faults`), then does its work: a change of the `ledger`, within `books`, which writes the state file.
//! `play` is that order of things, in one place. `webhook` signs and delivers what the change announced.
//!
//! # What is not played
//!
//! Virtual accounts, billing keys, PortOne's manual approval and its access tokens, KakaoPay's
//! subscriptions. Webhooks that wait for another try are forgotten when the sandbox stops.

mod books;
mod buyer;
mod clock;
pub mod control;
mod faults;
mod hold;
mod idempotency;
mod kakaopay;
mod ledger;
mod line;
mod page;
mod platform;
mod play;
mod portone;
mod reply;
mod settings;
mod sign;
mod start;
mod toss;
mod webhook;
mod world;

pub use clock::Clock;
pub use faults::{Fault, Step};
pub use ledger::{CancelState, CanceledBy, Provider, Status};
pub use settings::{
    ChannelType, KakaoPaySettings, PlatformSettings, PortOneSettings, Settings, TossSettings,
};
pub use sign::{BadSecret, WebhookSecret};
pub use start::{Sandbox, SandboxError};
