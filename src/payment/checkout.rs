//! Beginning a payment: its order is placed, or its charge or gift written down, and its gateway is told.

use entity::{
    Won,
    id::MemberId,
    order::{self, OrderStatus},
    payment::{self, PaymentProvider, PaymentStatus},
    payment_event::PaymentEventKind,
};
use scoped_futures::ScopedFutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    NewPayment, PaymentFailure, confirmation, created,
    gateway::{Answer, Bill, Guarded, Prepared, Reason, ReasonKind, Window},
    inquiry::{self, bill, told_reason},
    rules::event,
    settlement::{Finding, Wish, settle},
    store,
};
use crate::{
    app::App,
    clock::new_id,
    db::Transaction,
    fault::{Failure, Fault, Outcome},
    order::{
        self as orders,
        placement::{self, Request},
    },
    point,
    rows::insert,
};

/// What a client opens a payment window with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    pub redirect_url: String,
    pub mobile_redirect_url: String,
    /// What the gateway's script is called with; `None` where the gateway has a page of its own.
    pub window: Option<Window>,
    /// Toss: the paymentKey that approval was last asked for with. Whose it is shows in the gateway's record alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_key: Option<String>,
}

impl Checkout {
    /// What a payment keeps of it, once it was prepared.
    pub fn of(payment: &payment::Model) -> Option<Self> {
        serde_json::from_value(payment.checkout.clone()?).ok()
    }

    /// The same with the paymentKey that approval is asked for with.
    pub fn asked_with(payment: &payment::Model, payment_key: &str) -> Option<serde_json::Value> {
        let asked = Self {
            payment_key: Some(payment_key.to_owned()),
            ..Self::of(payment)?
        };
        serde_json::to_value(&asked).ok()
    }

    /// The keys that a client's own script is called with: the client or channel key, and the store's id.
    pub fn client_side(&self) -> (Option<&str>, Option<&str>) {
        match &self.window {
            Some(Window::Toss { client_key, .. }) => (Some(client_key), None),
            Some(Window::PortOne {
                channel_key,
                store_id,
                ..
            }) => (Some(channel_key), Some(store_id)),
            None => (None, None),
        }
    }
}

/// Why an order was not placed.
#[derive(Debug)]
pub enum Refusal {
    Placement(placement::Refusal),
    /// The provider has no keys here, or does not answer at the moment. Nothing was taken.
    Unavailable,
    /// The provider would not begin. Nothing was taken.
    Declined(PaymentFailure),
    /// The payment of the order before is just being settled: come again.
    PaymentPending,
}

/// How often an order that waits for its payment is given up to make room for another: each time another may come
/// in between.
const ATTEMPTS_MAX: usize = 3;

/// Places an order. What is due at a gateway is asked of it afterwards, outside of any transaction; an order for
/// something else that waits for its payment is given up first.
pub async fn place(
    app: &App,
    member_id: MemberId,
    request: Request,
) -> Outcome<order::Model, Refusal> {
    if let Some(gateway) = request.gateway
        && !app.payments.offers(gateway.provider, app.clock.now())
        && !is_placed(app, member_id, &request.idempotency_key).await?
    {
        return Err(Failure::Refused(Refusal::Unavailable));
    }
    for _ in 0..ATTEMPTS_MAX {
        match app.placement.place(member_id, request.clone()).await {
            Ok(order) if order.status == OrderStatus::PendingPayment => {
                return prepare_order(app, order).await;
            }
            Err(Failure::Refused(placement::Refusal::PaymentPending(pending))) => {
                give_up(app, &pending).await?;
            }
            Ok(order)
                if order.status == OrderStatus::Canceled && !has_begun(app, &order).await? =>
            {
                return Err(Failure::Refused(Refusal::Unavailable));
            }
            outcome => return outcome.map_err(|failure| failure.map_refusal(Refusal::Placement)),
        }
    }
    Err(Failure::Refused(Refusal::PaymentPending))
}

/// Whether the key has its order already: a retry is answered whatever its gateway does.
async fn is_placed(app: &App, member_id: MemberId, key: &str) -> Result<bool, Fault> {
    Ok(orders::store::has_key(app.db.writer(), member_id, key).await?)
}

