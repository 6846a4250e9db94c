use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, dataloader::Loader};
use chrono::{DateTime, Utc};
use entity::{
    Won as Amount, cart, cart_item,
    id::{CartId, CartItemId},
};

use super::{Refusal, store};
use futures_util::try_join;

use crate::{
    catalog::graphql::{ProductOption, WholeOf},
    config::LINES_MAX,
    fault::{Failure, Fault},
    graphql::{
        ApiError, AppContext, IdArgument, InputError, UserError, UserErrorCode,
        loader::{Reader, grouped, keyed},
        parse_ids, settle,
        won::Won,
    },
    text::message,
};

/// A member's cart. It reserves nothing: what is in it may be sold to others until it is ordered.
#[derive(Clone)]
pub struct Cart(pub cart::Model);

/// A line of a cart: some pieces of one option.
#[derive(Clone)]
pub struct CartItem(pub cart_item::Model);

/// Which option to add, and how many pieces of it.
#[derive(InputObject)]
pub struct AddToCartInput {
    /// The option; begins with `option_`.
    option_id: ID,
    /// Pieces to add, at least 1; a line holds at most 999 unless the shop is set up otherwise.
    #[graphql(default = 1)]
    quantity: i32,
}

/// Which line to change, and how many pieces it shall hold.
#[derive(InputObject)]
pub struct UpdateCartItemInput {
    /// The line; begins with `cart_item_`.
    cart_item_id: ID,
    /// Pieces that the line shall hold; 0 removes the line.
    quantity: i32,
}

/// Which lines to remove.
#[derive(InputObject)]
pub struct RemoveFromCartInput {
    /// The lines, at most 100; each begins with `cart_item_`.
    cart_item_ids: Vec<ID>,
}

macro_rules! cart_payloads {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(SimpleObject)]
        pub struct $name {
            /// The cart as it is now; null if there are user errors.
            cart: Option<Cart>,
            /// Why nothing was changed; empty on success.
            user_errors: Vec<UserError>,
        }

        impl $name {
            fn of(outcome: Outcome) -> Result<Self, ApiError> {
                let (cart, user_errors) = settle(outcome)?;
                Ok(Self { cart: cart.map(Cart), user_errors })
            }
        }
    )+};
}

type Outcome = crate::fault::Outcome<cart::Model, UserError>;

cart_payloads! {
    /// What adding to the cart gives.
    AddToCartPayload
    /// What changing a line of the cart gives.
    UpdateCartItemPayload
    /// What removing lines from the cart gives.
    RemoveFromCartPayload
    /// What emptying the cart gives.
    ClearCartPayload
}

#[derive(Default)]
pub struct CartQuery;

#[Object]
impl CartQuery {
    /// Your cart. UNAUTHENTICATED without a sign-in.
    async fn cart(&self, ctx: &Context<'_>) -> Result<Option<Cart>, ApiError> {
        let caller = ctx.caller()?;
        Ok(Some(Cart(super::cart(ctx.app(), caller.member_id).await?)))
    }
}

#[derive(Default)]
pub struct CartMutation;

#[Object]
impl CartMutation {
    /// Puts pieces of an option into your cart, on top of those that are there. Stock is not asked:
    /// `CartItem.isAvailable` tells.
    async fn add_to_cart(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to add.")] input: AddToCartInput,
    ) -> Result<Option<AddToCartPayload>, ApiError> {
        let caller = ctx.caller()?;
        let add = async || {
            let option_id = input
                .option_id
                .parse_input(&["optionId"])
                .map_err(refused)?;
            super::add_to_cart(ctx.app(), caller.member_id, option_id, input.quantity)
                .await
                .map_err(|failure| failure.map_refusal(|refusal| told(refusal, "optionId")))
        };
        AddToCartPayload::of(add().await).map(Some)
    }

    /// Sets how many pieces a line of your cart holds; 0 removes it.
    async fn update_cart_item(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateCartItemInput,
    ) -> Result<Option<UpdateCartItemPayload>, ApiError> {
        let caller = ctx.caller()?;
        let update = async || {
            let line = input
                .cart_item_id
                .parse_input(&["cartItemId"])
                .map_err(refused)?;
            super::update_cart_item(ctx.app(), caller.member_id, line, input.quantity)
                .await
                .map_err(|failure| failure.map_refusal(|refusal| told(refusal, "cartItemId")))
        };
        UpdateCartItemPayload::of(update().await).map(Some)
    }

