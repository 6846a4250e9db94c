use std::collections::HashMap;

use async_graphql::{
    Context, Enum, ID, InputObject, Object, SimpleObject, Subscription, connection::Connection,
    dataloader::Loader,
};
use chrono::{DateTime, Utc};
use entity::{
    id::{MemberId, OrderId, OrderItemId},
    order, order_event, order_item,
};
use futures_util::{Stream, StreamExt, TryStreamExt};
use tokio_stream::wrappers::BroadcastStream;

use super::{
    OrderWatch, idempotency_key, key,
    placement::{Line, Malformed, Refusal, Request, Selection, Shortage},
    state,
    store::{self, Filter, Place},
};
use crate::{
    catalog::graphql::ProductOption,
    fault::{Failure, Fault, Outcome},
    graphql::{
        ApiError, AppContext, IdArgument, InputError, Loaders, UserError, UserErrorCode,
        connection::{PageArguments, TotalCount},
        loader::Reader,
        parse_ids, settle,
        user_error::{InsufficientPoints, InsufficientStock, StockShortage},
        won::Won,
    },
    member::graphql::Member,
    store::graphql::Store,
};

/// An order.
#[derive(Clone)]
pub struct Order(pub order::Model);

/// A line of an order, with names and prices as they were.
#[derive(Clone)]
pub struct OrderItem(pub order_item::Model);

/// Something that happened to an order.
#[derive(Clone)]
pub struct OrderEvent(pub order_event::Model);

/// Where an order, or an item of it, stands.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "order::OrderStatus")]
pub enum OrderStatus {
    /// Stock is held; a payment gateway must still take the rest.
    PendingPayment,
    /// Paid; the store has not answered yet.
    Paid,
    /// The store prepares it.
    Accepted,
    /// Ready to be handed over.
    Ready,
    /// Handed over. Nothing more happens.
    Completed,
    /// Canceled and refunded. Nothing more happens.
    Canceled,
}

/// Why an item was canceled.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "order::CancelReason")]
pub enum CancelReason {
    /// The member canceled.
    Customer,
    /// The store refused.
    StoreRefused,
    /// The store did not answer in time.
    NotAcceptedInTime,
    /// The gateway declined the payment.
    PaymentFailed,
    /// The member closed the payment window.
    PaymentAbandoned,
    /// The payment was not made in time.
    PaymentExpired,
    /// The pieces were gone when a late payment arrived.
    OutOfStock,
}

/// How to pay.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum PaymentProvider {
    /// With points.
    Point,
    /// Through PortOne.
    #[graphql(name = "PORTONE")]
    PortOne,
    /// Through Toss Payments.
    Toss,
    /// Through KakaoPay.
    #[graphql(name = "KAKAOPAY")]
    KakaoPay,
}

/// Which orders are wanted; all conditions together.
#[derive(InputObject, Default)]
pub struct OrderFilter {
    /// Only orders in one of these statuses.
    status: Option<Vec<OrderStatus>>,
    /// Only orders placed at this time or later.
    placed_from: Option<DateTime<Utc>>,
    /// Only orders placed before this time.
    placed_to: Option<DateTime<Utc>>,
}

/// Some pieces of one option.
#[derive(InputObject)]
pub struct OrderLineInput {
    /// The option; begins with `option_`.
    option_id: ID,
    /// How many pieces, at least 1; at most 999 of one option unless the shop is set up otherwise.
    quantity: i32,
}

/// What to order, and how to pay for it.
#[derive(InputObject)]
pub struct PlaceOrderInput {
    /// What to order, whatever is in the cart: at most 100 lines. Lines of the same option are added up.
    /// Leave out both this and `cartItemIds` to order the whole cart.
    lines: Option<Vec<OrderLineInput>>,
    /// Which lines of the cart to order; each begins with `cart_item_`. They leave the cart.
    cart_item_ids: Option<Vec<ID>>,
    /// How much to pay in points: all of the total. Leave it out if you do not want to check.
    points: Option<Won>,
    /// How to pay.
    #[graphql(default_with = "PaymentProvider::Point")]
    provider: PaymentProvider,
    /// What you showed the buyer: the order is refused with PRICE_CHANGED if it costs anything else.
    expected_total: Option<Won>,
    /// 1 to 64 characters that you make up for this order. Sent again with the same request it gives the
    /// same order, never a second one; so after a lost answer, just send the mutation again.
    idempotency_key: String,
}

