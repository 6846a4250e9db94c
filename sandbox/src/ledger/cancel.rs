//! Giving money back: never more than was taken.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Attempt, Status};

/// Who asked for money back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CanceledBy {
    /// The shop's program.
    Api,
    /// The shop's people, in the gateway's own console.
    Console,
}

/// How far a cancel has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CancelState {
    Succeeded,
    /// Taken note of; the money goes back later.
    Requested,
    Failed,
}

/// A cancel, of all or of a part.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cancel {
    pub id: String,
    pub amount: i64,
    pub reason: String,
    pub by: CanceledBy,
    pub idempotency_key: Option<String>,
    pub state: CancelState,
    pub requested_at: DateTime<Utc>,
    /// When the money went back, or is to go.
    pub done_at: Option<DateTime<Utc>>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct CancelWish {
    /// `None` for all that is left.
    pub amount: Option<i64>,
    /// What the asker believes is left; a difference is a refusal.
    pub guard: Option<i64>,
    pub reason: String,
    pub by: CanceledBy,
    pub idempotency_key: Option<String>,
    pub state: CancelState,
    pub done_at: Option<DateTime<Utc>>,
}

/// Why no money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelRefusal {
    NotPaid,
    NothingLeft,
    NotPositive,
    GuardDiffers { cancelable: i64 },
    Exceeds { cancelable: i64 },
}

impl Attempt {
    /// Gives money back, or takes note that it is to go back.
    pub fn cancel(
        &mut self,
        wish: CancelWish,
        id: String,
        now: DateTime<Utc>,
    ) -> Result<Cancel, CancelRefusal> {
        let cancelable = self.cancelable();
        if !self.is_taken() {
            return Err(CancelRefusal::NotPaid);
        }
        if cancelable == 0 {
            return Err(CancelRefusal::NothingLeft);
        }
        if wish.guard.is_some_and(|guard| guard != cancelable) {
            return Err(CancelRefusal::GuardDiffers { cancelable });
        }
        let amount = wish.amount.unwrap_or(cancelable);
        if amount <= 0 {
            return Err(CancelRefusal::NotPositive);
        }
        if amount > cancelable {
            return Err(CancelRefusal::Exceeds { cancelable });
        }
        let cancel = Cancel {
            id,
            amount,
            reason: wish.reason,
            by: wish.by,
            idempotency_key: wish.idempotency_key,
            state: wish.state,
            requested_at: now,
            done_at: wish.done_at,
        };
        self.cancels.push(cancel.clone());
        self.follow_cancels(now);
        Ok(cancel)
    }

    /// The requested cancels whose time has come succeed; gives them.
    pub fn complete_cancels(&mut self, now: DateTime<Utc>) -> Vec<Cancel> {
        let mut completed = Vec::new();
        for cancel in &mut self.cancels {
            let is_due = cancel.done_at.is_some_and(|at| at <= now);
            if cancel.state == CancelState::Requested && is_due {
                cancel.state = CancelState::Succeeded;
                completed.push(cancel.clone());
            }
        }
        if !completed.is_empty() {
            self.follow_cancels(now);
        }
        completed
    }

    fn follow_cancels(&mut self, now: DateTime<Utc>) {
        let canceled = self.canceled();
        if canceled == self.paid() {
            self.turn(Status::Canceled, now);
        } else if canceled > 0 {
            self.turn(Status::PartCanceled, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use serde_json::json;

    use super::*;
    use crate::ledger::{Opening, Particulars, ReturnUrls};

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn wish(amount: i64) -> CancelWish {
        CancelWish {
            amount: Some(amount),
            guard: None,
            reason: "no longer wanted".to_owned(),
            by: CanceledBy::Api,
            idempotency_key: None,
            state: CancelState::Succeeded,
            done_at: Some(now()),
        }
    }

    fn paid(total: i64) -> Attempt {
        let url = "http://127.0.0.1/".to_owned();
        let opening = Opening {
            reference: "r".to_owned(),
            order_name: "Pen".to_owned(),
            total,
            currency: "KRW".to_owned(),
            return_urls: ReturnUrls {
                success: url.clone(),
                fail: url.clone(),
                close: url,
            },
            particulars: Particulars {
                custom: json!({}),
                ..Particulars::default()
            },
        };
        let due = now() + TimeDelta::minutes(30);
        let mut attempt = Attempt::open(opening, now(), due);
        attempt.authenticate(now(), due).unwrap();
        attempt.take(now()).unwrap();
        attempt
    }

    #[test]
    fn parts_are_given_back_until_nothing_is_left() {
        let mut attempt = paid(1000);
        attempt.cancel(wish(300), "1".to_owned(), now()).unwrap();
        assert_eq!(attempt.status, Status::PartCanceled);
        let over = attempt.cancel(wish(701), "2".to_owned(), now());
        assert_eq!(
            over.unwrap_err(),
            CancelRefusal::Exceeds { cancelable: 700 }
        );
        attempt.cancel(wish(700), "3".to_owned(), now()).unwrap();
        assert_eq!(attempt.status, Status::Canceled);
        let again = attempt.cancel(wish(1), "4".to_owned(), now());
        assert_eq!(again.unwrap_err(), CancelRefusal::NothingLeft);
        assert_eq!((attempt.paid(), attempt.canceled()), (1000, 1000));
    }

    #[test]
    fn a_guard_that_differs_is_a_refusal() {
        let mut attempt = paid(1000);
        let guarded = CancelWish {
            guard: Some(900),
            ..wish(100)
        };
        assert_eq!(
            attempt.cancel(guarded, "1".to_owned(), now()).unwrap_err(),
            CancelRefusal::GuardDiffers { cancelable: 1000 }
        );
        assert_eq!(
            attempt.cancel(wish(0), "1".to_owned(), now()).unwrap_err(),
            CancelRefusal::NotPositive
        );
        assert!(attempt.cancels.is_empty());
    }

    #[test]
    fn a_requested_cancel_holds_its_money_until_it_is_done() {
        let mut attempt = paid(1000);
        let later = now() + TimeDelta::seconds(1);
        let requested = CancelWish {
            state: CancelState::Requested,
            done_at: Some(later),
            ..wish(600)
        };
        attempt.cancel(requested, "1".to_owned(), now()).unwrap();
        assert_eq!((attempt.canceled(), attempt.cancelable()), (0, 400));
        assert_eq!(attempt.status, Status::Paid);
        assert!(attempt.complete_cancels(now()).is_empty());
        assert_eq!(attempt.complete_cancels(later).len(), 1);
        assert_eq!((attempt.canceled(), attempt.cancelable()), (600, 400));
        assert_eq!(attempt.status, Status::PartCanceled);
    }

    #[test]
    fn money_is_taken_once() {
        let mut attempt = paid(1000);
        assert!(attempt.take(now()).is_err());
        assert_eq!(attempt.paid(), 1000);
    }
}