    /// Removes lines from your cart: all that are named, or none if one of them is not there.
    async fn remove_from_cart(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to remove.")] input: RemoveFromCartInput,
    ) -> Result<Option<RemoveFromCartPayload>, ApiError> {
        let caller = ctx.caller()?;
        let remove = async || {
            if input.cart_item_ids.len() > LINES_MAX {
                let message = message!("cart-removal-too-large", max = LINES_MAX);
                return Err(refused(InputError::invalid(message, &["cartItemIds"])));
            }
            let lines = parse_ids(&input.cart_item_ids, "cartItemIds").map_err(refused)?;
            super::remove_from_cart(ctx.app(), caller.member_id, &lines)
                .await
                .map_err(|failure| failure.map_refusal(|refusal| told(refusal, "cartItemIds")))
        };
        RemoveFromCartPayload::of(remove().await).map(Some)
    }

    /// Empties your cart.
    async fn clear_cart(&self, ctx: &Context<'_>) -> Result<Option<ClearCartPayload>, ApiError> {
        let caller = ctx.caller()?;
        let cleared = super::clear_cart(ctx.app(), caller.member_id).await;
        let told = cleared.map_err(|failure| failure.map_refusal(|refusal| told(refusal, "")));
        ClearCartPayload::of(told).map(Some)
    }
}

fn refused(error: InputError) -> Failure<UserError> {
    Failure::Refused(error.into())
}

/// A refusal in the words of the API; `field` is the input field that names the option or line.
fn told(refusal: Refusal, field: &str) -> UserError {
    use UserErrorCode::{InvalidInput, NotFound, ProductUnavailable};
    let error = match refusal {
        Refusal::QuantityOutOfRange { max } => {
            InputError::invalid(message!("cart-quantity-out-of-range", max), &["quantity"])
        }
        Refusal::LineTooLarge { max } => {
            InputError::invalid(message!("cart-line-too-large", max), &["quantity"])
        }
        Refusal::CartFull { max } => InputError::new(InvalidInput, message!("cart-full", max)),
        Refusal::NoSuchOption => {
            InputError::new(NotFound, message!("cart-option-not-found")).at(&[field])
        }
        Refusal::ProductUnavailable => {
            let message = message!("cart-product-unavailable");
            InputError::new(ProductUnavailable, message).at(&[field])
        }
        Refusal::NoSuchLine { index } => {
            let index = index.to_string();
            let path = if field == "cartItemIds" {
                vec![field, &index]
            } else {
                vec![field]
            };
            InputError::new(NotFound, message!("cart-line-not-found")).at(&path)
        }
    };
    error.into()
}

/// A member's cart. It reserves nothing: what is in it may be sold to others until it is ordered.
#[Object]
impl Cart {
    /// Begins with `cart_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its lines, in the order in which they were added.
    async fn items(&self, ctx: &Context<'_>) -> Result<Vec<CartItem>, ApiError> {
        self.lines(ctx).await
    }

    /// Pieces over all lines.
    async fn total_quantity(&self, ctx: &Context<'_>) -> Result<i32, ApiError> {
        Ok(self
            .lines(ctx)
            .await?
            .iter()
            .map(|line| line.0.quantity)
            .sum())
    }

    /// What all lines cost at today's prices, unavailable ones included: what `expectedTotal` of an order
    /// of the whole cart must say, less what a coupon takes off.
    async fn total(&self, ctx: &Context<'_>) -> Result<Won, ApiError> {
        let lines = self.lines(ctx).await?;
        let ids = lines.iter().map(|line| WholeOf(line.0.option_id));
        let options = ctx.loaders().load_many(ids).await?;
        let totals = lines.iter().map(|line| {
            let option = options.get(&WholeOf(line.0.option_id))?;
            option.0.price.checked_mul(line.0.quantity)
        });
        totals
            .collect::<Option<Vec<_>>>()
            .and_then(Amount::checked_sum)
            .map(Won)
            .ok_or_else(|| ApiError::internal("a cart's total cannot be counted"))
    }

