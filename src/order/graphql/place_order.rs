mod refusal;

use std::time::Duration;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::order;

use super::Order;
use crate::{
    fault::Failure,
    graphql::{ApiError, AppContext, IdArgument, InputError, UserError, parse_ids, won::Won},
    order::{
        idempotency_key,
        placement::{Gateway, Line, Request, Selection},
    },
    payment::{checkout, graphql::PaymentProvider},
    text::message,
};
use refusal::{told, told_checkout, told_malformed};

/// Some pieces of one option.
#[derive(InputObject)]
pub struct OrderLineInput {
    /// The option; begins with `option_`.
    option_id: ID,
    /// How many pieces, at least 1; at most 999 of one option unless the shop is set up otherwise.
    quantity: i32,
}

/// What to order, and how to pay for it.
#[derive(InputObject)]
pub struct PlaceOrderInput {
    /// What to order, regardless of the cart: at most 100 lines. Lines of the same option are added up.
    /// Leave out both this and `cartItemIds` to order the whole cart.
    lines: Option<Vec<OrderLineInput>>,
    /// Which lines of the cart to order; each begins with `cart_item_`. They leave the cart.
    cart_item_ids: Option<Vec<ID>>,
    /// A coupon of yours to order with; begins with `coupon_`. What it takes off is `Order.discount`.
    coupon_id: Option<ID>,
    /// How much to pay in points. With provider POINT it must equal the total if it is given; with any other,
    /// so much is paid in points and the rest there, and without it all of it there.
    points: Option<Won>,
    /// How to pay. With any but POINT the order is PENDING_PAYMENT, its stock and points held until
    /// `paymentExpiresAt`; `payments { checkout }` says how to open the provider's window. Your one order that waits
    /// so is given again if you order the same; another order ends it first.
    #[graphql(default_with = "PaymentProvider::Point")]
    provider: PaymentProvider,
    /// What you showed the buyer that they will pay, after the coupon: the order is refused with PRICE_CHANGED if that
    /// is anything else.
    expected_total: Option<Won>,
    /// 1 to 64 characters that you make up for this order. Sent again with the same request it gives the
    /// same order, never a second one; so after a lost answer, just send the mutation again.
    idempotency_key: String,
}

/// What placing an order gives.
#[derive(SimpleObject)]
pub struct PlaceOrderPayload {
    /// The order; null if there are user errors.
    order: Option<Order>,
    /// Why no order was placed; empty on success.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct OrderMutation;

#[Object]
impl OrderMutation {
    /// Places an order: takes its stock and its points, or changes nothing.
    async fn place_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to order.")] input: PlaceOrderInput,
    ) -> Result<Option<PlaceOrderPayload>, ApiError> {
        let member_id = ctx.caller()?.member_id;
        let list = input.list();
        let limits = &ctx.app().limits;
        let request = match input.request(limits.line_quantity_max, limits.payment_within) {
            Ok(request) => request,
            Err(error) => return Ok(Some(PlaceOrderPayload::refused(error.into()))),
        };
        match checkout::place(ctx.app(), member_id, request).await {
            Ok(order) => Ok(Some(PlaceOrderPayload::placed(order))),
            Err(Failure::Refused(checkout::Refusal::Placement(refusal))) => {
                let error = told(refusal, list, ctx.loaders()).await?;
                Ok(Some(PlaceOrderPayload::refused(error)))
            }
            Err(Failure::Refused(refusal)) => Ok(Some(PlaceOrderPayload::refused(
                told_checkout(&refusal).at(&["provider"]).into(),
            ))),
            Err(Failure::Fault(fault)) => Err(fault.into()),
        }
    }
}

impl PlaceOrderPayload {
    fn placed(order: order::Model) -> Self {
        Self {
            order: Some(Order::whole(order)),
            user_errors: Vec::new(),
        }
    }

    fn refused(error: UserError) -> Self {
        Self {
            order: None,
            user_errors: vec![error],
        }
    }
}

impl PlaceOrderInput {
    /// The field that lists what to order.
    fn list(&self) -> &'static str {
        if self.lines.is_some() {
            "lines"
        } else {
            "cartItemIds"
        }
    }

    fn request(
        self,
        line_quantity_max: i32,
        payment_within: Duration,
    ) -> Result<Request, InputError> {
        let list = self.list();
        let idempotency_key = idempotency_key(&self.idempotency_key)
            .map_err(|message| InputError::invalid(message, &["idempotencyKey"]))?;
        let selection = match (self.lines, self.cart_item_ids) {
            (Some(_), Some(_)) => {
                let message = message!("order-lines-or-cart-items");
                return Err(InputError::invalid(message, &["cartItemIds"]));
            }
            (Some(lines), None) => Selection::Lines(order_lines(lines)?),
            (None, Some(ids)) => Selection::CartItems(parse_ids(&ids, "cartItemIds")?),
            (None, None) => Selection::Cart,
        };
        let coupon_id = self
            .coupon_id
            .map(|id| id.parse_input(&["couponId"]))
            .transpose()?;
        let request = Request {
            selection,
            coupon_id,
            points: self.points.map(|points| points.0),
            gateway: self.provider.gateway().map(|provider| Gateway {
                provider,
                within: payment_within,
            }),
            expected_total: self.expected_total.map(|total| total.0),
            idempotency_key,
        };
        request
            .checked(line_quantity_max)
            .map_err(|malformed| told_malformed(&malformed, list))
    }
}

fn order_lines(lines: Vec<OrderLineInput>) -> Result<Vec<Line>, InputError> {
    let line = |(index, line): (usize, OrderLineInput)| {
        let option_id = line
            .option_id
            .parse_input(&["lines", &index.to_string(), "optionId"])?;
        Ok(Line {
            option_id,
            quantity: line.quantity,
        })
    };
    lines.into_iter().enumerate().map(line).collect()
}
