use std::collections::HashMap;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject, dataloader::Loader};
use chrono::{DateTime, Utc};
use entity::{
    id::{OrderId, PaymentId},
    payment,
};

use super::{
    PaymentFailure,
    checkout::{self, Checkout},
    confirmation::{self, Asker, Refusal},
    gateway::Proof,
    store,
};
use crate::{
    fault::{Failure, Fault},
    gift::graphql::{Gift, shown},
    graphql::{
        ApiError, AppContext, IdArgument, InputError, UserError, UserErrorCode, language,
        loader::{Reader, grouped, keyed},
        settle,
        won::Won,
    },
    order::graphql::Order,
    text::message,
};

/// How to pay.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum PaymentProvider {
    /// With points.
    Point,
    /// Through PortOne.
    #[graphql(name = "PORTONE")]
    PortOne,
    /// Through Toss Payments.
    Toss,
    /// Through KakaoPay.
    #[graphql(name = "KAKAOPAY")]
    KakaoPay,
}

impl PaymentProvider {
    /// The gateway that it is, if it is one.
    pub const fn gateway(self) -> Option<payment::PaymentProvider> {
        match self {
            Self::Point => None,
            Self::PortOne => Some(payment::PaymentProvider::PortOne),
            Self::Toss => Some(payment::PaymentProvider::Toss),
            Self::KakaoPay => Some(payment::PaymentProvider::KakaoPay),
        }
    }
}

impl From<payment::PaymentProvider> for PaymentProvider {
    fn from(provider: payment::PaymentProvider) -> Self {
        match provider {
            payment::PaymentProvider::PortOne => Self::PortOne,
            payment::PaymentProvider::Toss => Self::Toss,
            payment::PaymentProvider::KakaoPay => Self::KakaoPay,
        }
    }
}

/// Where a payment stands.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "payment::PaymentStatus")]
pub enum PaymentStatus {
    /// The member may pay, or is just paying: an answer of the gateway that is not certain yet is settled by
    /// asking it again.
    Ready,
    /// The gateway took the money.
    Paid,
    /// It has given some of it back.
    PartiallyCanceled,
    /// It has given all of it back.
    Canceled,
    /// It declined, or the member gave up. Nothing was taken.
    Failed,
    /// It was not made in time. Nothing was taken.
    Expired,
}

/// A payment through a gateway.
#[derive(Clone)]
pub struct Payment(pub payment::Model);

/// What a client needs to open a payment window.
#[derive(SimpleObject)]
pub struct PaymentCheckout {
    /// Toss: the client key of its script; PortOne: the channel key.
    client_key: Option<String>,
    /// PortOne: the store id.
    store_id: Option<String>,
    /// Where to send a browser: KakaoPay's page, or a page of the shop that opens the window of Toss or PortOne.
    redirect_url: Option<String>,
    /// The same for a browser on a phone.
    mobile_redirect_url: Option<String>,
    /// What the window shows.
    order_name: String,
    /// What is to be paid there.
    amount: Won,
    /// Until when.
    expires_at: DateTime<Utc>,
}

/// A payment through a gateway.
#[Object]
impl Payment {
    /// Begins with `payment_`. It is also the payment's name at its gateway: PortOne's paymentId, Toss's orderId,
    /// KakaoPay's partner_order_id.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Who takes the money.
    async fn provider(&self) -> PaymentProvider {
        self.0.provider.into()
    }

    /// Where it stands.
    async fn status(&self) -> PaymentStatus {
        self.0.status.into()
    }

    /// What is to be taken.
    async fn amount(&self) -> Won {
        self.0.amount.into()
    }

    /// What the gateway has given back.
    async fn refunded(&self) -> Won {
        self.0.refunded.into()
    }

    /// What the client needs to open the provider's window; null unless READY.
    async fn checkout(&self) -> Option<PaymentCheckout> {
        let payment = &self.0;
        if payment.status != payment::PaymentStatus::Ready {
            return None;
        }
        let checkout = Checkout::of(payment)?;
        let (client_key, store_id) = checkout.client_side();
        Some(PaymentCheckout {
            client_key: client_key.map(ToOwned::to_owned),
            store_id: store_id.map(ToOwned::to_owned),
            redirect_url: Some(checkout.redirect_url.clone()),
            mobile_redirect_url: Some(checkout.mobile_redirect_url.clone()),
            order_name: payment.order_name.clone(),
            amount: payment.amount.into(),
            expires_at: payment.expires_at,
        })
    }

    /// The gift that it bought; null unless it is for one, and until that is delivered.
    async fn gift(&self, ctx: &Context<'_>) -> Result<Option<Gift>, ApiError> {
        match self.0.gift_id {
            Some(gift_id) => Ok(ctx.loaders().load_one(gift_id).await?),
            None => Ok(None),
        }
    }

