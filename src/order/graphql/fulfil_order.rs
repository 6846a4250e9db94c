use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::{
    id::{OrderId, OrderItemId},
    member::Role,
    order::OrderStatus,
};

use super::{
    Order,
    items_argument::{ITEMS, item_ids, reason},
    scope::seen,
};
use crate::{
    fault::Failure,
    graphql::{
        ApiError, AppContext, IdArgument, InputError, UserError, UserErrorCode, settle,
        user_error::OrderStateChanged,
    },
    order::{
        fulfilment::{self, Fulfil, Part, Refusal},
        state::Step,
    },
    store::graphql::StoreOf,
    text::{Message, message},
};

/// Which order to accept.
#[derive(InputObject)]
pub struct AcceptOrderInput {
    /// The order; begins with `order_`.
    order_id: ID,
}

/// What to refuse.
#[derive(InputObject)]
pub struct RefuseOrderInput {
    /// The order; begins with `order_`.
    order_id: ID,
    /// Which of your store's items, at most 100, each beginning with `order_item_`; leave this out to refuse all that
    /// is PAID or ACCEPTED of them.
    order_item_ids: Option<Vec<ID>>,
    /// Why, for the member to read: 1 to 200 characters, no control characters.
    reason: String,
}

/// Which order is ready.
#[derive(InputObject)]
pub struct MarkOrderReadyInput {
    /// The order; begins with `order_`.
    order_id: ID,
}

/// Which order is complete.
#[derive(InputObject)]
pub struct CompleteOrderInput {
    /// The order; begins with `order_`.
    order_id: ID,
}

macro_rules! order_payloads {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// Your store's part of the order as it is now; null if there are user errors.
            order: Option<Order>,
            /// Why nothing was changed; empty on success.
            user_errors: Vec<UserError>,
        }

        impl From<Fulfilled> for $name {
            fn from((order, user_errors): Fulfilled) -> Self {
                Self { order, user_errors }
            }
        }
    )+};
}

order_payloads! {
    /// What accepting gives.
    AcceptOrderPayload
    /// What refusing gives.
    RefuseOrderPayload
    /// What marking ready gives.
    MarkOrderReadyPayload
    /// What completing gives.
    CompleteOrderPayload
}

/// The order as somebody may see it, or why nothing was changed.
type Fulfilled = (Option<Order>, Vec<UserError>);

#[derive(Default)]
pub struct FulfilmentMutation;

#[Object]
impl FulfilmentMutation {
    /// Takes an order on: your store's items of it that are PAID become ACCEPTED, and the member cannot cancel them any
    /// more. An admin accepts for all stores. Sent again it changes nothing.
    async fn accept_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order to accept.")] input: AcceptOrderInput,
    ) -> Result<Option<AcceptOrderPayload>, ApiError> {
        let done = fulfil(ctx, Step::Accept, Wish::all(input.order_id)).await?;
        Ok(Some(done.into()))
    }

    /// Refuses your store's items of an order that are PAID or ACCEPTED, or some of them: they are canceled with reason
    /// STORE_REFUSED, the pieces go back on sale, the member has the money back. Sent again it changes nothing.
    async fn refuse_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to refuse.")] input: RefuseOrderInput,
    ) -> Result<Option<RefuseOrderPayload>, ApiError> {
        let wish = Wish {
            order_id: input.order_id,
            items: input.order_item_ids,
            reason: Some(input.reason),
        };
        Ok(Some(fulfil(ctx, Step::Refuse, wish).await?.into()))
    }

    /// Says that an order is ready to be handed over: your store's items of it that are ACCEPTED become READY. Sent
    /// again it changes nothing.
    async fn mark_order_ready(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order is ready.")] input: MarkOrderReadyInput,
    ) -> Result<Option<MarkOrderReadyPayload>, ApiError> {
        let done = fulfil(ctx, Step::MarkReady, Wish::all(input.order_id)).await?;
        Ok(Some(done.into()))
    }

    /// Says that an order was handed over: your store's items of it that are READY become COMPLETED. Sent again it
    /// changes nothing.
    async fn complete_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order is complete.")] input: CompleteOrderInput,
    ) -> Result<Option<CompleteOrderPayload>, ApiError> {
        let done = fulfil(ctx, Step::Complete, Wish::all(input.order_id)).await?;
        Ok(Some(done.into()))
    }
}

