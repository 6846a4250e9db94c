use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::{
    id::{MemberId, OrderId},
    order::OrderStatus,
};

use super::{
    Order,
    items_argument::{ITEMS, item_ids, reason},
};
use crate::{
    graphql::{ApiError, AppContext, IdArgument, InputError, UserError, UserErrorCode, settle},
    order::cancellation::{self, Cancel, Refusal},
    text::{Message, message},
};

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
            order: order.map(Order::whole),
            user_errors,
        }))
    }
}

impl CancelOrderInput {
    fn wish(self, member_id: MemberId) -> Result<Cancel, InputError> {
        let order_id: OrderId = self.order_id.parse_input(&["orderId"])?;
        let items = self.order_item_ids.map(|ids| item_ids(&ids)).transpose()?;
        let note = reason(self.reason)?;
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
            InputError::new(UserErrorCode::NotFound, message!("order-not-found")).at(&["orderId"])
        }
        Refusal::NoItems => InputError::invalid(message!("order-no-items-named"), &[ITEMS]),
        Refusal::NoSuchItem { index } => {
            InputError::new(UserErrorCode::NotFound, message!("order-item-not-found"))
                .at(&[ITEMS, &index.to_string()])
        }
        Refusal::NotCancelable {
            index,
            product_name,
            status,
        } => {
            let error = InputError::new(
                UserErrorCode::OrderNotCancelable,
                hindrance(product_name, status),
            );
            match index {
                Some(index) => error.at(&[ITEMS, &index.to_string()]),
                None => error.at(&["orderId"]),
            }
        }
    }
}

/// Why an item of that status cannot be canceled, and what can be done instead.
fn hindrance(name: String, status: OrderStatus) -> Message {
    match status {
        OrderStatus::PendingPayment => message!("order-item-unpaid", name),
        OrderStatus::Accepted => message!("order-item-accepted", name),
        OrderStatus::Ready => message!("order-item-ready", name),
        OrderStatus::Completed => message!("order-item-completed", name),
        OrderStatus::Paid | OrderStatus::Canceled => message!("order-item-not-cancelable", name),
    }
}
