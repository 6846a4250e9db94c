mod loader;
mod mutation;

use std::{borrow::Cow, sync::Arc};

use async_graphql::{Context, Enum, ID, InputObject, Lookahead, Object, connection::Connection};
use chrono::{DateTime, Utc};
use entity::{
    id::{ProductId, StoreId},
    product, product_option,
};
use futures_util::future::try_join_all;

use super::{
    store::{self, Filter, Place, Sort},
    whole::{self, Parts, Whole, WholeOption},
};
use crate::{
    event::StockLevel,
    graphql::{
        ApiError, AppContext, IdArgument,
        connection::{PageArguments, TotalCount, connection},
        loader::{ListOf, referred},
        won::Won,
    },
    paging::Window,
    picture::address::at_width,
    stock::graphql::{StockAdjustmentConnection, StockOf, adjustments_of},
    store::graphql::Store,
    text::message,
};

pub use loader::{OptionsOf, ProductCountOf, WholeOf};
use loader::{StockedOptionsOf, WholeProduct};
pub use mutation::CatalogMutation;

/// Something for sale, in one or more options; and what was read with it, so that it need not be read again.
#[derive(Clone)]
pub struct Product(pub product::Model, BesideProduct);

#[derive(Clone, Default)]
struct BesideProduct {
    store: Option<Store>,
    /// Those on sale, with their stock.
    options: Option<Arc<[ProductOption]>>,
}

/// One buyable variant of a product, with its own price and stock; and what was read with it, so that it need not be
/// read again.
#[derive(Clone)]
pub struct ProductOption(pub product_option::Model, BesideOption);

#[derive(Clone, Default)]
struct BesideOption {
    quantity: Option<i32>,
    product: Option<Arc<Product>>,
}

/// Which products are wanted; all conditions together.
#[derive(InputObject, Default)]
pub struct ProductFilter {
    /// Words that the product's name contains, in any order, in upper or lower case.
    search: Option<String>,
    /// Only this store's products.
    store_id: Option<ID>,
    /// `true`: only products with a piece left in some option; `false`: only sold-out ones.
    in_stock: Option<bool>,
    /// Only products whose lowest option price is at least this.
    min_price: Option<Won>,
    /// Only products whose lowest option price is at most this.
    max_price: Option<Won>,
}

/// In which order products come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Sort")]
pub enum ProductSort {
    /// The newest first.
    Newest,
    /// The cheapest first, by the lowest option price.
    #[graphql(name = "PRICE_ASC")]
    PriceAscending,
    /// The dearest first, by the lowest option price.
    #[graphql(name = "PRICE_DESC")]
    PriceDescending,
    /// By name in code-point order, which is 가나다 order for Hangul.
    Name,
}

pub type ProductConnection = Connection<String, Product, TotalCount>;

#[derive(Default)]
pub struct CatalogQuery;

#[Object]
impl CatalogQuery {
    /// The products on sale.
    #[expect(
        clippy::too_many_arguments,
        reason = "Relay's four, a filter and a sort order"
    )]
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which products are wanted.")] filter: Option<ProductFilter>,
        #[graphql(
            desc = "In which order they come.",
            default_with = "Some(ProductSort::Newest)"
        )]
        sort: Option<ProductSort>,
        #[graphql(
            desc = "The most nodes to return from the start, 0 to 100; 20 without `first` and `last`."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only nodes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The most nodes to return from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only nodes before this cursor.")] before: Option<String>,
    ) -> Result<ProductConnection, ApiError> {
        let filter = filter.unwrap_or_default().checked()?;
        let sort = sort.unwrap_or(ProductSort::Newest).into();
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let window = window(arguments, sort)?;
        let parts = parts_of_nodes(&ctx.look_ahead());
        let (wanted, of) = (&filter, &window);
        let products = if parts.any() && ctx.shelf().is_primary() {
            let db = ctx.loaders().reader().db.reader();
            let rows = whole::window(db, wanted, sort, of, parts).await?;
            rows.into_iter().map(Product::from).collect()
        } else {
            let rows = ctx
                .shelf()
                .read(|db| async move { store::window(&db, wanted, sort, of).await })
                .await?;
            rows.into_iter().map(Product::from).collect()
        };
        let count = TotalCount::of_root(move |db| {
            let filter = filter.clone();
            async move { store::count(&db, &filter).await }
        });
        page(&window, products, sort, count)
    }

    /// The product with this id, also when it is deleted; null if there is none.
    async fn product(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Begins with `product_`.")] id: ID,
    ) -> Result<Option<Product>, ApiError> {
        let id: ProductId = id.parse_argument()?;
        if parts_of(&ctx.look_ahead()).any() {
            return Ok(ctx.loaders().load_one(WholeProduct(id)).await?);
        }
        Ok(ctx.loaders().load_one(id).await?)
    }
}