    /// Why it failed, in words for the member; null if it did not.
    async fn failure(&self, ctx: &Context<'_>) -> Option<String> {
        let failure = PaymentFailure::of(&self.0)?;
        Some(failure.in_language(language(ctx)))
    }

    /// When it was begun.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When the money was taken; null if it was not.
    async fn paid_at(&self) -> Option<DateTime<Utc>> {
        self.0.paid_at
    }
}

/// Which payment, and what its window gave.
#[derive(InputObject)]
pub struct ConfirmPaymentInput {
    /// The payment; begins with `payment_`.
    payment_id: ID,
    /// Toss: the `paymentKey` that its window gave.
    payment_key: Option<String>,
    /// KakaoPay: the `pg_token` that its page gave.
    pg_token: Option<String>,
}

/// What confirming gives.
#[derive(SimpleObject)]
pub struct ConfirmPaymentPayload {
    /// The payment as it is now; null if there are user errors. READY means that the gateway's answer is not certain
    /// yet: it is asked until it is, and the order's events tell.
    payment: Option<Payment>,
    /// What it pays for, as it is now; null if it charges points or is for a gift, and if there are user errors.
    order: Option<Order>,
    /// What it was for, once it is delivered; null if it was for something else, and if there are user errors.
    gift: Option<Gift>,
    /// Why it is not paid; empty on success.
    user_errors: Vec<UserError>,
}

/// Which payment the member gave up.
#[derive(InputObject)]
pub struct AbandonPaymentInput {
    /// The payment; begins with `payment_`.
    payment_id: ID,
}

/// What giving up gives.
#[derive(SimpleObject)]
pub struct AbandonPaymentPayload {
    /// The payment as it is now; null if there are user errors. PAID if the gateway had taken the money, READY if
    /// that is not certain yet.
    payment: Option<Payment>,
    /// What it was for, as it is now; null if it was to charge points or for a gift, and if there are user errors.
    order: Option<Order>,
    /// The gift that the gateway had taken the money for; null unless it had, and if there are user errors.
    gift: Option<Gift>,
    /// Why nothing was done; empty on success.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct PaymentQuery;

#[Object]
impl PaymentQuery {
    /// Your order that waits for its payment; null if there is none. UNAUTHENTICATED without a sign-in.
    async fn pending_order(&self, ctx: &Context<'_>) -> Result<Option<Order>, ApiError> {
        let member_id = ctx.caller()?.member_id;
        Ok(checkout::pending_order(ctx.app(), member_id)
            .await?
            .map(Order::whole))
    }
}

#[derive(Default)]
pub struct PaymentMutation;

#[Object]
impl PaymentMutation {
    /// Confirms a payment with what its window gave. Sent again, or while the gateway tells the shop by itself,
    /// it is paid once.
    async fn confirm_payment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which payment, and what its window gave.")] input: ConfirmPaymentInput,
    ) -> Result<Option<ConfirmPaymentPayload>, ApiError> {
        let asker = Asker::Member(ctx.caller()?.member_id);
        let confirm = async || {
            let id = input
                .payment_id
                .parse_input(&["paymentId"])
                .map_err(refused)?;
            let proof = input.proof().map_err(refused)?;
            confirmation::confirm(ctx.app(), asker, id, &proof)
                .await
                .map_err(|failure| failure.map_refusal(|refusal| told(refusal).into()))
        };
        let (payment, user_errors) = settle(confirm().await)?;
        Ok(Some(ConfirmPaymentPayload {
            order: order_of(ctx, payment.as_ref()).await?,
            gift: gift_of(ctx, payment.as_ref()).await?,
            payment: payment.map(Payment),
            user_errors,
        }))
    }

    /// Gives a payment up, because the member closed its window: its order is canceled and everything comes back, its gift is not sent. If
    /// the gateway has taken the money, the payment is paid instead.
    async fn abandon_payment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which payment.")] input: AbandonPaymentInput,
    ) -> Result<Option<AbandonPaymentPayload>, ApiError> {
        let asker = Asker::Member(ctx.caller()?.member_id);
        let abandon = async || {
            let id = input
                .payment_id
                .parse_input(&["paymentId"])
                .map_err(refused)?;
            confirmation::abandon(ctx.app(), asker, id)
                .await
                .map_err(|failure| failure.map_refusal(|refusal| told(refusal).into()))
        };
        let (payment, user_errors) = settle(abandon().await)?;
        Ok(Some(AbandonPaymentPayload {
            order: order_of(ctx, payment.as_ref()).await?,
            gift: gift_of(ctx, payment.as_ref()).await?,
            payment: payment.map(Payment),
            user_errors,
        }))
    }
}

