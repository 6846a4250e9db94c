//! One window that was opened for a payment, and the money that was taken through it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Cancel, CancelState};

/// Where an attempt stands. Each gateway has its own words for these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// The window was made, and nobody has looked at it.
    Ready,
    /// The buyer has the window before them.
    Opened,
    /// The buyer has agreed; the shop has yet to ask for the money. PortOne takes it at once.
    Authenticated,
    Paid,
    PartCanceled,
    Canceled,
    Declined,
    /// The buyer has closed the window.
    Quit,
    /// Only Toss has a word for it; the others leave such an attempt as it was.
    Expired,
}

/// An attempt to pay.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// The gateway's name for it: PortOne's transactionId, Toss's paymentKey, KakaoPay's tid.
    pub reference: String,
    pub status: Status,
    pub order_name: String,
    /// In whole units of the currency, which for won is won.
    pub total: i64,
    pub currency: String,
    pub opened_at: DateTime<Utc>,
    /// From then on the next step comes too late.
    pub due: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    pub approved_at: Option<DateTime<Utc>>,
    pub failure: Option<Failure>,
    /// How often money was taken through it: the rules let it be once.
    pub approvals: u32,
    pub cancels: Vec<Cancel>,
    pub return_urls: ReturnUrls,
    pub particulars: Particulars,
}

/// What a window is opened with.
#[derive(Clone, Debug)]
pub struct Opening {
    pub reference: String,
    pub order_name: String,
    pub total: i64,
    pub currency: String,
    pub return_urls: ReturnUrls,
    pub particulars: Particulars,
}

/// Why an attempt took no money.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub code: String,
    pub message: String,
}

/// Where the window leads, before the gateway adds its parameters.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReturnUrls {
    pub success: String,
    pub fail: String,
    pub close: String,
}

/// What only some gateways ask for and give back.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Particulars {
    /// KakaoPay's partner_user_id, Toss's customerKey.
    pub buyer: Option<String>,
    /// PortOne's customer, an object.
    pub customer: Value,
    /// PortOne's customData, Toss's metadata.
    pub custom: Value,
    pub tax_free: i64,
    pub vat: Option<i64>,
    pub quantity: Option<i64>,
    pub item_code: Option<String>,
    /// Where PortOne's webhooks of this payment go.
    pub notice_urls: Vec<String>,
    /// Toss: opened by the widgets, not by the plain window.
    pub widget: bool,
    /// KakaoPay's pg_token, once there is one.
    pub token: Option<String>,
    /// KakaoPay's aid of the approval.
    pub approval_id: Option<String>,
}

/// Why the next step cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepRefusal {
    NotAuthenticated,
    TooLate,
    AlreadyPaid,
    /// Declined or closed before.
    Ended,
}

impl Failure {
    pub fn new(code: &str, message: &str) -> Self {
        Self {
            code: code.to_owned(),
            message: message.to_owned(),
        }
    }
}

impl Attempt {
    pub fn open(opening: Opening, now: DateTime<Utc>, due: DateTime<Utc>) -> Self {
        Self {
            reference: opening.reference,
            status: Status::Ready,
            order_name: opening.order_name,
            total: opening.total,
            currency: opening.currency,
            opened_at: now,
            due,
            changed_at: now,
            approved_at: None,
            failure: None,
            approvals: 0,
            cancels: Vec::new(),
            return_urls: opening.return_urls,
            particulars: opening.particulars,
        }
    }

    /// Whether money was taken, given back since or not.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.approvals > 0
    }

    /// Whether the buyer or the shop may still do something to pay.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(
            self.status,
            Status::Ready | Status::Opened | Status::Authenticated
        )
    }

    /// Whether the next step would come too late.
    #[must_use]
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.is_open() && self.due <= now
    }

    /// The buyer looks at the window.
    pub fn look_at(&mut self, now: DateTime<Utc>) {
        if self.status == Status::Ready && !self.is_overdue(now) {
            self.turn(Status::Opened, now);
        }
    }

    /// The buyer agrees. The shop has until `due` to ask for the money.
    pub fn authenticate(
        &mut self,
        now: DateTime<Utc>,
        due: DateTime<Utc>,
    ) -> Result<(), StepRefusal> {
        self.check_open(now)?;
        self.due = due;
        self.turn(Status::Authenticated, now);
        Ok(())
    }

    /// The money is taken.
    pub fn take(&mut self, now: DateTime<Utc>) -> Result<(), StepRefusal> {
        self.check_authenticated(now)?;
        self.approvals += 1;
        self.approved_at = Some(now);
        self.turn(Status::Paid, now);
        Ok(())
    }

    /// Whether the money may be taken.
    pub fn check_authenticated(&self, now: DateTime<Utc>) -> Result<(), StepRefusal> {
        self.check_open(now)?;
        if self.status == Status::Authenticated {
            Ok(())
        } else {
            Err(StepRefusal::NotAuthenticated)
        }
    }

    /// It ends without money.
    pub fn fail(
        &mut self,
        status: Status,
        failure: Failure,
        now: DateTime<Utc>,
    ) -> Result<(), StepRefusal> {
        if self.is_taken() {
            return Err(StepRefusal::AlreadyPaid);
        }
        if !self.is_open() {
            return Err(StepRefusal::Ended);
        }
        self.failure = Some(failure);
        self.turn(status, now);
        Ok(())
    }

    /// Ends it if its time is over; gives whether that was so.
    pub fn expire(&mut self, now: DateTime<Utc>) -> bool {
        let is_overdue = self.is_overdue(now);
        if is_overdue {
            self.turn(Status::Expired, now);
        }
        is_overdue
    }

    fn check_open(&self, now: DateTime<Utc>) -> Result<(), StepRefusal> {
        if self.is_taken() {
            Err(StepRefusal::AlreadyPaid)
        } else if self.is_overdue(now) || self.status == Status::Expired {
            Err(StepRefusal::TooLate)
        } else if self.is_open() {
            Ok(())
        } else {
            Err(StepRefusal::Ended)
        }
    }

    pub(super) fn turn(&mut self, status: Status, now: DateTime<Utc>) {
        self.status = status;
        self.changed_at = now;
    }

    /// What was taken.
    #[must_use]
    pub fn paid(&self) -> i64 {
        i64::from(self.approvals) * self.total
    }

    /// What was given back.
    #[must_use]
    pub fn canceled(&self) -> i64 {
        self.sum_of(CancelState::Succeeded)
    }

    /// What may still be asked back.
    #[must_use]
    pub fn cancelable(&self) -> i64 {
        self.paid() - self.canceled() - self.sum_of(CancelState::Requested)
    }

    fn sum_of(&self, state: CancelState) -> i64 {
        let cancels = self.cancels.iter().filter(|cancel| cancel.state == state);
        cancels.map(|cancel| cancel.amount).sum()
    }
}
