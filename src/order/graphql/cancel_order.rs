use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::{
    id::{MemberId, OrderId},
    order::OrderStatus,
};

use super::Order;
use crate::{
    config::LINES_MAX,
    graphql::{
        ApiError, AppContext, IdArgument, InputError, UserError, UserErrorCode, parse_ids, settle,
    },
    order::cancellation::{self, Cancel, Refusal},
};

/// The input's list of items.
const ITEMS: &str = "orderItemIds";

/// The longest reason for a cancellation, in characters.
const REASON_MAX: usize = 200;

/// What to cancel.
#[derive(InputObject)]
pub struct CancelOrderInput {
    /// The order; begins with `order_`.
    order_id: ID,
    /// Which of its items, at most 100, each beginning with `order_item_`; leave this out to cancel all that is
    /// left of the order.
    order_item_ids: Option<Vec<ID>>,
    /// Why, in the member's words: at most 200 characters, no control characters.
    reason: Option<String>,
}

/// What canceling gives.
#[derive(SimpleObject)]
pub struct CancelOrderPayload {
    /// The order as it is now; null if there are user errors.
    order: Option<Order>,
    /// Why nothing was canceled; empty on success.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct CancelOrderMutation;

#[Object]
impl CancelOrderMutation {
    /// Cancels an order of yours, or some of its items, while they are PAID: the pieces go back on sale, what you
    /// paid comes back, first at the gateway that took it, the rest as points. All of it happens or nothing does. Items that are canceled already are
    /// left as they are, so it is safe to send this again.
    async fn cancel_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to cancel.")] input: CancelOrderInput,
    ) -> Result<Option<CancelOrderPayload>, ApiError> {
        let member_id = ctx.caller()?.member_id;
        let (order, user_errors) = match input.wish(member_id) {
            Ok(wish) => {
                let outcome = cancellation::cancel(ctx.app(), &wish).await;
                let told = |refusal| UserError::from(told(refusal));
                settle(outcome.map_err(|failure| failure.map_refusal(told)))?
            }
            Err(error) => (None, vec![error.into()]),
        };
        Ok(Some(CancelOrderPayload {
            order: order.map(Order),
            user_errors,
        }))
    }
}

impl CancelOrderInput {
    fn wish(self, member_id: MemberId) -> Result<Cancel, InputError> {
        let order_id: OrderId = self.order_id.parse_input(&["orderId"])?;
        let items = self
            .order_item_ids
            .map(|ids| parse_ids(&ids, ITEMS))
            .transpose()?;
        if items.as_ref().is_some_and(|items| items.len() > LINES_MAX) {
            let message = format!("An order has at most {LINES_MAX} items.");
            return Err(InputError::invalid(message, &[ITEMS]));
        }
        let note = self.reason.filter(|reason| !reason.trim().is_empty());
        let is_good =
            |note: &str| note.chars().count() <= REASON_MAX && !note.contains(char::is_control);
        if !note.as_deref().is_none_or(is_good) {
            let message =
                format!("A reason has at most {REASON_MAX} characters and no control characters.");
            return Err(InputError::invalid(message, &["reason"]));
        }
        Ok(Cancel {
            member_id,
            order_id,
            items,
            note,
        })
    }
}

fn told(refusal: Refusal) -> InputError {
    match refusal {
        Refusal::NoSuchOrder => {
            InputError::new(UserErrorCode::NotFound, "You have no such order.").at(&["orderId"])
        }
        Refusal::NoItems => {
            let message = "Name the items to cancel, or leave the list out to cancel the order.";
            InputError::invalid(message, &[ITEMS])
        }
        Refusal::NoSuchItem { index } => {
            InputError::new(UserErrorCode::NotFound, "The order has no such item.")
                .at(&[ITEMS, &index.to_string()])
        }
        Refusal::NotCancelable {
            index,
            product_name,
            status,
        } => {
            let error = InputError::new(
                UserErrorCode::OrderNotCancelable,
                format!("{product_name} {}", hindrance(status)),
            );
            match index {
                Some(index) => error.at(&[ITEMS, &index.to_string()]),
                None => error.at(&["orderId"]),
            }
        }
    }
}

/// Why an item of that status cannot be canceled, and what can be done instead.
fn hindrance(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::PendingPayment => {
            "is not paid yet: give up its payment with `abandonPayment`."
        }
        OrderStatus::Accepted => "was accepted by the store and is being prepared: ask the store.",
        OrderStatus::Ready => "is ready to be handed over: ask the store.",
        OrderStatus::Completed => "was handed over already: ask the store.",
        OrderStatus::Paid | OrderStatus::Canceled => "cannot be canceled.",
    }
}