/// A wish as it could be fulfilled.
struct Checked {
    order_id: OrderId,
    items: Option<Vec<OrderItemId>>,
    note: Option<String>,
}

/// A wish as the client wrote it.
struct Wish {
    order_id: ID,
    items: Option<Vec<ID>>,
    reason: Option<String>,
}

impl Wish {
    fn all(order_id: ID) -> Self {
        Self {
            order_id,
            items: None,
            reason: None,
        }
    }

    fn checked(self) -> Result<Checked, InputError> {
        let order_id = self.order_id.parse_input(&["orderId"])?;
        let items = self.items.map(|ids| item_ids(&ids)).transpose()?;
        let is_silent = self.reason.is_none();
        let note = reason(self.reason)?;
        if note.is_none() && !is_silent {
            let message = message!("order-reason-missing");
            return Err(InputError::invalid(message, &["reason"]));
        }
        Ok(Checked {
            order_id,
            items,
            note,
        })
    }
}

async fn fulfil(ctx: &Context<'_>, step: Step, wish: Wish) -> Result<Fulfilled, ApiError> {
    let caller = ctx.caller()?;
    let checked = match wish.checked() {
        Ok(checked) => checked,
        Err(error) => return Ok((None, vec![error.into()])),
    };
    let part = if caller.role == Role::Admin {
        Part::All
    } else {
        match ctx.loaders().load_one(StoreOf(caller.member_id)).await? {
            Some(store) => Part::Of(store.0.id),
            None => return Ok((None, vec![told(&Refusal::NoSuchOrder)])),
        }
    };
    let wish = Fulfil {
        order_id: checked.order_id,
        part,
        step,
        items: checked.items,
        note: checked.note,
    };
    let outcome = fulfilment::fulfil(ctx.app(), &wish).await;
    let outcome = outcome.map_err(|failure: Failure<_>| failure.map_refusal(|it| told(&it)));
    let (order, user_errors) = settle(outcome)?;
    let order = match order {
        Some(row) => seen(ctx, Order::whole(row)).await?,
        None => None,
    };
    Ok((order, user_errors))
}

fn told(refusal: &Refusal) -> UserError {
    let not_found = |message| InputError::new(UserErrorCode::NotFound, message);
    match *refusal {
        Refusal::NoSuchOrder => not_found(message!("order-not-found"))
            .at(&["orderId"])
            .into(),
        Refusal::NoItems => {
            InputError::invalid(message!("order-no-items-to-refuse"), &[ITEMS]).into()
        }
        Refusal::NoSuchItem { index } => not_found(message!("order-item-not-found"))
            .at(&[ITEMS, &index.to_string()])
            .into(),
        Refusal::StateChanged { index, status } => UserError::State(OrderStateChanged {
            code: UserErrorCode::OrderStateChanged,
            message: standing(status),
            path: Some(match index {
                Some(index) => vec![ITEMS.to_owned(), index.to_string()],
                None => vec!["orderId".to_owned()],
            }),
            status: status.into(),
        }),
    }
}

/// Where the order stands instead, and what can be done with it.
fn standing(status: OrderStatus) -> Message {
    match status {
        // What is not paid, no store sees.
        OrderStatus::PendingPayment | OrderStatus::Paid => message!("order-not-accepted-yet"),
        OrderStatus::Accepted => message!("order-accepted-already"),
        OrderStatus::Ready => message!("order-ready-already"),
        OrderStatus::Completed => message!("order-completed-already"),
        OrderStatus::Canceled => message!("order-canceled-already"),
    }
}
