use std::sync::Arc;

use async_graphql::{MergedObject, MergedSubscription, Schema};
use chrono::{DateTime, Utc};

use super::node::NodeQuery;
use crate::{
    app::App,
    cart::graphql::{CartMutation, CartQuery},
    catalog::graphql::{CatalogQuery, ProductConnection},
    config::{QUERY_COMPLEXITY_MAX, QUERY_DEPTH_MAX},
    member::graphql::{MemberMutation, MemberQuery},
    order::graphql::{
        CancelOrderMutation, OrderConnection, OrderMutation, OrderQuery, OrderSubscription,
    },
    payment::graphql::{PaymentMutation, PaymentQuery},
    point::graphql::{PointEntryConnection, PointMutation},
    popularity::graphql::PopularityQuery,
    stock::graphql::StockSubscription,
    store::graphql::{StoreConnection, StoreQuery},
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
/// errors.
#[derive(MergedObject, Default)]
pub struct Mutation(
    MemberMutation,
    PointMutation,
    CartMutation,
    OrderMutation,
    CancelOrderMutation,
    PaymentMutation,
);

/// What is told as it happens, over WebSocket (graphql-transport-ws). The access token goes into the
/// payload of `connection_init`: `{"Authorization": "Bearer …"}`.
#[derive(MergedSubscription, Default)]
pub struct Subscription(OrderSubscription, StockSubscription);

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
    .override_output_type_description::<OrderConnection>("A page of orders.")
    .override_output_type_description::<PointEntryConnection>("A page of a point ledger.")
    .limit_depth(QUERY_DEPTH_MAX)
    .limit_complexity(QUERY_COMPLEXITY_MAX);
    match app {
        Some(app) => builder.data(app).finish(),
        None => builder.finish(),
    }
}