/// What placing an order gives.
#[derive(SimpleObject)]
pub struct PlaceOrderPayload {
    /// The order; null if there are user errors.
    order: Option<Order>,
    /// Why no order was placed; empty on success.
    user_errors: Vec<UserError>,
}

pub type OrderConnection = Connection<String, Order, TotalCount>;

#[derive(Default)]
pub struct OrderQuery;

#[Object]
impl OrderQuery {
    /// Your orders, the newest first. UNAUTHENTICATED without a sign-in.
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which orders are wanted.")] filter: Option<OrderFilter>,
        #[graphql(
            desc = "The most nodes to return from the start, 0 to 100; 20 without `first` and `last`."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only nodes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The most nodes to return from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only nodes before this cursor.")] before: Option<String>,
    ) -> Result<Option<OrderConnection>, ApiError> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        page(ctx, ctx.caller()?.member_id, filter, arguments)
            .await
            .map(Some)
    }

    /// One of your orders, by exactly one of its id and its key; null if you have none such.
    /// UNAUTHENTICATED without a sign-in.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Begins with `order_`.")] id: Option<ID>,
        #[graphql(desc = "As people write it: case, dashes and blanks do not matter.")]
        order_key: Option<String>,
    ) -> Result<Option<Order>, ApiError> {
        let caller = ctx.caller()?;
        let order = match (id, order_key) {
            (Some(id), None) => {
                ctx.loaders()
                    .load_one(id.parse_argument::<OrderId>()?)
                    .await?
            }
            (None, Some(text)) => {
                let key = key::read(&text).ok_or_else(|| {
                    ApiError::bad_request("This is not an order key: compare it with the original.")
                })?;
                store::by_key(ctx.app().db.reader(), &key).await?.map(Order)
            }
            _ => {
                return Err(ApiError::bad_request(
                    "Give exactly one of `id` and `orderKey`.",
                ));
            }
        };
        Ok(order.filter(|order| caller.may_see(order.0.member_id)))
    }
}

/// A page of a member's orders; `Member.orders` uses it too.
pub async fn page(
    ctx: &Context<'_>,
    member_id: MemberId,
    filter: Option<OrderFilter>,
    arguments: PageArguments,
) -> Result<OrderConnection, ApiError> {
    let filter = filter.unwrap_or_default();
    let filter = Filter {
        statuses: filter
            .status
            .map(|all| all.into_iter().map(Into::into).collect()),
        placed_from: filter.placed_from,
        placed_to: filter.placed_to,
    };
    let window = arguments.window::<Place>()?;
    let rows = store::page(ctx.app().db.reader(), member_id, &filter, &window).await?;
    let count = TotalCount::new(move |db| {
        let filter = filter.clone();
        async move { store::count(db.reader(), member_id, &filter).await }
    });
    window.connection(rows, count, |row| (row.placed_at, row.id.0), Order)
}

#[derive(Default)]
pub struct OrderMutation;

#[Object]
impl OrderMutation {
    /// Places an order: takes its stock and its points, or changes nothing.
    async fn place_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to order.")] input: PlaceOrderInput,
    ) -> Result<Option<PlaceOrderPayload>, ApiError> {
        let member_id = ctx.caller()?.member_id;
        let list = if input.lines.is_some() {
            "lines"
        } else {
            "cartItemIds"
        };
        let request = match input.request(ctx.app().limits.line_quantity_max) {
            Ok(request) => request,
            Err(error) => return Ok(Some(PlaceOrderPayload::refused(error.into()))),
        };
        match ctx.app().placement.place(member_id, request).await {
            Err(Failure::Refused(Refusal::InsufficientStock(shortages))) => {
                let error = insufficient_stock(ctx.loaders(), &shortages).await?;
                Ok(Some(PlaceOrderPayload::refused(UserError::Stock(error))))
            }
            outcome => PlaceOrderPayload::of(
                outcome.map_err(|failure| failure.map_refusal(|refusal| told(refusal, list))),
            )
            .map(Some),
        }
    }
}

