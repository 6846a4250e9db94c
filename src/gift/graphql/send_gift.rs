use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::id::OptionId;

use super::Gift;
use crate::{
    catalog::graphql::ProductOption,
    fault::Failure,
    gift::{self, Malformed, Refusal, Wish},
    graphql::{
        ApiError, AppContext, IdArgument, InputError, Loaders, UserError, UserErrorCode as Code,
        user_error::{InsufficientPoints, InsufficientStock, StockShortage},
    },
    member::normalized,
    order::idempotency_key,
    payment::{
        checkout,
        graphql::{Payment, PaymentProvider},
    },
    text::message,
};

/// What to give, to whom, and how to pay for it.
#[derive(InputObject)]
pub struct SendGiftInput {
    /// The `userId` of the member who gets it: anybody but you.
    to_user_id: String,
    /// What to give; begins with `option_`.
    option_id: ID,
    /// How many pieces, at least 1; at most 999 unless the shop is set up otherwise.
    #[graphql(default = 1)]
    quantity: i32,
    /// What to write to them: at most 500 characters, line breaks among them.
    #[graphql(default)]
    message: String,
    /// How to pay. With any but POINT the gift is delivered when its payment is made; `payment { checkout }` says how to
    /// open the provider's window.
    #[graphql(default_with = "PaymentProvider::Point")]
    provider: PaymentProvider,
    /// 1 to 64 characters that you make up for this gift. Sent again with the same request it gives the same gift, never
    /// a second one.
    idempotency_key: String,
}

/// What giving gives.
#[derive(SimpleObject)]
pub struct SendGiftPayload {
    /// The gift. Null until its payment is made: its receiver knows nothing of it before, and nothing at all if it is not
    /// paid. `confirmPayment` gives it then, and so does this mutation sent again. Null, too, if there are user errors.
    gift: Option<Gift>,
    /// What pays for it at a gateway, with what the client needs to open its window; null where points do, and if there
    /// are user errors.
    payment: Option<Payment>,
    /// Why nothing was given; empty on success.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct GiftMutation;

#[Object]
impl GiftMutation {
    /// Buys something for another member. They get a coupon with which they order it for nothing, whenever they like until
    /// it expires. Nothing is reserved for them: if it is unused by then, its price comes back to you in points; and if it
    /// has become cheaper when they order it, the difference does when it is handed over.
    async fn send_gift(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to give, to whom, and how to pay for it.")] input: SendGiftInput,
    ) -> Result<Option<SendGiftPayload>, ApiError> {
        let from = ctx.caller()?.member_id;
        let wish = match input.wish(from, ctx.app().limits.line_quantity_max) {
            Ok(wish) => wish,
            Err(error) => return Ok(Some(SendGiftPayload::refused(error.into()))),
        };
        match gift::send(ctx.app(), &wish).await {
            Ok(given) => Ok(Some(SendGiftPayload {
                gift: given.gift.map(Gift),
                payment: given.payment.map(Payment),
                user_errors: Vec::new(),
            })),
            Err(Failure::Refused(refusal)) => {
                let error = told(refusal, ctx.loaders()).await?;
                Ok(Some(SendGiftPayload::refused(error)))
            }
            Err(Failure::Fault(fault)) => Err(fault.into()),
        }
    }
}

impl SendGiftPayload {
    fn refused(error: UserError) -> Self {
        Self {
            gift: None,
            payment: None,
            user_errors: vec![error],
        }
    }
}

impl SendGiftInput {
    fn wish(self, from: entity::id::MemberId, quantity_max: i32) -> Result<Wish, InputError> {
        let idempotency_key = idempotency_key(&self.idempotency_key)
            .map_err(|message| InputError::invalid(message, &["idempotencyKey"]))?;
        let wish = Wish {
            from,
            to_user_id: normalized(&self.to_user_id),
            option_id: self.option_id.parse_input(&["optionId"])?,
            quantity: self.quantity,
            message: self.message,
            provider: self.provider.gateway(),
            idempotency_key,
        };
        wish.checked(quantity_max).map_err(told_malformed)
    }
}

fn told_malformed(malformed: Malformed) -> InputError {
    match malformed {
        Malformed::QuantityOutOfRange { max } => {
            InputError::invalid(message!("gift-quantity-out-of-range", max), &["quantity"])
        }
        Malformed::BadMessage { max } => {
            InputError::invalid(message!("gift-bad-message", max), &["message"])
        }
    }
}

async fn told(refusal: Refusal, loaders: &Loaders) -> Result<UserError, ApiError> {
    let error = match refusal {
        Refusal::KeyReused => {
            InputError::new(Code::IdempotencyKeyReused, message!("order-key-reused"))
                .at(&["idempotencyKey"])
        }
        Refusal::NoSuchMember => {
            InputError::new(Code::NotFound, message!("gift-member-not-found")).at(&["toUserId"])
        }
        Refusal::Oneself => InputError::invalid(message!("gift-to-yourself"), &["toUserId"]),
        Refusal::NoSuchOption => {
            InputError::new(Code::NotFound, message!("cart-option-not-found")).at(&["optionId"])
        }
        Refusal::ProductUnavailable { name } => InputError::new(
            Code::ProductUnavailable,
            message!("gift-product-unavailable", name),
        )
        .at(&["optionId"]),
        Refusal::TooLarge => InputError::invalid(message!("order-total-too-large"), &["quantity"]),
        Refusal::InsufficientStock {
            option_id,
            requested,
            available,
        } => return insufficient_stock(option_id, requested, available, loaders).await,
        Refusal::InsufficientPoints { required, balance } => {
            return Ok(UserError::Points(InsufficientPoints {
                code: Code::InsufficientPoints,
                message: message!("gift-insufficient-points", required, balance),
                path: None,
                required: required.into(),
                balance: balance.into(),
            }));
        }
        Refusal::Checkout(checkout::Refusal::Declined(why)) => {
            InputError::new(Code::PaymentDeclined, why.message()).at(&["provider"])
        }
        Refusal::Checkout(_) => InputError::new(
            Code::PaymentUnavailable,
            message!("gift-payment-unavailable"),
        )
        .at(&["provider"]),
    };
    Ok(error.into())
}

async fn insufficient_stock(
    option_id: OptionId,
    requested: i32,
    available: i32,
    loaders: &Loaders,
) -> Result<UserError, ApiError> {
    let option: Option<ProductOption> = loaders.load_one(option_id).await?;
    let shortage = option.map(|option| StockShortage {
        option,
        requested,
        available,
    });
    Ok(UserError::Stock(InsufficientStock {
        code: Code::InsufficientStock,
        message: message!("gift-insufficient-stock", available),
        path: Some(vec!["quantity".to_owned()]),
        shortages: Vec::from_iter(shortage),
    }))
}