/// Whether the order's payment came as far as its gateway: if not, the key that asked for it gets its refusal again.
async fn has_begun(app: &App, order: &order::Model) -> Result<bool, Fault> {
    let payments = store::by_orders(app.db.writer(), &[order.id]).await?;
    Ok(!payments.iter().any(is_stillborn))
}

/// Gives up an order that waits for its payment, unless that is just being settled.
async fn give_up(app: &App, pending: &order::Model) -> Outcome<(), Refusal> {
    let payments = store::by_orders(app.db.writer(), &[pending.id]).await?;
    for payment in payments {
        let payment = confirmation::supersede(app, payment)
            .await
            .map_err(|failure| failure.map_refusal(|_| Refusal::PaymentPending))?;
        if payment.status == PaymentStatus::Ready {
            return Err(Failure::Refused(Refusal::PaymentPending));
        }
    }
    Ok(())
}

async fn prepare_order(app: &App, order: order::Model) -> Outcome<order::Model, Refusal> {
    let payments = store::by_orders(app.db.writer(), &[order.id]).await?;
    for payment in payments {
        prepare(app, &payment).await?;
    }
    // As it is by now: somebody may have paid it, or given it up.
    let order = orders::store::by_ids(app.db.writer(), &[order.id])
        .await?
        .pop();
    Ok(order.ok_or_else(|| Fault::internal("an order vanished"))?)
}

/// Begins a payment that was just written down, or once more one that was before: the key that asked for one that did not
/// come as far as its gateway gets its refusal again.
pub async fn begin(app: &App, payment: &payment::Model) -> Outcome<payment::Model, Refusal> {
    if is_stillborn(payment) {
        return Err(Failure::Refused(Refusal::Unavailable));
    }
    prepare(app, payment).await
}

fn is_stillborn(payment: &payment::Model) -> bool {
    PaymentFailure::of(payment) == Some(PaymentFailure::NotBegun)
}

/// Tells the gateway of a payment, once. What it will not begin ends: nothing can have been taken yet.
async fn prepare(app: &App, payment: &payment::Model) -> Outcome<payment::Model, Refusal> {
    if payment.checkout.is_some() || payment.status != PaymentStatus::Ready {
        return Ok(payment.clone());
    }
    let gateway = app
        .payments
        .gateways
        .get(payment.provider)
        .ok_or(Failure::Refused(Refusal::Unavailable))?;
    let bill = bill(payment);
    if gateway.is_probed() && !is_back(app, gateway, &bill).await {
        let out_of_order = Reason::new("OUT_OF_ORDER", "It does not answer.", ReasonKind::Gateway);
        end(app, payment, &out_of_order).await?;
        return Err(Failure::Refused(Refusal::Unavailable));
    }
    match gateway.prepare(&bill).await {
        Answer::Approved(prepared) => Ok(keep(app, payment, prepared).await?),
        Answer::Declined(reason) => {
            end(app, payment, &reason).await?;
            let why = PaymentFailure::in_words(&reason.message);
            Err(Failure::Refused(Refusal::Declined(why)))
        }
        Answer::Unknown(reason) => {
            end(app, payment, &reason).await?;
            Err(Failure::Refused(Refusal::Unavailable))
        }
    }
}

/// Finds out, for all who come after, whether a gateway is back that was out of order. It is asked for a record, because
/// not every gateway is told of a payment beforehand.
async fn is_back(app: &App, gateway: &Guarded, bill: &Bill) -> bool {
    gateway.admits(app.clock.now()) && !matches!(gateway.look_up(bill).await, Answer::Unknown(_))
}

/// Keeps what the client needs. Where two have prepared at once, the first one's stays: its window may be open.
async fn keep(
    app: &App,
    payment: &payment::Model,
    prepared: Prepared,
) -> Result<payment::Model, Fault> {
    let checkout = app.payments.checkout(payment, &prepared);
    inquiry::change(app, payment.id, |payment, now| {
        if payment.checkout.is_some() || payment.status != PaymentStatus::Ready {
            return Vec::new();
        }
        payment.checkout = serde_json::to_value(&checkout).ok();
        payment.reference.clone_from(&prepared.reference);
        vec![event(
            payment,
            PaymentEventKind::Prepared,
            json!({ "answer": "READY" }),
            now,
        )]
    })
    .await
}