impl PlaceOrderPayload {
    fn of(outcome: Outcome<order::Model, UserError>) -> Result<Self, ApiError> {
        let (order, user_errors) = settle(outcome)?;
        Ok(Self {
            order: order.map(Order),
            user_errors,
        })
    }

    fn refused(error: UserError) -> Self {
        Self {
            order: None,
            user_errors: vec![error],
        }
    }
}

impl PlaceOrderInput {
    fn request(self, line_quantity_max: i32) -> Result<Request, InputError> {
        let list = if self.lines.is_some() {
            "lines"
        } else {
            "cartItemIds"
        };
        let idempotency_key = idempotency_key(&self.idempotency_key)
            .map_err(|message| InputError::invalid(message, &["idempotencyKey"]))?;
        if self.provider != PaymentProvider::Point {
            let message = "Orders can be paid with points only at the moment.";
            return Err(
                InputError::new(UserErrorCode::PaymentUnavailable, message).at(&["provider"])
            );
        }
        let selection = match (self.lines, self.cart_item_ids) {
            (Some(_), Some(_)) => {
                let message =
                    "Give either `lines` or `cartItemIds`, or neither for the whole cart.";
                return Err(InputError::invalid(message, &["cartItemIds"]));
            }
            (Some(lines), None) => Selection::Lines(order_lines(lines)?),
            (None, Some(ids)) => Selection::CartItems(parse_ids(&ids, "cartItemIds")?),
            (None, None) => Selection::Cart,
        };
        let request = Request {
            selection,
            points: self.points.map(|points| points.0),
            expected_total: self.expected_total.map(|total| total.0),
            idempotency_key,
        };
        request
            .checked(line_quantity_max)
            .map_err(|malformed| told_malformed(&malformed, list))
    }
}

fn order_lines(lines: Vec<OrderLineInput>) -> Result<Vec<Line>, InputError> {
    let line = |(index, line): (usize, OrderLineInput)| {
        let option_id = line
            .option_id
            .parse_input(&["lines", &index.to_string(), "optionId"])?;
        Ok(Line {
            option_id,
            quantity: line.quantity,
        })
    };
    lines.into_iter().enumerate().map(line).collect()
}

fn told_malformed(malformed: &Malformed, list: &str) -> InputError {
    match malformed {
        Malformed::Empty => {
            InputError::new(UserErrorCode::EmptyOrder, "There is nothing to order.").at(&[list])
        }
        Malformed::TooManyLines { max } => {
            InputError::invalid(format!("An order has at most {max} lines."), &[list])
        }
        Malformed::QuantityOutOfRange { index, max } => InputError::invalid(
            format!("The quantity of an option is 1 to {max} pieces in one order."),
            &[list, &index.to_string(), "quantity"],
        ),
    }
}

