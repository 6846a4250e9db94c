//! Typed ids: UUIDv7 in the database, [TypeID](https://github.com/jetify-com/typeid) in the API.
//!
//! The prefix tells `node(id:)` where to look and turns a mixed-up id into a clear error; the Rust
//! type makes the mix-up impossible behind the API.

use std::{fmt, str::FromStr};

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use type_safe_id::{StaticType, TypeSafeId};
use uuid::Uuid;

/// What all ids have in common.
pub trait TypedId: Copy + fmt::Display + FromStr<Err = WrongId> + Send + Sync + 'static {
    /// The part of the TypeID before its last underscore.
    const PREFIX: &'static str;

    /// Wraps the UUID that the database stores.
    fn from_uuid(uuid: Uuid) -> Self;

    /// The UUID that the database stores.
    fn uuid(self) -> Uuid;
}

/// A text that is not an id of the expected kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongId {
    /// The prefix that its kind has.
    pub expected_prefix: &'static str,
}

impl fmt::Display for WrongId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "This is not a valid id here: expected one that starts with \"{}_\".",
            self.expected_prefix
        )
    }
}

impl std::error::Error for WrongId {}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident => $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
        pub struct $name(pub Uuid);

        const _: () = {
            #[derive(Default)]
            struct Prefix;

            impl StaticType for Prefix {
                const TYPE: &'static str = $prefix;
            }

            impl TypedId for $name {
                const PREFIX: &'static str = $prefix;

                fn from_uuid(uuid: Uuid) -> Self {
                    Self(uuid)
                }

                fn uuid(self) -> Uuid {
                    self.0
                }
            }

            // SeaORM asks this of every primary key, for databases that hand out numbers.
            impl TryFromU64 for $name {
                fn try_from_u64(number: u64) -> Result<Self, DbErr> {
                    Uuid::try_from_u64(number).map(Self)
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    TypeSafeId::<Prefix>::from_uuid(self.0).fmt(f)
                }
            }

            impl FromStr for $name {
                type Err = WrongId;

                fn from_str(text: &str) -> Result<Self, WrongId> {
                    text.parse::<TypeSafeId<Prefix>>()
                        .map(|id| Self(id.uuid()))
                        .map_err(|_| WrongId { expected_prefix: $prefix })
                }
            }
        };
    )+};
}

typed_ids! {
    /// A person who signs in.
    MemberId => "member";
    /// One sign-in, from which all its refresh tokens descend.
    SessionId => "session";
    /// One refresh token; never leaves the server.
    RefreshTokenId => "refresh_token";
    /// A merchant's shop.
    StoreId => "store";
    /// Something for sale.
    ProductId => "product";
    /// One buyable variant of a product.
    OptionId => "option";
    /// One line of the stock ledger.
    StockAdjustmentId => "stock_adjustment";
    /// A member's purse of points.
    UserPointId => "user_point";
    /// One line of the point ledger.
    PointEntryId => "point_entry";
    /// A member's cart.
    CartId => "cart";
    /// One line of a cart.
    CartItemId => "cart_item";
    /// An order.
    OrderId => "order";
    /// One line of an order.
    OrderItemId => "order_item";
    /// Money that a gateway is to take; also the name that the gateway knows it by.
    PaymentId => "payment";
    /// Money that a gateway is to give back; also the key under which it is asked.
    RefundId => "refund";
    /// What a store has earned.
    StoreWalletId => "wallet";
    /// One line of a store wallet's ledger.
    WalletEntryId => "wallet_entry";
    /// What a store was paid out for a period.
    SettlementId => "settlement";
    /// Coupons that were published together, on the same terms.
    CouponIssueId => "coupon_issue";
    /// One coupon, with its code.
    CouponId => "coupon";
    /// Something that one member bought for another.
    GiftId => "gift";
    /// A message for the world outside; its id is what receivers deduplicate by.
    OutboxId => "event";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_itself() {
        let id = OrderId(Uuid::from_u128(0x0188_bac7_4afa_78aa_bc3b_bd1e_ef28_d881));
        assert_eq!(id.to_string(), "order_01h2xcejqtf2nbrexx3vqjhp41");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(OrderId::from_uuid(id.uuid()), id);
    }

    #[test]
    fn an_id_of_another_kind_is_refused_with_what_was_expected() {
        let product = ProductId(Uuid::nil()).to_string();
        let refusal = product.parse::<OrderItemId>().unwrap_err();
        assert!(refusal.to_string().contains("\"order_item_\""));
        for text in [
            "",
            "_",
            "order",
            "order_",
            "주문_주문",
            "order_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        ] {
            assert!(text.parse::<OrderId>().is_err(), "{text}");
        }
        assert!("가".repeat(80).parse::<OrderId>().is_err());
    }

    #[test]
    fn no_id_is_a_number_that_a_database_hands_out() {
        assert!(OrderId::try_from_u64(1).is_err());
    }
}
