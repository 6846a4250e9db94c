//! What every part of a sandbox shares, and the deadlines that fall due by themselves.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    books::Books,
    clock::Clock,
    faults::Faults,
    ledger::{Attempt, CancelState, Ledger, Payment, Provider},
    platform::Platform,
    portone,
    settings::Settings,
    sign::WebhookSecret,
    toss,
    webhook::Post,
};

/// A running sandbox, for its handlers and its tasks.
#[derive(Debug)]
pub struct World {
    pub settings: Settings,
    /// `http://127.0.0.1:PORT`.
    pub origin: String,
    pub clock: Clock,
    pub books: Books,
    pub faults: Faults,
    pub post: Post,
    pub webhook_secret: WebhookSecret,
    pub platform: Platform,
    /// Webhooks under way and deadlines to come.
    pub tasks: TaskTracker,
    pub stopping: CancellationToken,
}

impl World {
    /// The payment page of an attempt.
    pub fn page_url(&self, provider: Provider, reference: &str) -> String {
        format!("{}/pay/{}/{reference}", self.origin, provider.slug())
    }

    /// The shop's name for the payment that an attempt of this reference belongs to.
    pub fn owner(&self, provider: Provider, reference: &str) -> Option<String> {
        self.books.with(|books| {
            let (payment, _) = books.ledger.attempt(provider, reference)?;
            Some(payment.id.clone())
        })
    }

    /// Does something beside the requests, for as long as the sandbox runs.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stopping = self.stopping.clone();
        self.tasks.spawn(async move {
            _ = stopping.run_until_cancelled_owned(task).await;
        });
    }

    /// Looks at an attempt again when the clock shows that time.
    pub fn remind(self: &Arc<Self>, provider: Provider, reference: &str, at: DateTime<Utc>) {
        let (world, reference) = (self.clone(), reference.to_owned());
        self.spawn(async move {
            world.clock.until(at).await;
            match provider {
                Provider::PortOne => portone::fall_due(&world, &reference),
                Provider::Toss => toss::fall_due(&world, &reference),
                Provider::KakaoPay => {}
            }
        });
    }

    /// Sets the reminders anew, after a restart.
    pub fn remind_of_all(self: &Arc<Self>) {
        for (provider, reference, at) in self.books.with(|books| deadlines(&books.ledger)) {
            self.remind(provider, &reference, at);
        }
    }
}

fn deadlines(ledger: &Ledger) -> Vec<(Provider, String, DateTime<Utc>)> {
    let of_attempt = |payment: &Payment, attempt: &Attempt| {
        let open = attempt.is_open().then_some(attempt.due);
        let requested = attempt
            .cancels
            .iter()
            .filter(|cancel| cancel.state == CancelState::Requested)
            .filter_map(|cancel| cancel.done_at);
        let times: Vec<_> = open.into_iter().chain(requested).collect();
        let (provider, reference) = (payment.provider, attempt.reference.clone());
        times
            .into_iter()
            .map(move |at| (provider, reference.clone(), at))
    };
    ledger
        .payments()
        .flat_map(|payment| {
            let attempts = payment.attempts.iter();
            attempts.flat_map(move |attempt| of_attempt(payment, attempt))
        })
        .collect()
}

/// Thirty-two hexadecimal digits that nothing else has.
pub fn new_name() -> String {
    Uuid::new_v4().simple().to_string()
}