/// A refusal in the words of the API; `list` is the input's list that its index is a place in.
fn told(refusal: Refusal, list: &str) -> UserError {
    use UserErrorCode as Code;
    let place = |index: usize| vec![list.to_owned(), index.to_string()];
    let error = |code, message: String, path: Option<Vec<String>>| InputError {
        code,
        message,
        path,
    };
    let at = |field: &str| Some(vec![field.to_owned()]);
    let error = match refusal {
        Refusal::KeyReused => error(
            Code::IdempotencyKeyReused,
            "This idempotency key was used for another request: make a new key.".into(),
            at("idempotencyKey"),
        ),
        Refusal::Empty => error(Code::EmptyOrder, "Your cart is empty.".into(), None),
        Refusal::NoSuchCartItem { index } => error(
            Code::NotFound,
            "There is no such line in your cart.".into(),
            Some(place(index)),
        ),
        Refusal::NoSuchOption { index } => error(
            Code::NotFound,
            "There is no such option.".into(),
            Some(place(index)),
        ),
        Refusal::ProductUnavailable { index, name } => error(
            Code::ProductUnavailable,
            format!("{name} is no longer for sale: leave it out."),
            index.map(place),
        ),
        Refusal::StoreClosed { index, name } => error(
            Code::StoreClosed,
            format!("The store of {name} is closed at the moment: leave it out, or come again."),
            index.map(place),
        ),
        Refusal::TotalTooLarge => error(
            Code::InvalidInput,
            "The total is beyond what can be counted: order less at once.".into(),
            None,
        ),
        Refusal::PriceChanged { expected, actual } => error(
            Code::PriceChanged,
            format!("The order costs {actual} won, not {expected} won: show that and ask again."),
            at("expectedTotal"),
        ),
        Refusal::PointsMismatch { points, total } => error(
            Code::InvalidInput,
            format!(
                "With provider POINT all of the total is paid in points: {total} won, not {points}."
            ),
            at("points"),
        ),
        Refusal::InsufficientPoints { required, balance } => {
            return UserError::Points(InsufficientPoints {
                code: Code::InsufficientPoints,
                message: format!(
                    "The order costs {required} won and the balance is {balance} won: charge points first."
                ),
                path: None,
                required: Won(required),
                balance: Won(balance),
            });
        }
        Refusal::InsufficientStock(_) => error(
            Code::InsufficientStock,
            "There are fewer pieces than ordered.".into(),
            None,
        ),
    };
    error.into()
}

async fn insufficient_stock(
    loaders: &Loaders,
    shortages: &[Shortage],
) -> Result<InsufficientStock, ApiError> {
    let options = loaders
        .load_many(shortages.iter().map(|shortage| shortage.option_id))
        .await?;
    let shortage = |shortage: &Shortage| {
        let option: ProductOption = options.get(&shortage.option_id)?.clone();
        let Shortage {
            requested,
            available,
            ..
        } = *shortage;
        Some(StockShortage {
            option,
            requested,
            available,
        })
    };
    Ok(InsufficientStock {
        code: UserErrorCode::InsufficientStock,
        message: "There are fewer pieces than ordered: order what is left.".into(),
        path: None,
        shortages: shortages.iter().filter_map(shortage).collect(),
    })
}

#[derive(Default)]
pub struct OrderSubscription;

#[Subscription]
impl OrderSubscription {
    /// One of your orders as it happens. First comes its history past the sequence `after`, the whole of it
    /// without `after`; then each new event; no gap, no duplicate. So after a lost connection, subscribe
    /// again with the last sequence you saw. Ends when the order is completed or canceled.
    async fn order_status_changed<'c>(
        &self,
        ctx: &Context<'c>,
        #[graphql(desc = "Begins with `order_`.")] order_id: ID,
        #[graphql(desc = "The sequence of the last event that you have seen.")] after: Option<i32>,
    ) -> Result<impl Stream<Item = Result<OrderEvent, ApiError>> + use<'c>, ApiError> {
        let caller = ctx.caller()?;
        let order_id: OrderId = order_id.parse_argument()?;
        let order: Option<Order> = ctx.loaders().load_one(order_id).await?;
        if order.is_none_or(|order| order.0.member_id != caller.member_id) {
            return Err(ApiError::bad_request("You have no order with this id."));
        }
        let app = ctx.app();
        let after = after.unwrap_or_default().max(0);
        let watch = OrderWatch::begin(app.db.clone(), &app.bus, order_id, after).await?;
        Ok(watch.events().map_ok(OrderEvent).map_err(ApiError::from))
    }

    /// Everything that happens to any of your orders from now on.
    async fn my_order_events<'c>(
        &self,
        ctx: &Context<'c>,
    ) -> Result<impl Stream<Item = Result<OrderEvent, ApiError>> + use<'c>, ApiError> {
        let member_id = ctx.caller()?.member_id;
        let events = BroadcastStream::new(ctx.app().bus.members.subscribe(member_id));
        Ok(events.map(|event| match event {
            Ok(event) => Ok(OrderEvent(event.as_ref().clone())),
            Err(_) => Err(ApiError::bad_request(
                "You listen too slowly and missed events: look at `orders`.",
            )),
        }))
    }
}