/// What a connection's nodes are asked for of what can be read beside them.
fn parts_of_nodes(ahead: &Lookahead<'_>) -> Parts {
    let nodes = parts_of(&ahead.field("nodes"));
    let edges = parts_of(&ahead.field("edges").field("node"));
    Parts {
        store: nodes.store || edges.store,
        options: nodes.options || edges.options,
    }
}

/// What a product is asked for of what can be read beside it.
fn parts_of(product: &Lookahead<'_>) -> Parts {
    let asks = |field| product.field(field).exists();
    Parts {
        store: asks("store"),
        options: asks("options") || asks("stockQuantity"),
    }
}

impl From<product::Model> for Product {
    fn from(product: product::Model) -> Self {
        Self(product, BesideProduct::default())
    }
}

impl From<Whole> for Product {
    fn from(whole: Whole) -> Self {
        let options = whole.options;
        let beside = BesideProduct {
            store: whole.store.map(Store),
            options: options.map(|it| it.into_iter().map(ProductOption::from).collect()),
        };
        Self(whole.product, beside)
    }
}

impl From<product_option::Model> for ProductOption {
    fn from(option: product_option::Model) -> Self {
        Self(option, BesideOption::default())
    }
}

impl From<&StockLevel> for ProductOption {
    fn from(level: &StockLevel) -> Self {
        let beside = BesideOption {
            quantity: Some(level.quantity),
            product: None,
        };
        Self(level.option.clone(), beside)
    }
}

impl From<store::Stocked> for ProductOption {
    fn from(stocked: store::Stocked) -> Self {
        let beside = BesideOption {
            quantity: stocked.quantity,
            product: None,
        };
        Self(stocked.option, beside)
    }
}

impl From<WholeOption> for ProductOption {
    fn from(whole: WholeOption) -> Self {
        let beside = BesideProduct {
            store: Some(Store(whole.store)),
            options: None,
        };
        let mut option = Self::from(whole.stocked);
        option.1.product = Some(Arc::new(Product(whole.product, beside)));
        option
    }
}

/// A store's products on sale, the newest first.
pub async fn page_of_store(
    ctx: &Context<'_>,
    store_id: StoreId,
    arguments: PageArguments,
) -> Result<ProductConnection, ApiError> {
    let window = window(arguments, Sort::Newest)?;
    let key = ListOf {
        parent: store_id,
        asked: window.clone(),
    };
    let rows = ctx.loaders().load_one(key).await?.unwrap_or_default();
    let products = rows.into_iter().map(Product::from).collect();
    let count = TotalCount::of_parent(ProductCountOf(store_id));
    page(&window, products, Sort::Newest, count)
}

fn window(arguments: PageArguments, sort: Sort) -> Result<Window<Place>, ApiError> {
    let window = arguments.window::<Place>()?;
    if window.bounds().all(|place| place.belongs_to(sort)) {
        Ok(window)
    } else {
        Err(ApiError::bad_request(message!("graphql-foreign-cursor")))
    }
}

fn page(
    window: &Window<Place>,
    products: Vec<Product>,
    sort: Sort,
    count: TotalCount,
) -> Result<ProductConnection, ApiError> {
    let place = |product: &Product| sort.place(&product.0);
    connection(window, products, count, place, |product| product)
}

/// The longest search, in characters.
const SEARCH_CHARS_MAX: usize = 100;

impl ProductFilter {
    fn checked(self) -> Result<Filter, ApiError> {
        if self
            .search
            .as_ref()
            .is_some_and(|search| search.chars().count() > SEARCH_CHARS_MAX)
        {
            let message = message!("catalog-search-too-long", max = SEARCH_CHARS_MAX);
            return Err(ApiError::bad_request(message));
        }
        if self
            .search
            .as_ref()
            .is_some_and(|search| search.contains(char::is_control))
        {
            return Err(ApiError::bad_request(message!("catalog-search-unreadable")));
        }
        Ok(Filter {
            search: self.search,
            store_id: self.store_id.map(|id| id.parse_argument()).transpose()?,
            in_stock: self.in_stock,
            min_price: self.min_price.map(|price| price.0),
            max_price: self.max_price.map(|price| price.0),
        })
    }
}

