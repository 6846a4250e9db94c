use async_graphql::{Context, ID, Interface, Object};
use entity::id::{
    CartId, CartItemId, CouponId, GiftId, MemberId, OptionId, OrderId, OrderItemId, PaymentId,
    PointEntryId, ProductId, StockAdjustmentId, StoreId, StoreWalletId, TypedId, UserPointId,
    WalletEntryId,
};
use futures_util::{FutureExt, TryStreamExt, stream::FuturesOrdered};

use super::{ApiError, AppContext, IdArgument};
use crate::{
    cart::graphql::{Cart, CartItem, cart_node, line_node},
    catalog::graphql::{Product, ProductOption},
    config::PAGE_MAX,
    coupon::graphql::{Coupon, node as coupon_node},
    gift::graphql::{Gift, node as gift_node},
    member::graphql::{Member, node as member_node},
    order::graphql::{Order, OrderItem, item_node, node as order_node},
    payment::graphql::{Payment, node as payment_node},
    point::graphql::{PointEntry, UserPoint, entry_node, node as purse_node},
    stock::graphql::{StockAdjustment, adjustment_node},
    store::{
        graphql::Store,
        wallet::graphql::{
            StoreWallet, WalletEntry, entry_node as wallet_entry_node, node as wallet_node,
        },
    },
    text::message,
};

/// Anything with an id.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "A TypeID: a prefix that tells what it is, and 26 characters. Treat it as opaque."
))]
pub enum Node {
    Member(Member),
    UserPoint(UserPoint),
    PointEntry(PointEntry),
    Payment(Payment),
    Store(Store),
    Product(Product),
    ProductOption(ProductOption),
    StockAdjustment(StockAdjustment),
    Cart(Cart),
    CartItem(CartItem),
    Order(Order),
    OrderItem(OrderItem),
    Coupon(Coupon),
    Gift(Gift),
    StoreWallet(StoreWallet),
    WalletEntry(WalletEntry),
}

#[derive(Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Anything by its id; null if there is no such thing, or it is not yours.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of anything.")] id: ID,
    ) -> Result<Option<Node>, ApiError> {
        find(ctx, &id).await
    }

    /// Many things by their ids, in the order of the ids; null where there is no such thing, or it is not
    /// yours, and null with an error where the id is malformed.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 100 ids of anything.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Result<Node, ApiError>>>, ApiError> {
        if ids.len() > PAGE_MAX {
            let message = message!("graphql-too-many-nodes", max = PAGE_MAX);
            return Err(ApiError::bad_request(message));
        }
        // All at once, so that their look-ups share statements.
        ids.iter()
            .map(|id| find(ctx, id).map(in_its_place))
            .collect::<FuturesOrdered<_>>()
            .try_collect()
            .await
    }
}

/// A malformed id costs its neighbours nothing; what the server fails in is told once, for all.
fn in_its_place(
    found: Result<Option<Node>, ApiError>,
) -> Result<Option<Result<Node, ApiError>>, ApiError> {
    match found {
        Err(error @ ApiError::BadRequest(_)) => Ok(Some(Err(error))),
        found => Ok(found?.map(Ok)),
    }
}

async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>, ApiError> {
    let loaders = ctx.loaders();
    let prefix = id.rsplit_once('_').map_or("", |(prefix, _)| prefix);
    Ok(match prefix {
        ProductId::PREFIX => loaders
            .load_one(id.parse_argument::<ProductId>()?)
            .await?
            .map(Node::Product),
        OptionId::PREFIX => loaders
            .load_one(id.parse_argument::<OptionId>()?)
            .await?
            .map(Node::ProductOption),
        StoreId::PREFIX => loaders
            .load_one(id.parse_argument::<StoreId>()?)
            .await?
            .map(Node::Store),
        StockAdjustmentId::PREFIX => adjustment_node(ctx, id.parse_argument()?)
            .await?
            .map(Node::StockAdjustment),
        MemberId::PREFIX => member_node(ctx, id.parse_argument()?)
            .await?
            .map(Node::Member),
        UserPointId::PREFIX => purse_node(ctx, id.parse_argument()?)
            .await?
            .map(Node::UserPoint),
        PointEntryId::PREFIX => entry_node(ctx, id.parse_argument()?)
            .await?
            .map(Node::PointEntry),
        PaymentId::PREFIX => payment_node(ctx, id.parse_argument()?)
            .await?
            .map(Node::Payment),
        CartId::PREFIX => cart_node(ctx, id.parse_argument()?).await?.map(Node::Cart),
        CartItemId::PREFIX => line_node(ctx, id.parse_argument()?)
            .await?
            .map(Node::CartItem),
        OrderId::PREFIX => order_node(ctx, id.parse_argument()?)
            .await?
            .map(Node::Order),
        OrderItemId::PREFIX => item_node(ctx, id.parse_argument()?)
            .await?
            .map(Node::OrderItem),
        CouponId::PREFIX => coupon_node(ctx, id.parse_argument()?)
            .await?
            .map(Node::Coupon),
        GiftId::PREFIX => gift_node(ctx, id.parse_argument()?).await?.map(Node::Gift),
        StoreWalletId::PREFIX => wallet_node(ctx, id.parse_argument()?)
            .await?
            .map(Node::StoreWallet),
        WalletEntryId::PREFIX => wallet_entry_node(ctx, id.parse_argument()?)
            .await?
            .map(Node::WalletEntry),
        _ => return Err(ApiError::bad_request(message!("graphql-unknown-id"))),
    })
}