    /// When you last changed it; ordering takes lines away without changing it.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

impl Cart {
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<CartItem>, ApiError> {
        Ok(ctx
            .loaders()
            .load_one(LinesOf(self.0.id))
            .await?
            .unwrap_or_default())
    }
}

impl CartItem {
    /// What is in it, with all that its line is reckoned from.
    async fn whole_option(&self, ctx: &Context<'_>) -> Result<ProductOption, ApiError> {
        let id = self.0.option_id;
        let option = ctx.loaders().load_one(WholeOf(id)).await?;
        option.ok_or_else(|| ApiError::internal(format!("{id} is in a cart but not there")))
    }
}

/// A line of a cart: some pieces of one option.
#[Object]
impl CartItem {
    /// Begins with `cart_item_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What is in it.
    async fn option(&self, ctx: &Context<'_>) -> Result<ProductOption, ApiError> {
        self.whole_option(ctx).await
    }

    /// How many pieces.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// What one piece costs today.
    async fn unit_price(&self, ctx: &Context<'_>) -> Result<Won, ApiError> {
        Ok(self.whole_option(ctx).await?.0.price.into())
    }

    /// What the line costs today.
    async fn line_total(&self, ctx: &Context<'_>) -> Result<Won, ApiError> {
        let option = self.whole_option(ctx).await?;
        let total = option.0.price.checked_mul(self.0.quantity);
        total
            .map(Won)
            .ok_or_else(|| ApiError::internal("a line's total cannot be counted"))
    }

    /// Whether the line could be ordered as it is: its option and product are on sale, their store is open, and
    /// there are enough pieces.
    async fn is_available(&self, ctx: &Context<'_>) -> Result<bool, ApiError> {
        let option = self.whole_option(ctx).await?;
        let product = option.product(ctx).await?;
        let (store, stock) = try_join!(product.store(ctx), option.stock(ctx))?;
        let is_on_sale = option.0.deleted_at.is_none() && product.0.deleted_at.is_none();
        Ok(is_on_sale && store.0.is_open && stock >= self.0.quantity)
    }
}

/// The loader key of a cart's lines.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinesOf(pub CartId);

impl Loader<LinesOf> for Reader {
    type Value = Vec<CartItem>;
    type Error = Fault;

    async fn load(&self, keys: &[LinesOf]) -> Result<HashMap<LinesOf, Vec<CartItem>>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let lines = store::lines_of(self.db.reader(), &ids).await?;
        Ok(grouped(lines, |line| LinesOf(line.cart_id), CartItem))
    }
}

impl Loader<CartId> for Reader {
    type Value = Cart;
    type Error = Fault;

    async fn load(&self, ids: &[CartId]) -> Result<HashMap<CartId, Cart>, Fault> {
        let rows = store::by_ids(self.db.reader(), ids).await?;
        Ok(keyed(rows, |row| row.id, Cart))
    }
}

impl Loader<CartItemId> for Reader {
    type Value = CartItem;
    type Error = Fault;

    async fn load(&self, ids: &[CartItemId]) -> Result<HashMap<CartItemId, CartItem>, Fault> {
        let rows = store::lines_by_ids(self.db.reader(), ids).await?;
        Ok(keyed(rows, |row| row.id, CartItem))
    }
}

/// The cart with this id, if the caller may see it.
pub async fn cart_node(ctx: &Context<'_>, id: CartId) -> Result<Option<Cart>, ApiError> {
    let caller = ctx.caller()?;
    let cart: Option<Cart> = ctx.loaders().load_one(id).await?;
    Ok(cart.filter(|cart| caller.may_see(cart.0.member_id)))
}

/// The cart line with this id, if the caller may see its cart.
pub async fn line_node(ctx: &Context<'_>, id: CartItemId) -> Result<Option<CartItem>, ApiError> {
    ctx.caller()?;
    let Some(line): Option<CartItem> = ctx.loaders().load_one(id).await? else {
        return Ok(None);
    };
    let cart = cart_node(ctx, line.0.cart_id).await?;
    Ok(cart.map(|_| line))
}