/// An order.
#[Object]
impl Order {
    /// Begins with `order_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What people read over the phone, for instance `20261120-7F3K9QX`: the date in Korea, six random
    /// characters without I, L, O and U, and a check character.
    async fn order_key(&self) -> &str {
        &self.0.order_key
    }

    /// Who ordered.
    async fn member(&self, ctx: &Context<'_>) -> Result<Member, ApiError> {
        Member::load(ctx, self.0.member_id).await
    }

    /// Where it stands: CANCELED if all its items are, else the status of the least advanced of the rest.
    async fn status(&self) -> OrderStatus {
        self.0.status.into()
    }

    /// Its lines.
    async fn items(&self, ctx: &Context<'_>) -> Result<Vec<OrderItem>, ApiError> {
        Ok(ctx
            .loaders()
            .load_one(ItemsOf(self.0.id))
            .await?
            .unwrap_or_default())
    }

    /// What its items cost together.
    async fn items_total(&self) -> Won {
        self.0.items_total.into()
    }

    /// What was taken off the items' total.
    async fn discount(&self) -> Won {
        self.0.discount.into()
    }

    /// What was paid in points.
    async fn points_used(&self) -> Won {
        self.0.points_used.into()
    }

    /// What a payment gateway must take, or took.
    async fn amount_due(&self) -> Won {
        self.0.amount_due.into()
    }

    /// What was given back.
    async fn refunded(&self) -> Won {
        self.0.refunded.into()
    }

    /// Everything that happened to it, in sequence.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<OrderEvent>, ApiError> {
        Ok(ctx
            .loaders()
            .load_one(EventsOf(self.0.id))
            .await?
            .unwrap_or_default())
    }

    /// Whether the member may still cancel it: only before a store accepts.
    async fn is_cancelable(&self) -> bool {
        state::is_cancelable(self.0.status)
    }

    /// When it was placed.
    async fn placed_at(&self) -> DateTime<Utc> {
        self.0.placed_at
    }

    /// When it is canceled unless it is paid before; null where nothing waits for a payment.
    async fn payment_expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.payment_expires_at
    }
}

/// A line of an order, with names and prices as they were.
#[Object]
impl OrderItem {
    /// Begins with `order_item_`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The option that was ordered, as it is today.
    async fn option(&self, ctx: &Context<'_>) -> Result<ProductOption, ApiError> {
        ProductOption::load(ctx, self.0.option_id).await
    }

    /// The product's name as it was when ordered.
    async fn product_name(&self) -> &str {
        &self.0.product_name
    }

    /// The option's name as it was when ordered.
    async fn option_name(&self) -> &str {
        &self.0.option_name
    }

    /// What one piece cost when ordered.
    async fn unit_price(&self) -> Won {
        self.0.unit_price.into()
    }

    /// How many pieces.
    async fn quantity(&self) -> i32 {
        self.0.quantity
    }

    /// What the line cost.
    async fn line_total(&self) -> Won {
        self.0.line_total.into()
    }

    /// Where it stands.
    async fn status(&self) -> OrderStatus {
        self.0.status.into()
    }

    /// Why it was canceled; null unless it was.
    async fn cancel_reason(&self) -> Option<CancelReason> {
        self.0.cancel_reason.map(Into::into)
    }

    /// Who sells it.
    async fn store(&self, ctx: &Context<'_>) -> Result<Store, ApiError> {
        Store::load(ctx, self.0.store_id).await
    }
}

