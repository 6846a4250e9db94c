//! Faults: ordered beforehand, met once or more by the calls they are for.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::{
    buyer::TOTAL_MAX,
    hold::hold,
    ledger::{Failure, Provider},
};

/// Where a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// PortOne's pre-register, KakaoPay's ready.
    Prepare,
    /// Toss's confirm, KakaoPay's approve. PortOne has none: its window takes the money.
    Approve,
    LookUp,
    Cancel,
    /// What the buyer does: opening PortOne's or Toss's window, and the button that agrees.
    Window,
    Webhook,
}

/// What goes wrong. Times in milliseconds are real ones, whatever the sandbox's clock does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// The payment is declined with this code of the gateway's.
    Decline {
        code: String,
        message: Option<String>,
    },
    /// The call is answered with this error and nothing has happened.
    ErrorBefore { status: u16, code: String },
    /// The call has its effect and is answered with this error all the same.
    ErrorAfter { status: u16, code: String },
    /// Nothing happens for so long; for a caller who hangs up meanwhile nothing ever will.
    HangBefore { ms: u64 },
    /// The call has its effect, and the answer comes so much later.
    HangAfter { ms: u64 },
    /// The connection ends without an answer and nothing has happened.
    DropBefore,
    /// The call has its effect, and the connection ends without an answer.
    DropAfter,
    /// The total is another by so much: the record's where a window is opened, else the answer's alone.
    TamperAmount { by: i64 },
    /// As [`Fault::TamperAmount`], with US dollars for won.
    TamperCurrency,
    /// The answer is about a payment of another shop.
    OtherMerchant,
    /// The answer has a status that no documentation tells of.
    UnknownStatus,
    /// The answer is 200 and no JSON.
    Garbage,
    /// The refusal of a gateway that has not yet settled what it took.
    NotCancelableYet,
    /// PortOne takes note of the cancel; the money goes back so much later.
    CancelRequested { ms: u64 },
    /// PortOne answers 200 with a cancellation that failed.
    CancelFailedIn200,
    /// The webhook is not sent.
    Never,
    /// So many more copies are sent, all at once; a thousand at most.
    Duplicate { n: u32 },
    /// The webhook is delivered before the answer or redirect that it belongs to goes out.
    Early,
    /// It is sent so much later.
    Late { ms: u64 },
    /// It comes from someone who has not the secret; from Toss, who signs nothing, with a status that is not
    /// so.
    Forged,
    /// It is signed well, ten minutes ago.
    Stale,
    /// It was changed on its way.
    Tampered,
    /// It is of a type that no documentation tells of.
    UnknownType,
}

/// A fault and what it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultOrder {
    pub provider: Provider,
    pub on: Step,
    /// The shop's name of the one payment it is for; `None` for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How many calls meet it.
    #[serde(default = "once")]
    pub times: u32,
    pub fault: Fault,
}

const fn once() -> u32 {
    1
}

/// How an answer departs from the record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disguise {
    pub total_by: i64,
    pub other_currency: bool,
    pub other_merchant: bool,
    pub unknown_status: bool,
}

/// The currency of a tampered record.
pub const OTHER_CURRENCY: &str = "USD";
/// A status that no documentation tells of.
pub const UNKNOWN_STATUS: &str = "SANDBOX_UNHEARD_OF";

impl FaultOrder {
    /// Whether the gateway can go wrong in this way there: an order that could never be met is a mistake.
    #[must_use]
    pub fn can_be_met(&self) -> bool {
        use Provider::{KakaoPay, PortOne, Toss};
        let (provider, on) = (self.provider, self.on);
        if matches!(
            (provider, on),
            (PortOne, Step::Approve) | (Toss, Step::Prepare) | (KakaoPay, Step::Webhook)
        ) {
            return false;
        }
        let is_call = !matches!(on, Step::Window | Step::Webhook);
        let is_record = matches!(on, Step::Approve | Step::LookUp);
        let is_opening = match provider {
            PortOne | Toss => on == Step::Window,
            KakaoPay => on == Step::Prepare,
        };
        match self.fault {
            Fault::Decline { .. } => matches!(on, Step::Window | Step::Approve),
            Fault::ErrorBefore { .. }
            | Fault::ErrorAfter { .. }
            | Fault::HangBefore { .. }
            | Fault::HangAfter { .. }
            | Fault::DropBefore
            | Fault::DropAfter
            | Fault::Garbage => is_call,
            Fault::TamperAmount { by } => {
                by.unsigned_abs() <= TOTAL_MAX.unsigned_abs() && (is_record || is_opening)
            }
            Fault::TamperCurrency => provider != KakaoPay && (is_record || is_opening),
            Fault::OtherMerchant => is_record,
            // KakaoPay's answer to approve has no status.
            Fault::UnknownStatus => {
                is_record && (provider, on) != (KakaoPay, Step::Approve) || is_cancel_record(self)
            }
            Fault::NotCancelableYet => on == Step::Cancel,
            Fault::CancelRequested { .. } | Fault::CancelFailedIn200 => {
                (provider, on) == (PortOne, Step::Cancel)
            }
            Fault::Never
            | Fault::Duplicate { .. }
            | Fault::Early
            | Fault::Late { .. }
            | Fault::Forged
            | Fault::Stale
            | Fault::Tampered
            | Fault::UnknownType => on == Step::Webhook,
        }
    }
}

