use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use crate::{
    coupon::{
        self, BadTerms, DiscountFields, Field, GOOD_FOR_YEARS, NAME_MAX, Publication,
        PublishRefusal, shown,
    },
    fault::Failure,
    graphql::{ApiError, AppContext, IdArgument, InputError, UserError, UserErrorCode, won::Won},
    order::idempotency_key,
    text::message,
};

/// Which coupons to publish. They take off exactly one of `fixedAmount`, `percent` and `freeOptionId`.
#[derive(InputObject)]
pub struct PublishCouponsInput {
    /// Whose items they are for; begins with `store_`. Left out, a merchant's are for their own store, and an admin's
    /// for all stores. What a merchant's coupons take off, the store bears; what an admin's do, the market.
    store_id: Option<ID>,
    /// What they are called: 1 to 50 characters.
    name: String,
    /// How many: 1 to 10,000 at once, each with a code of its own.
    count: i32,
    /// So many won off: 1 to 1,000,000,000.
    fixed_amount: Option<Won>,
    /// So many of a hundred off: 1 to 100.
    percent: Option<i32>,
    /// With `percent`: the most that it takes off.
    maximum: Option<Won>,
    /// This option for nothing, where it is among what is ordered; begins with `option_`.
    free_option_id: Option<ID>,
    /// With `freeOptionId`: how many pieces at most, 1 unless given.
    free_quantity: Option<i32>,
    /// What the ordered items of the store, or of all stores, must cost together at least.
    #[graphql(default_with = "Won(entity::Won::ZERO)")]
    minimum_total: Won,
    /// How many of them one member may register: 1 to 10,000.
    #[graphql(default = 1)]
    per_member_limit: i32,
    /// When they expire, within five years; the fraction of a second is cut off.
    expires_at: DateTime<Utc>,
    /// 1 to 64 characters that you make up for these coupons: sent again with the same input, it gives the same codes
    /// and publishes nothing more.
    idempotency_key: Option<String>,
}

/// What publishing coupons gives.
#[derive(SimpleObject)]
pub struct PublishCouponsPayload {
    /// Their codes, in groups of four; null if there are user errors.
    codes: Option<Vec<String>>,
    /// Why nothing was published; empty on success.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct PublishCouponsMutation;

#[Object]
impl PublishCouponsMutation {
    /// Publishes coupons for a store that you run, or, as an admin, for any or all. FORBIDDEN for whoever has no store.
    async fn publish_coupons(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which coupons to publish.")] input: PublishCouponsInput,
    ) -> Result<Option<PublishCouponsPayload>, ApiError> {
        let publisher = ctx.caller()?;
        let wish = match input.wish() {
            Ok(wish) => wish,
            Err(error) => return Ok(Some(PublishCouponsPayload::refused(error))),
        };
        match coupon::publish(ctx.app(), &publisher, wish).await {
            Ok(codes) => Ok(Some(PublishCouponsPayload {
                codes: Some(codes.iter().map(|code| shown(code)).collect()),
                user_errors: Vec::new(),
            })),
            Err(Failure::Refused(PublishRefusal::NoStore)) => Err(ApiError::Forbidden),
            Err(Failure::Refused(refusal)) => {
                Ok(Some(PublishCouponsPayload::refused(told(&refusal))))
            }
            Err(Failure::Fault(fault)) => Err(fault.into()),
        }
    }
}

impl PublishCouponsPayload {
    fn refused(error: InputError) -> Self {
        Self {
            codes: None,
            user_errors: vec![error.into()],
        }
    }
}

impl PublishCouponsInput {
    fn wish(self) -> Result<Publication, InputError> {
        let store_id = self
            .store_id
            .map(|id| id.parse_input(&["storeId"]))
            .transpose()?;
        let idempotency_key = self
            .idempotency_key
            .map(|key| idempotency_key(&key))
            .transpose()
            .map_err(|message| InputError::invalid(message, &["idempotencyKey"]))?;
        let free_option_id = self
            .free_option_id
            .map(|id| id.parse_input(&["freeOptionId"]))
            .transpose()?;
        Ok(Publication {
            store_id,
            name: self.name,
            count: self.count,
            discount: DiscountFields {
                fixed_amount: self.fixed_amount.map(|amount| amount.0),
                percent: self.percent,
                maximum: self.maximum.map(|amount| amount.0),
                free_option_id,
                free_quantity: self.free_quantity,
            },
            minimum_total: self.minimum_total.0,
            per_member_limit: self.per_member_limit,
            expires_at: self.expires_at,
            idempotency_key,
        })
    }
}

fn told(refusal: &PublishRefusal) -> InputError {
    let not_found = |message, path| InputError::new(UserErrorCode::NotFound, message).at(&[path]);
    match refusal {
        PublishRefusal::BadTerms(bad) => told_terms(bad),
        PublishRefusal::NoStore | PublishRefusal::NoSuchStore => {
            not_found(message!("coupon-store-not-found"), "storeId")
        }
        PublishRefusal::NoSuchOption => {
            not_found(message!("coupon-option-not-found"), "freeOptionId")
        }
        PublishRefusal::KeyReused => InputError::new(
            UserErrorCode::IdempotencyKeyReused,
            message!("coupon-key-reused"),
        )
        .at(&["idempotencyKey"]),
    }
}

fn told_terms(bad: &BadTerms) -> InputError {
    match *bad {
        BadTerms::Name => {
            InputError::invalid(message!("coupon-bad-name", max = NAME_MAX), &["name"])
        }
        BadTerms::Kinds => {
            InputError::new(UserErrorCode::InvalidInput, message!("coupon-one-discount"))
        }
        BadTerms::Stray(field) => {
            let field = field.name();
            InputError::invalid(message!("coupon-stray-field", field), &[field])
        }
        BadTerms::OutOfRange { field, min, max } => {
            let field = field.name();
            InputError::invalid(message!("coupon-out-of-range", field, min, max), &[field])
        }
        BadTerms::ExpiresAt => {
            let message = message!("coupon-bad-expiry", years = GOOD_FOR_YEARS);
            InputError::invalid(message, &["expiresAt"])
        }
    }
}

impl Field {
    const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::FixedAmount => "fixedAmount",
            Self::Percent => "percent",
            Self::Maximum => "maximum",
            Self::FreeQuantity => "freeQuantity",
            Self::MinimumTotal => "minimumTotal",
            Self::PerMemberLimit => "perMemberLimit",
        }
    }
}
