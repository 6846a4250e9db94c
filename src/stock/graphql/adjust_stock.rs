use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::{
    catalog::graphql::ProductOption,
    fault::Failure,
    graphql::{
        ApiError, AppContext, IdArgument, InputError, Loaders, UserError, UserErrorCode as Code,
        settle,
        user_error::{InsufficientStock, StockChanged, StockShortage},
    },
    member::Access,
    stock::{Adjustment, Change, InvalidField, Refusal, STOCK_MAX, adjust_stock, checked_reason},
    text::message,
};

/// How an option's stock is to move, in one of two ways: by `delta`, or to `quantity`.
#[derive(InputObject)]
pub struct AdjustStockInput {
    /// The option; begins with `option_`.
    option_id: ID,
    /// Pieces that came (positive) or went (negative).
    delta: Option<i32>,
    /// As many pieces as were counted: at most 1,000,000,000. With `expectedQuantity`.
    quantity: Option<i32>,
    /// How many pieces there were when you looked. If there are not as many any more, nothing is changed, and
    /// StockChanged tells how many there are.
    expected_quantity: Option<i32>,
    /// Why, in 1 to 200 characters: it stands in the stock ledger.
    reason: String,
}

/// What adjusting the stock gives.
#[derive(SimpleObject)]
pub struct AdjustStockPayload {
    /// The option, with its stock as it is now; null if there are user errors.
    option: Option<ProductOption>,
    /// Why nothing was changed; empty on success.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct StockMutation;

#[Object]
impl StockMutation {
    /// Adjusts the stock of an option of your store, by a difference or to what was counted, and writes down who did
    /// so and why.
    async fn adjust_stock(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which stock is to move, and how.")] input: AdjustStockInput,
    ) -> Result<Option<AdjustStockPayload>, ApiError> {
        let caller = ctx.caller()?;
        let outcome = match adjustment(&input, &caller) {
            Err(error) => Err(Failure::Refused(UserError::from(error))),
            Ok(adjustment) => match adjust_stock(ctx.app(), &caller, &adjustment).await {
                Ok(option) => Ok(option),
                Err(Failure::Fault(fault)) => Err(Failure::Fault(fault)),
                Err(Failure::Refused(refusal)) => Err(Failure::Refused(
                    told(&refusal, &adjustment, ctx.loaders()).await?,
                )),
            },
        };
        let (option, user_errors) = settle(outcome)?;
        Ok(Some(AdjustStockPayload {
            option: option.map(ProductOption::from),
            user_errors,
        }))
    }
}

fn adjustment(input: &AdjustStockInput, caller: &Access) -> Result<Adjustment, InputError> {
    Ok(Adjustment {
        option_id: input.option_id.parse_input(&["optionId"])?,
        change: Change::of(input.delta, input.quantity, input.expected_quantity)?,
        reason: checked_reason(&input.reason)?,
        by: caller.member_id,
    })
}

impl From<InvalidField> for InputError {
    fn from(invalid: InvalidField) -> Self {
        Self::invalid(invalid.message, &[invalid.field])
    }
}

/// What was refused, with the numbers that it takes to ask again.
async fn told(
    refusal: &Refusal,
    adjustment: &Adjustment,
    loaders: &Loaders,
) -> Result<UserError, ApiError> {
    let field = |field: &str| Some(vec![field.to_owned()]);
    Ok(match (refusal, adjustment.change) {
        (Refusal::NoSuchOption, _) => {
            InputError::new(Code::NotFound, message!("stock-option-not-found"))
                .at(&["optionId"])
                .into()
        }
        (Refusal::Changed { quantity }, _) => UserError::StockChanged(StockChanged {
            code: Code::StockChanged,
            message: message!("stock-changed", quantity = *quantity),
            path: field("expectedQuantity"),
            quantity: *quantity,
        }),
        (Refusal::OutOfRange { quantity }, Change::By(delta)) if delta < 0 => {
            let option = loaders.load_one(adjustment.option_id).await?;
            let requested = delta.saturating_neg();
            let shortage = |option| StockShortage {
                option,
                requested,
                available: *quantity,
            };
            UserError::Stock(InsufficientStock {
                code: Code::InsufficientStock,
                message: message!("stock-too-few", requested, quantity = *quantity),
                path: field("delta"),
                shortages: option.map(shortage).into_iter().collect(),
            })
        }
        (Refusal::OutOfRange { quantity }, _) => {
            let message = message!("stock-too-many", quantity = *quantity, max = STOCK_MAX);
            InputError::invalid(message, &["delta"]).into()
        }
    })
}