/// The order as the settlement left it: not as an earlier look may have it.
async fn order_of(
    ctx: &Context<'_>,
    payment: Option<&payment::Model>,
) -> Result<Option<Order>, ApiError> {
    match payment.and_then(|payment| payment.order_id) {
        Some(id) => {
            let orders = crate::order::store::by_ids(ctx.app().db.writer(), &[id]).await?;
            Ok(orders.into_iter().next().map(Order::whole))
        }
        None => Ok(None),
    }
}

/// The gift as the settlement left it, likewise.
async fn gift_of(
    ctx: &Context<'_>,
    payment: Option<&payment::Model>,
) -> Result<Option<Gift>, ApiError> {
    match payment.and_then(|payment| payment.gift_id) {
        Some(id) => {
            let gift = crate::gift::store::by_id(ctx.app().db.writer(), id).await?;
            Ok(gift.and_then(shown))
        }
        None => Ok(None),
    }
}

/// The longest proof that a window gives, in bytes: Toss's keys have up to 200.
const PROOF_BYTES_MAX: usize = 500;

impl ConfirmPaymentInput {
    fn proof(&self) -> Result<Proof, InputError> {
        let checked = |text: &String, field| {
            if text.is_empty()
                || text.len() > PROOF_BYTES_MAX
                || !text.bytes().all(|byte| byte.is_ascii_graphic())
            {
                return Err(InputError::invalid(message!("payment-bad-proof"), &[field]));
            }
            Ok(text.clone())
        };
        match (&self.payment_key, &self.pg_token) {
            (Some(_), Some(_)) => Err(InputError::invalid(
                message!("payment-two-proofs"),
                &["pgToken"],
            )),
            (Some(key), None) => checked(key, "paymentKey").map(Proof::PaymentKey),
            (None, Some(token)) => checked(token, "pgToken").map(Proof::PgToken),
            (None, None) => Ok(Proof::None),
        }
    }
}

fn refused(error: InputError) -> Failure<UserError> {
    Failure::Refused(error.into())
}

fn told(refusal: Refusal) -> InputError {
    use UserErrorCode as Code;
    match refusal {
        Refusal::NoSuchPayment => {
            InputError::new(Code::NotFound, message!("payment-not-found")).at(&["paymentId"])
        }
        Refusal::ProofMissing(provider) => match provider {
            payment::PaymentProvider::Toss => {
                InputError::invalid(message!("payment-needs-payment-key"), &["paymentKey"])
            }
            payment::PaymentProvider::KakaoPay => {
                InputError::invalid(message!("payment-needs-pg-token"), &["pgToken"])
            }
            payment::PaymentProvider::PortOne => {
                InputError::invalid(message!("payment-needs-no-proof"), &["paymentId"])
            }
        },
        Refusal::ProofUnknown => {
            InputError::new(Code::PaymentDeclined, message!("payment-proof-unknown"))
        }
        Refusal::Declined(why) => InputError::new(Code::PaymentDeclined, why.message()),
        Refusal::Mismatch(why) => InputError::new(Code::PaymentMismatch, why.message()),
        Refusal::Expired => InputError::new(Code::PaymentExpired, message!("payment-expired")),
        Refusal::Unavailable => {
            InputError::new(Code::PaymentUnavailable, message!("payment-unavailable"))
        }
    }
}

/// The payment with this id, if the caller may see it.
pub async fn node(ctx: &Context<'_>, id: PaymentId) -> Result<Option<Payment>, ApiError> {
    let caller = ctx.caller()?;
    let payment: Option<Payment> = ctx.loaders().load_one(id).await?;
    Ok(payment.filter(|payment| caller.may_see(payment.0.member_id)))
}

impl Loader<PaymentId> for Reader {
    type Value = Payment;
    type Error = Fault;

    async fn load(&self, ids: &[PaymentId]) -> Result<HashMap<PaymentId, Payment>, Fault> {
        let rows = store::by_ids(self.db.reader(), ids).await?;
        Ok(keyed(rows, |row| row.id, Payment))
    }
}

/// The loader key of an order's payments.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaymentsOf(pub OrderId);

impl Loader<PaymentsOf> for Reader {
    type Value = Vec<Payment>;
    type Error = Fault;

    async fn load(&self, keys: &[PaymentsOf]) -> Result<HashMap<PaymentsOf, Vec<Payment>>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let rows = store::by_orders(self.db.reader(), &ids).await?;
        // Those of orders alone were asked for.
        let of_orders = rows
            .into_iter()
            .filter_map(|row| Some((row.order_id?, row)));
        let of_orders = of_orders.collect::<Vec<_>>();
        Ok(grouped(
            of_orders,
            |(id, _)| PaymentsOf(*id),
            |(_, row)| Payment(row),
        ))
    }
}