/// Toss and KakaoPay answer a cancel with the payment's status.
fn is_cancel_record(order: &FaultOrder) -> bool {
    order.on == Step::Cancel && order.provider != Provider::PortOne
}

impl Fault {
    /// What it does to the record that an answer shows.
    pub(crate) fn disguise(fault: Option<&Self>) -> Disguise {
        Disguise {
            total_by: match fault {
                Some(Self::TamperAmount { by }) => *by,
                _ => 0,
            },
            other_currency: fault == Some(&Self::TamperCurrency),
            other_merchant: fault == Some(&Self::OtherMerchant),
            unknown_status: fault == Some(&Self::UnknownStatus),
        }
    }
}

impl Fault {
    /// Why the payment is declined, if that is the fault.
    pub(crate) fn failure(&self) -> Option<Failure> {
        match self {
            Self::Decline { code, message } => {
                Some(Failure::new(code, message.as_deref().unwrap_or(code)))
            }
            _ => None,
        }
    }
}

/// The faults that wait.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<FaultOrder>>);

impl Faults {
    pub fn order(&self, order: FaultOrder) {
        self.with(|orders| orders.push(order));
    }

    pub fn all(&self) -> Vec<FaultOrder> {
        self.with(|orders| orders.clone())
    }

    pub fn clear(&self) {
        self.with(Vec::clear);
    }

    /// The first that waits for this step of this payment, which has then met one call more.
    pub fn meet(&self, provider: Provider, on: Step, id: Option<&str>) -> Option<Fault> {
        self.meet_if(provider, on, id, |_| true)
    }

    /// As [`Faults::meet`], among those that the moment has a use for.
    pub fn meet_if(
        &self,
        provider: Provider,
        on: Step,
        id: Option<&str>,
        fits: impl Fn(&Fault) -> bool,
    ) -> Option<Fault> {
        self.with(|orders| {
            let order = orders.iter_mut().find(|order| {
                order.times > 0
                    && (order.provider, order.on) == (provider, on)
                    && (order.id.is_none() || order.id.as_deref() == id)
                    && fits(&order.fault)
            })?;
            order.times -= 1;
            let fault = order.fault.clone();
            orders.retain(|order| order.times > 0);
            Some(fault)
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Vec<FaultOrder>) -> T) -> T {
        work(&mut hold(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(provider: Provider, on: Step, fault: Fault) -> FaultOrder {
        FaultOrder {
            provider,
            on,
            id: None,
            times: 1,
            fault,
        }
    }

    #[test]
    fn a_fault_is_met_as_often_as_ordered_by_the_payment_it_is_for() {
        let faults = Faults::default();
        faults.order(FaultOrder {
            id: Some("a".to_owned()),
            times: 2,
            ..order(Provider::Toss, Step::Approve, Fault::DropAfter)
        });
        let meet = |id| faults.meet(Provider::Toss, Step::Approve, Some(id));
        assert_eq!(meet("b"), None);
        assert_eq!(meet("a"), Some(Fault::DropAfter));
        assert_eq!(meet("a"), Some(Fault::DropAfter));
        assert_eq!(meet("a"), None);
        assert!(faults.all().is_empty());
    }

    #[test]
    fn an_order_that_could_never_be_met_is_known_for_one() {
        use Provider::{KakaoPay, PortOne, Toss};
        let cannot = [
            order(KakaoPay, Step::Webhook, Fault::Never),
            order(PortOne, Step::Approve, Fault::Garbage),
            order(Toss, Step::Prepare, Fault::Garbage),
            order(KakaoPay, Step::LookUp, Fault::TamperCurrency),
            order(Toss, Step::Cancel, Fault::CancelFailedIn200),
            order(Toss, Step::Approve, Fault::Late { ms: 1 }),
            order(Toss, Step::LookUp, Fault::TamperAmount { by: i64::MIN }),
        ];
        for order in cannot {
            assert!(!order.can_be_met(), "{order:?}");
        }
        let can = [
            order(PortOne, Step::Prepare, Fault::Garbage),
            order(PortOne, Step::Window, Fault::TamperAmount { by: -1 }),
            order(KakaoPay, Step::Cancel, Fault::UnknownStatus),
            order(Toss, Step::Webhook, Fault::Forged),
        ];
        for order in can {
            assert!(order.can_be_met(), "{order:?}");
        }
    }
}
