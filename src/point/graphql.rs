use std::collections::HashMap;

use async_graphql::{
    Context, Enum, ID, InputObject, Object, SimpleObject, connection::Connection,
    dataloader::Loader,
};
use chrono::{DateTime, Utc};
use entity::{
    id::{MemberId, PointEntryId, UserPointId},
    payment, point_entry, user_point,
};

use super::{Charge, ChargeRefusal, Refusal, store};
use crate::{
    app::App,
    fault::{Failure, Fault, Outcome},
    gift::graphql::Gift,
    graphql::{
        ApiError, AppContext, InputError, UserError, UserErrorCode,
        connection::{PageArguments, TotalCount, connection},
        loader::{ListOf, Reader, asked_alike, keyed, listed},
        settle,
        won::Won,
    },
    order::{graphql::Order, idempotency_key},
    paging::Window,
    payment::{
        checkout,
        graphql::{Payment, PaymentProvider},
    },
    text::message,
};

/// A member's points. One point is worth one won.
#[derive(Clone)]
pub struct UserPoint(pub user_point::Model);

/// A line of the point ledger, which is only ever added to.
#[derive(Clone)]
pub struct PointEntry(pub point_entry::Model);

/// Why a balance moved.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "point_entry::PointAction")]
pub enum PointAction {
    /// Points were charged.
    Charge,
    /// Points paid for an order or a gift.
    Use,
    /// Points came back from an order or a gift.
    Refund,
}

/// How much to charge.
#[derive(InputObject)]
pub struct ChargePointsInput {
    /// In won: 1,000 to 5,000,000 at once, and at most 10,000,000 in all, unless the shop is set up
    /// otherwise.
    amount: Won,
    /// 1 to 64 characters that you make up for this charge: sent again, it charges nothing more.
    idempotency_key: String,
    /// Through which gateway: the points are credited when it has taken the money. None to charge at once, where
    /// the shop allows that.
    provider: Option<PaymentProvider>,
}

/// What charging points gives.
#[derive(SimpleObject)]
pub struct ChargePointsPayload {
    /// The points as they are now; null if there are user errors.
    user_point: Option<UserPoint>,
    /// The payment that charges them, with what the client needs to open its window; null if there are user errors,
    /// and where points are charged at once.
    payment: Option<Payment>,
    /// Why nothing was changed; empty on success.
    user_errors: Vec<UserError>,
}

pub type PointEntryConnection = Connection<String, PointEntry, TotalCount>;

#[derive(Default)]
pub struct PointMutation;

#[Object]
impl PointMutation {
    /// Charges points.
    async fn charge_points(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How much to charge.")] input: ChargePointsInput,
    ) -> Result<Option<ChargePointsPayload>, ApiError> {
        let member_id = ctx.caller()?.member_id;
        let (charged, user_errors) = settle(charge(ctx.app(), member_id, input).await)?;
        let (purse, payment) = charged.unzip();
        Ok(Some(ChargePointsPayload {
            user_point: purse.map(UserPoint),
            payment: payment.flatten().map(Payment),
            user_errors,
        }))
    }
}

/// Charges at once or begins a payment; gives the purse as it is now, and the payment.
async fn charge(
    app: &App,
    member_id: MemberId,
    input: ChargePointsInput,
) -> Outcome<(user_point::Model, Option<payment::Model>), UserError> {
    let idempotency_key = idempotency_key(&input.idempotency_key)
        .map_err(|message| refused(InputError::invalid(message, &["idempotencyKey"])))?;
    let amount = input.amount.0;
    let Some(provider) = input.provider else {
        let charge = Charge {
            member_id,
            amount,
            idempotency_key,
        };
        let purse = super::charge_points(app, &charge).await;
        let purse =
            purse.map_err(|failure| failure.map_refusal(|refusal| told(&refusal).into()))?;
        return Ok((purse, None));
    };
    let provider = provider.gateway().ok_or_else(|| {
        let message = message!("point-provider-is-point");
        refused(InputError::invalid(message, &["provider"]))
    })?;
    let charge = checkout::Charge {
        member_id,
        amount,
        provider,
        idempotency_key,
    };
    let payment = checkout::charge(app, &charge).await;
    let payment =
        payment.map_err(|failure| failure.map_refusal(|refusal| told_checkout(&refusal).into()))?;
    Ok((super::user_point(app, member_id).await?, Some(payment)))
}

