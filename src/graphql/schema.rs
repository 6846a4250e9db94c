use std::sync::Arc;

use async_graphql::{MergedObject, MergedSubscription, Schema, ValidationMode};
use chrono::{DateTime, Utc};

use super::node::NodeQuery;
use crate::{
    app::App,
    cart::graphql::{CartMutation, CartQuery},
    catalog::graphql::{CatalogMutation, CatalogQuery, ProductConnection},
    coupon::graphql::{CouponConnection, PublishCouponsMutation, RegisterCouponMutation},
    gift::graphql::{GiftConnection, GiftMutation, GiftSubscription},
    member::graphql::{MemberMutation, MemberQuery, RegisterMerchantMutation},
    order::graphql::{
        CancelOrderMutation, FulfilmentMutation, OrderConnection, OrderMutation, OrderQuery,
        OrderSubscription,
    },
    payment::graphql::{PaymentMutation, PaymentQuery},
    picture::graphql::PictureMutation,
    point::graphql::{PointEntryConnection, PointMutation},
    popularity::graphql::PopularityQuery,
    stock::graphql::{StockAdjustmentConnection, StockMutation, StockSubscription},
    store::{
        graphql::{StoreConnection, StoreMutation, StoreQuery},
        wallet::graphql::WalletEntryConnection,
    },
};

/// Reads. Fields that need a member are nullable, so that a missing sign-in nulls only them.
#[derive(MergedObject, Default)]
pub struct Query(
    NodeQuery,
    MemberQuery,
    CatalogQuery,
    PopularityQuery,
    StoreQuery,
    CartQuery,
    OrderQuery,
    PaymentQuery,
);

/// Changes. Each takes one input and gives one payload. What a caller can get wrong stands typed in the
/// payload's `userErrors`, and then nothing was changed; the payload's other fields are null exactly when
/// there is a user error. Only authentication, authorization, overload and server faults are top-level
/// errors. Messages are in Korean or English, as `Accept-Language` asks; codes are the same in both.
#[derive(MergedObject, Default)]
pub struct Mutation(
    MemberMutation,
    RegisterMerchantMutation,
    StoreMutation,
    CatalogMutation,
    StockMutation,
    PointMutation,
    CartMutation,
    OrderMutation,
    CancelOrderMutation,
    FulfilmentMutation,
    PaymentMutation,
    PublishCouponsMutation,
    RegisterCouponMutation,
    PictureMutation,
    GiftMutation,
);

/// What is told as it happens, over WebSocket (graphql-transport-ws) or Server-Sent Events (a POST that accepts
/// `text/event-stream`). Over WebSocket the access token goes into the payload of `connection_init`, and the language of
/// messages may: `{"Authorization": "Bearer …", "Accept-Language": "ko"}`.
#[derive(MergedSubscription, Default)]
pub struct Subscription(OrderSubscription, StockSubscription, GiftSubscription);

/// Jangteo's schema.
pub type ShopSchema = Schema<Query, Mutation, Subscription>;

/// Builds the schema; `app` is `None` where only its text is wanted.
#[must_use]
pub fn build(app: Option<Arc<App>>) -> ShopSchema {
    let builder = Schema::build(
        Query::default(),
        Mutation::default(),
        Subscription::default(),
    )
    .override_output_type_description::<DateTime<Utc>>("A moment: RFC 3339, in UTC.")
    .override_output_type_description::<ProductConnection>("A page of products.")
    .override_output_type_description::<StoreConnection>("A page of stores.")
    .override_output_type_description::<StockAdjustmentConnection>("A page of a stock ledger.")
    .override_output_type_description::<OrderConnection>("A page of orders.")
    .override_output_type_description::<PointEntryConnection>("A page of a point ledger.")
    .override_output_type_description::<CouponConnection>("A page of a member's coupons.")
    .override_output_type_description::<GiftConnection>("A page of gifts.")
    .override_output_type_description::<WalletEntryConnection>("A page of a store wallet's ledger.")
    // Documents are judged, and held against the limits, before they are kept: see document/mod.rs.
    .validation_mode(ValidationMode::Fast)
    .limit_recursive_depth(usize::MAX);
    match app {
        Some(app) => builder.data(app).finish(),
        None => builder.finish(),
    }
}
