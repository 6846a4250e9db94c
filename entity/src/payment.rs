//! Payments through a gateway: for an order, or to charge points.

use sea_orm::entity::prelude::*;

use crate::{
    Won,
    id::{GiftId, MemberId, OrderId, PaymentId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment")]
pub struct Model {
    /// Also what the gateway calls it: PortOne's paymentId, Toss's orderId, KakaoPay's partner_order_id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    pub member_id: MemberId,
    /// What it pays for: an order or a gift; neither charges the member's points.
    pub order_id: Option<OrderId>,
    pub gift_id: Option<GiftId>,
    pub provider: PaymentProvider,
    pub status: PaymentStatus,
    /// What the window shows.
    pub order_name: String,
    pub amount: Won,
    /// What the gateway took: the amount, unless somebody tampered with it.
    pub taken: Won,
    /// What the gateway has given back, by our asking or in its own console.
    pub refunded: Won,
    /// The client's key of a charge: at most one charge a member and key.
    pub charge_key: Option<String>,
    /// Whether its order came out of the member's cart, and goes back into it should the payment end unpaid.
    pub is_from_cart: bool,
    /// What the client opens the window with; `None` until the gateway was prepared.
    pub checkout: Option<Json>,
    /// The gateway's own name for it: Toss's paymentKey, KakaoPay's tid, PortOne's transactionId.
    pub reference: Option<String>,
    /// When the gateway was first asked to take the money and the answer is not certain yet.
    pub approving_since: Option<DateTimeUtc>,
    /// How many keys were used to ask for approval: a key replays its first answer for days.
    pub approvals: i32,
    /// Why it failed: a text that the shop knows, or the gateway's words.
    pub failure: Option<String>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub paid_at: Option<DateTimeUtc>,
    /// When the reconciler looks at it next; `None` when there is nothing left to learn.
    pub check_at: Option<DateTimeUtc>,
    /// How often it looked, for its back-off.
    pub checks: i32,
    /// The sequence of the newest event.
    pub last_sequence: i32,
    #[sea_orm(belongs_to, from = "member_id", to = "id")]
    pub member: BelongsTo<super::member::Entity>,
    #[sea_orm(belongs_to, from = "order_id", to = "id")]
    pub order: BelongsTo<Option<super::order::Entity>>,
    #[sea_orm(has_many)]
    pub events: HasMany<super::payment_event::Entity>,
    #[sea_orm(has_many)]
    pub refunds: HasMany<super::refund::Entity>,
}

/// Who takes the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "UPPERCASE")]
pub enum PaymentProvider {
    PortOne,
    Toss,
    KakaoPay,
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "Text",
    rename_all = "SCREAMING_SNAKE_CASE"
)]
pub enum PaymentStatus {
    /// Waiting for the member, or for certainty.
    Ready,
    Paid,
    PartiallyCanceled,
    /// All of it was given back.
    Canceled,
    /// Declined, or given up.
    Failed,
    Expired,
}

impl ActiveModelBehavior for ActiveModel {}