fn told_checkout(refusal: &checkout::ChargeRefusal) -> InputError {
    match refusal {
        checkout::ChargeRefusal::Limit(limit) => told(&Refusal::Limit(*limit)),
        checkout::ChargeRefusal::KeyReused => told(&Refusal::KeyReused),
        checkout::ChargeRefusal::Checkout(checkout::Refusal::Declined(why)) => {
            InputError::new(UserErrorCode::PaymentDeclined, why.message()).at(&["provider"])
        }
        checkout::ChargeRefusal::Checkout(_) => told(&Refusal::PaymentUnavailable),
    }
}

fn refused(error: InputError) -> Failure<UserError> {
    Failure::Refused(error.into())
}

fn told(refusal: &Refusal) -> InputError {
    match refusal {
        Refusal::PaymentUnavailable => InputError::new(
            UserErrorCode::PaymentUnavailable,
            message!("point-charge-unavailable"),
        )
        .at(&["provider"]),
        Refusal::KeyReused => InputError::new(
            UserErrorCode::IdempotencyKeyReused,
            message!("point-key-reused"),
        )
        .at(&["idempotencyKey"]),
        Refusal::Limit(limit) => told_limit(*limit).at(&["amount"]),
    }
}

fn told_limit(refusal: ChargeRefusal) -> InputError {
    match refusal {
        ChargeRefusal::BelowMinimum { min } => InputError::new(
            UserErrorCode::InvalidInput,
            message!("point-charge-too-small", min),
        ),
        ChargeRefusal::AboveMaximum { max } => InputError::new(
            UserErrorCode::PointLimitExceeded,
            message!("point-charge-too-large", max),
        ),
        ChargeRefusal::BalanceTooHigh {
            balance,
            balance_max,
        } => InputError::new(
            UserErrorCode::PointLimitExceeded,
            message!("point-balance-too-high", balance, max = balance_max),
        ),
    }
}

/// A member's points. One point is worth one won.
#[Object]
impl UserPoint {
    /// Begins with `user_point_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What can be spent.
    async fn balance(&self) -> Won {
        self.0.balance.into()
    }

    /// How the balance came about, the newest first.
    async fn entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The most nodes to return from the start, 0 to 100; 20 without `first` and `last`."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only nodes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The most nodes to return from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only nodes before this cursor.")] before: Option<String>,
    ) -> Result<PointEntryConnection, ApiError> {
        let window = PageArguments {
            first,
            after,
            last,
            before,
        }
        .window::<i64>()?;
        let key = ListOf {
            parent: self.0.id,
            asked: window.clone(),
        };
        let rows = ctx.loaders().load_one(key).await?.unwrap_or_default();
        let count = TotalCount::of_parent(EntryCountOf(self.0.id));
        connection(&window, rows, count, |row| row.sequence, PointEntry)
    }
}

/// A line of the point ledger, which is only ever added to.
#[Object]
impl PointEntry {
    /// Begins with `point_entry_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Why the balance moved.
    async fn action(&self) -> PointAction {
        self.0.action.into()
    }

    /// By how much, signed: what is spent is negative.
    async fn amount(&self) -> Won {
        self.0.amount.into()
    }

    /// The balance after it: the balance of the entry before plus the amount.
    async fn balance_after(&self) -> Won {
        self.0.balance_after.into()
    }