/// Something that happened to an order.
#[Object]
impl OrderEvent {
    /// Its number in the order's history, from 1 without gaps.
    async fn sequence(&self) -> i32 {
        self.0.sequence
    }

    /// The order it happened to, as it is now.
    async fn order(&self, ctx: &Context<'_>) -> Result<Order, ApiError> {
        let order = ctx.loaders().load_one(self.0.order_id).await?;
        order.ok_or_else(|| ApiError::internal("an event's order is not there"))
    }

    /// The order's status after it.
    async fn status(&self) -> OrderStatus {
        self.0.status.into()
    }

    /// The items that moved, as they are now.
    async fn items(&self, ctx: &Context<'_>) -> Result<Vec<OrderItem>, ApiError> {
        let mut items = ctx.loaders().load_many(self.0.item_ids.iter()).await?;
        Ok(self
            .0
            .item_ids
            .iter()
            .filter_map(|id| items.remove(&id))
            .collect())
    }

    /// Why items were canceled; null unless they were.
    async fn reason(&self) -> Option<CancelReason> {
        self.0.reason.map(Into::into)
    }

    /// When it happened.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }
}

/// The loader key of an order's items.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ItemsOf(pub OrderId);

/// The loader key of an order's history.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventsOf(pub OrderId);

impl Loader<OrderId> for Reader {
    type Value = Order;
    type Error = Fault;

    async fn load(&self, ids: &[OrderId]) -> Result<HashMap<OrderId, Order>, Fault> {
        let orders = store::by_ids(self.db.reader(), ids).await?;
        Ok(orders
            .into_iter()
            .map(|order| (order.id, Order(order)))
            .collect())
    }
}

impl Loader<OrderItemId> for Reader {
    type Value = OrderItem;
    type Error = Fault;

    async fn load(&self, ids: &[OrderItemId]) -> Result<HashMap<OrderItemId, OrderItem>, Fault> {
        let items = store::items_by_ids(self.db.reader(), ids).await?;
        Ok(items
            .into_iter()
            .map(|item| (item.id, OrderItem(item)))
            .collect())
    }
}

impl Loader<ItemsOf> for Reader {
    type Value = Vec<OrderItem>;
    type Error = Fault;

    async fn load(&self, keys: &[ItemsOf]) -> Result<HashMap<ItemsOf, Vec<OrderItem>>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let mut grouped = HashMap::<_, Vec<_>>::new();
        for item in store::items_of(self.db.reader(), &ids).await? {
            grouped
                .entry(ItemsOf(item.order_id))
                .or_default()
                .push(OrderItem(item));
        }
        Ok(grouped)
    }
}

impl Loader<EventsOf> for Reader {
    type Value = Vec<OrderEvent>;
    type Error = Fault;

    async fn load(&self, keys: &[EventsOf]) -> Result<HashMap<EventsOf, Vec<OrderEvent>>, Fault> {
        let ids = keys.iter().map(|key| key.0).collect::<Vec<_>>();
        let mut grouped = HashMap::<_, Vec<_>>::new();
        for event in store::events_of(self.db.reader(), &ids).await? {
            grouped
                .entry(EventsOf(event.order_id))
                .or_default()
                .push(OrderEvent(event));
        }
        Ok(grouped)
    }
}

/// The order with this id, if the caller may see it.
pub async fn node(ctx: &Context<'_>, id: OrderId) -> Result<Option<Order>, ApiError> {
    let caller = ctx.caller()?;
    let order: Option<Order> = ctx.loaders().load_one(id).await?;
    Ok(order.filter(|order| caller.may_see(order.0.member_id)))
}

/// The order item with this id, if the caller may see its order.
pub async fn item_node(ctx: &Context<'_>, id: OrderItemId) -> Result<Option<OrderItem>, ApiError> {
    let item: Option<OrderItem> = ctx.loaders().load_one(id).await?;
    match item {
        Some(item) if node(ctx, item.0.order_id).await?.is_some() => Ok(Some(item)),
        _ => {
            ctx.caller()?;
            Ok(None)
        }
    }
}