/// Something for sale, in one or more options.
#[Object]
impl Product {
    /// Begins with `product_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is, in a few sentences; may be empty.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Its picture: a URL, relative to the server if it begins with `/`. What is there never changes.
    async fn image_url(
        &self,
        #[graphql(
            desc = "How wide you show it, in pixels: a picture that was uploaded comes in several widths, and this is the \
                    narrowest that is enough. Leave it out for the widest."
        )]
        width: Option<i32>,
    ) -> Option<Cow<'_, str>> {
        let url = self.0.image_url.as_deref()?;
        Some(at_width(url, width))
    }

    /// The lowest price among its options on sale.
    async fn price(&self) -> Won {
        self.0.price.into()
    }

    /// What can be bought of it, in its merchant's order; at least one.
    async fn options(&self, ctx: &Context<'_>) -> Result<Arc<[ProductOption]>, ApiError> {
        if let Some(options) = &self.1.options {
            return Ok(options.clone());
        }
        let (id, loaders) = (self.0.id, ctx.loaders());
        let options = if ctx.look_ahead().field("stockQuantity").exists() {
            loaders.load_one(StockedOptionsOf(id)).await?
        } else {
            loaders.load_one(OptionsOf(id)).await?
        };
        Ok(options.unwrap_or_default().into())
    }

    /// Pieces left over all options that are on sale, read when you ask.
    async fn stock_quantity(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        let options = if let Some(options) = &self.1.options {
            options.clone()
        } else {
            let options = ctx.loaders().load_one(StockedOptionsOf(self.0.id)).await?;
            options.unwrap_or_default().into()
        };
        let stocks = options.iter().map(|option| option.stock(ctx));
        let quantities = try_join_all(stocks).await?;
        Ok(quantities.into_iter().map(i64::from).sum())
    }

    /// Who sells it.
    pub async fn store(&self, ctx: &Context<'_>) -> Result<Store, ApiError> {
        match &self.1.store {
            Some(store) => Ok(store.clone()),
            None => referred(ctx, self.0.store_id).await,
        }
    }

    /// Whether it was taken off sale. Old orders keep showing it.
    async fn is_deleted(&self) -> bool {
        self.0.deleted_at.is_some()
    }

    /// When it was put on sale.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

impl ProductOption {
    /// How many pieces are left.
    pub async fn stock(&self, ctx: &Context<'_>) -> Result<i32, ApiError> {
        if let Some(told) = self.1.quantity {
            return Ok(told);
        }
        let quantity = ctx.loaders().load_one(StockOf(self.0.id)).await?;
        Ok(quantity.unwrap_or_default())
    }
}

/// One buyable variant of a product, with its own price and stock.
// Its fields one after the other: there are many options, and hardly ever is anything of one waited for.
#[Object(serial)]
impl ProductOption {
    /// Begins with `option_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What sets it apart from the product's other options, for instance its colour.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What one piece costs.
    async fn price(&self) -> Won {
        self.0.price.into()
    }

    /// Pieces left, read when you ask.
    async fn stock_quantity(&self, ctx: &Context<'_>) -> Result<i32, ApiError> {
        self.stock(ctx).await
    }

    /// Whether it was taken off sale. Old orders keep showing it, also where all of the product is off sale.
    async fn is_deleted(&self) -> bool {
        self.0.deleted_at.is_some()
    }

    /// The product it is an option of.
    pub async fn product(&self, ctx: &Context<'_>) -> Result<Arc<Product>, ApiError> {
        match &self.1.product {
            Some(product) => Ok(product.clone()),
            None => referred(ctx, self.0.product_id).await.map(Arc::new),
        }
    }

    /// How its stock was adjusted, the newest first; what orders took is not among it. For its store's merchant and
    /// admins: FORBIDDEN to others.
    async fn adjustments(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The most nodes to return from the start, 0 to 100; 20 without `first` and `last`."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only nodes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The most nodes to return from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only nodes before this cursor.")] before: Option<String>,
    ) -> Result<Option<StockAdjustmentConnection>, ApiError> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        // On the heap: whatever is asked of an option takes the room of this.
        Box::pin(adjustments_of(ctx, self, arguments))
            .await
            .map(Some)
    }
}