async fn end(app: &App, payment: &payment::Model, reason: &Reason) -> Result<(), Fault> {
    tracing::warn!(payment = %payment.id, code = reason.code, message = reason.message, "a payment could not begin");
    let payment = inquiry::change(app, payment.id, |payment, now| {
        let detail = told_reason("REFUSED", reason);
        vec![event(payment, PaymentEventKind::Prepared, detail, now)]
    })
    .await?;
    if payment.checkout.is_some() {
        // Somebody else has prepared it meanwhile: its window may be open.
        return Ok(());
    }
    let wish = Wish::Decline(PaymentFailure::NotBegun);
    settle(app, payment.id, &Finding::Unheard, &wish).await?;
    Ok(())
}

/// A wish to charge points through a gateway.
#[derive(Clone, Debug)]
pub struct Charge {
    pub member_id: MemberId,
    pub amount: Won,
    pub provider: PaymentProvider,
    /// The client's key: the same key charges once.
    pub idempotency_key: String,
}

/// Why a charge did not begin.
#[derive(Debug)]
pub enum ChargeRefusal {
    Limit(point::ChargeRefusal),
    /// The key was used for another charge.
    KeyReused,
    Checkout(Refusal),
}

/// What the window shows for a charge.
const CHARGE_NAME: &str = "포인트 충전";

/// Begins to charge points: they are credited when the gateway has taken the money. The same key again gives the
/// same payment.
pub async fn charge(app: &App, charge: &Charge) -> Outcome<payment::Model, ChargeRefusal> {
    let begun = app
        .db
        .transaction(|tx| charge_in(app, tx, charge).scope_boxed())
        .await?;
    prepare(app, &begun)
        .await
        .map_err(|failure| failure.map_refusal(ChargeRefusal::Checkout))
}

async fn charge_in(
    app: &App,
    tx: &Transaction,
    charge: &Charge,
) -> Outcome<payment::Model, ChargeRefusal> {
    // The purse's row is the lock of its member's keys.
    let now = app.clock.now();
    let purse = point::lock_purse(tx, charge.member_id, now).await?;
    let key = &charge.idempotency_key;
    if let Some(earlier) = store::by_charge_key(tx, charge.member_id, key).await? {
        let is_same = earlier.amount == charge.amount && earlier.provider == charge.provider;
        return if is_same {
            Ok(earlier)
        } else {
            Err(Failure::Refused(ChargeRefusal::KeyReused))
        };
    }
    if point::store::entry_by_key(tx, purse.id, key)
        .await?
        .is_some()
    {
        return Err(Failure::Refused(ChargeRefusal::KeyReused));
    }
    if !app.payments.offers(charge.provider, now) {
        return Err(Failure::Refused(ChargeRefusal::Checkout(
            Refusal::Unavailable,
        )));
    }
    point::check_charge(app, &purse, charge.amount)
        .map_err(|refusal| Failure::Refused(ChargeRefusal::Limit(refusal)))?;
    let new = NewPayment {
        member_id: charge.member_id,
        order_id: None,
        gift_id: None,
        provider: charge.provider,
        order_name: CHARGE_NAME.into(),
        amount: charge.amount,
        charge_key: Some(key.clone()),
        is_from_cart: false,
        within: app.limits.payment_within,
    };
    let (payment, event) = created(new, new_id(now, &mut rand::rng()), now);
    insert(tx, std::slice::from_ref(&payment)).await?;
    insert(tx, &[event]).await?;
    Ok(payment)
}

/// The member's order that waits for its payment.
pub async fn pending_order(app: &App, member_id: MemberId) -> Result<Option<order::Model>, Fault> {
    Ok(orders::store::pending_of(app.db.reader(), member_id).await?)
}