    /// The order that it paid for or came back from; null for charges and gifts.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>, ApiError> {
        match self.0.order_id {
            Some(order_id) => Ok(ctx.loaders().load_one(order_id).await?),
            None => Ok(None),
        }
    }

    /// The gift that it paid for or came back from; null for charges and orders.
    async fn gift(&self, ctx: &Context<'_>) -> Result<Option<Gift>, ApiError> {
        match self.0.gift_id {
            Some(gift_id) => Ok(ctx.loaders().load_one(gift_id).await?),
            None => Ok(None),
        }
    }

    /// The payment that charged the points; null unless one did.
    async fn payment(&self, ctx: &Context<'_>) -> Result<Option<Payment>, ApiError> {
        match self.0.payment_id {
            Some(payment_id) => Ok(ctx.loaders().load_one(payment_id).await?),
            None => Ok(None),
        }
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// The loader key of a member's purse, where they have one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PurseOf(pub MemberId);

impl Loader<PurseOf> for Reader {
    type Value = UserPoint;
    type Error = Fault;

    async fn load(&self, keys: &[PurseOf]) -> Result<HashMap<PurseOf, UserPoint>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let purses = store::by_members(self.db.reader(), &ids).await?;
        Ok(keyed(purses, |purse| PurseOf(purse.member_id), UserPoint))
    }
}

impl Loader<UserPointId> for Reader {
    type Value = UserPoint;
    type Error = Fault;

    async fn load(&self, ids: &[UserPointId]) -> Result<HashMap<UserPointId, UserPoint>, Fault> {
        let rows = store::by_ids(self.db.reader(), ids).await?;
        Ok(keyed(rows, |row| row.id, UserPoint))
    }
}

/// The loader key of how many entries a ledger has.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntryCountOf(pub UserPointId);

impl Loader<EntryCountOf> for Reader {
    type Value = i64;
    type Error = Fault;

    async fn load(&self, keys: &[EntryCountOf]) -> Result<HashMap<EntryCountOf, i64>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let purses = store::by_ids(self.db.reader(), &ids).await?;
        // Entries are numbered from 1 without gaps.
        Ok(keyed(
            purses,
            |purse| EntryCountOf(purse.id),
            |purse| purse.last_sequence,
        ))
    }
}

impl Loader<ListOf<UserPointId, Window<i64>>> for Reader {
    type Value = Vec<point_entry::Model>;
    type Error = Fault;

    async fn load(
        &self,
        keys: &[ListOf<UserPointId, Window<i64>>],
    ) -> Result<HashMap<ListOf<UserPointId, Window<i64>>, Self::Value>, Fault> {
        let mut lists = HashMap::new();
        for (window, ids) in asked_alike(keys) {
            let rows = store::windows_of_entries(self.db.reader(), &ids, window).await?;
            lists.extend(listed(rows, |entry| entry.user_point_id, window));
        }
        Ok(lists)
    }
}

impl Loader<PointEntryId> for Reader {
    type Value = PointEntry;
    type Error = Fault;

    async fn load(&self, ids: &[PointEntryId]) -> Result<HashMap<PointEntryId, PointEntry>, Fault> {
        let rows = store::entries_by_ids(self.db.reader(), ids).await?;
        Ok(keyed(rows, |row| row.id, PointEntry))
    }
}

/// The purse with this id, if the caller may see it.
pub async fn node(ctx: &Context<'_>, id: UserPointId) -> Result<Option<UserPoint>, ApiError> {
    let caller = ctx.caller()?;
    let purse: Option<UserPoint> = ctx.loaders().load_one(id).await?;
    Ok(purse.filter(|purse| caller.may_see(purse.0.member_id)))
}

/// The ledger entry with this id, if the caller may see its purse.
pub async fn entry_node(
    ctx: &Context<'_>,
    id: PointEntryId,
) -> Result<Option<PointEntry>, ApiError> {
    ctx.caller()?;
    let Some(entry): Option<PointEntry> = ctx.loaders().load_one(id).await? else {
        return Ok(None);
    };
    let purse = node(ctx, entry.0.user_point_id).await?;
    Ok(purse.map(|_| entry))
}
