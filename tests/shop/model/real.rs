//! The shop, told and seen in the model's terms.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Won, cart, cart_item,
    id::{CartItemId, MemberId, OptionId, OrderId, StoreId, TypedId},
    member,
    order::{self, OrderStatus},
    order_item,
};
use jangteo::{
    cart as carts, catalog,
    clock::new_id,
    db::Db,
    fault::{Failure, Outcome},
    order::{
        cancellation::{self, Cancel},
        placement::{self, Malformed},
    },
    point::{self, Charge, ChargeRefusal},
    stock::{self as stocks, Adjustment, Change},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::market::{Answer, Command, Market, QUANTITY_MAX, Refusal, Request, Selection, Status};
use crate::support::{self, Shop};

/// What sets two commands apart in time, so that what they make is in their order.
pub const TICK: Duration = Duration::from_millis(1);

/// Stores for one story after the other.
pub struct Stores(Vec<(StoreId, MemberId)>);

/// One story's members and products in the shop.
pub struct RealMarket<'s> {
    pub shop: &'s Shop,
    pub opened_at: DateTime<Utc>,
    pub products: Vec<support::Product>,
    pub options: Vec<OptionId>,
    pub members: Vec<MemberId>,
    pub cart_lines: Vec<CartItemId>,
    pub orders: Vec<OrderId>,
    pub minute: i64,
}

/// What the shop gives: an answer, or a fault in words, which is never right.
type Told = Result<Answer, String>;

impl Stores {
    pub async fn open(shop: &Shop, count: usize) -> Self {
        let mut stores = Vec::new();
        for number in 0..count {
            let product = shop.product(&number.to_string(), &[("하나", 1, 1)]).await;
            stores.push((product.store_id, product.merchant_id));
        }
        Self(stores)
    }
}

impl<'s> RealMarket<'s> {
    pub async fn open(
        shop: &'s Shop,
        Stores(stores): &Stores,
        products: &[&[(i64, i32)]],
        members: usize,
    ) -> Self {
        let opened_at = next_opening(shop.now());
        shop.set_time(opened_at);
        let mut market = Self {
            shop,
            opened_at,
            products: Vec::new(),
            options: Vec::new(),
            members: new_members(&shop.app().db, opened_at, members).await,
            cart_lines: Vec::new(),
            orders: Vec::new(),
            minute: 0,
        };
        for ((store_id, merchant_id), options) in stores.iter().zip(products) {
            shop.advance(TICK);
            let options = options
                .iter()
                .map(|(price, stock)| ("하나", *price, *stock));
            let options = options.collect::<Vec<_>>();
            let product = shop
                .product_of(*store_id, *merchant_id, "물건", &options)
                .await;
            shop.set_open(&product, true).await;
            market.options.extend(&product.options);
            market.products.push(product);
        }
        market
    }

    pub async fn obey(&mut self, command: &Command) -> Told {
        self.shop.advance(TICK);
        let told = match command.clone() {
            Command::Charge {
                member,
                amount,
                key,
            } => self.charge(member, amount, key).await,
            Command::AddToCart {
                member,
                option,
                quantity,
            } => {
                let (app, member, option) =
                    (self.shop.app(), self.members[member], self.option(option));
                cart_answer(carts::add_to_cart(app, member, option, quantity).await)
            }
            Command::UpdateCartItem {
                member,
                line,
                quantity,
            } => {
                let (app, member, line) = (self.shop.app(), self.members[member], self.line(line));
                cart_answer(carts::update_cart_item(app, member, line, quantity).await)
            }
            Command::RemoveFromCart { member, lines } => {
                let lines = lines.into_iter().map(|line| self.line(line));
                let lines = lines.collect::<Vec<_>>();
                let (app, member) = (self.shop.app(), self.members[member]);
                cart_answer(carts::remove_from_cart(app, member, &lines).await)
            }
            Command::ClearCart { member } => {
                cart_answer(carts::clear_cart(self.shop.app(), self.members[member]).await)
            }
            Command::PlaceOrder {
                member,
                request,
                key,
            } => self.place_order(member, &request, key).await,
            Command::CancelOrder {
                member,
                order,
                items,
            } => self.cancel_order(member, order, items).await,
            Command::AdjustStock { option, delta } => self.adjust_stock(option, delta).await,
            Command::SetOpen { product, is_open } => {
                self.shop.set_open(&self.products[product], is_open).await;
                Ok(Answer::Done)
            }
            Command::TakeOffSale { product } => {
                let (db, id) = (self.shop.app().db.writer(), self.products[product].id);
                let deleted = catalog::store::delete(db, id, self.shop.now()).await;
                deleted.map(|_| Answer::Done).map_err(Failure::from)
            }
            Command::Wait { minutes } => {
                self.minute += minutes;
                let minutes = u64::try_from(minutes).expect("time goes on");
                self.shop.advance(Duration::from_mins(minutes));
                Ok(Answer::Done)
            }
        };
        match told {
            Ok(answer) => Ok(answer),
            Err(Failure::Refused(refusal)) => Ok(Answer::Refused(refusal)),
            Err(Failure::Fault(fault)) => Err(fault.to_string()),
        }
    }

    async fn charge(&self, member: usize, amount: i64, key: u8) -> Outcome<Answer, Refusal> {
        let charge = Charge {
            member_id: self.members[member],
            amount: Won(amount),
            idempotency_key: key.to_string(),
        };
        let charged = point::charge_points(self.shop.app(), &charge).await;
        charged
            .map(|purse| Answer::Balance(purse.balance.0))
            .map_err(|failure| failure.map_refusal(|refusal| charge_refusal(&refusal)))
    }

    async fn place_order(
        &mut self,
        member: usize,
        request: &Request,
        key: u8,
    ) -> Outcome<Answer, Refusal> {
        let request = self
            .request(request, key)
            .checked(QUANTITY_MAX)
            .map_err(|malformed| Failure::Refused(malformed_refusal(&malformed)))?;
        let engine = &self.shop.app().placement;
        let placed = engine.place(self.members[member], request).await;
        let order = placed.map_err(|failure| failure.map_refusal(|it| self.order_refusal(it)))?;
        Ok(self.answer(&order))
    }

    fn request(&self, request: &Request, key: u8) -> placement::Request {
        let selection = match &request.selection {
            Selection::Cart => placement::Selection::Cart,
            Selection::CartItems(lines) => {
                let lines = lines.iter().map(|line| self.line(*line));
                placement::Selection::CartItems(lines.collect())
            }
            Selection::Lines(lines) => {
                let line = |(option, quantity): &(usize, i32)| placement::Line {
                    option_id: self.option(*option),
                    quantity: *quantity,
                };
                placement::Selection::Lines(lines.iter().map(line).collect())
            }
        };
        placement::Request {
            selection,
            points: request.points.map(Won),
            gateway: None,
            coupon_id: None,
            expected_total: request.expected_total.map(Won),
            idempotency_key: key.to_string(),
        }
    }

    async fn cancel_order(
        &mut self,
        member: usize,
        order: usize,
        items: Option<Vec<usize>>,
    ) -> Outcome<Answer, Refusal> {
        let order_id = self.orders.get(order).copied();
        let order_id = order_id.unwrap_or(OrderId(Uuid::nil()));
        let there_are = self.items(order_id).await;
        let item = |item: usize| there_are.get(item).map_or(nobody(), |item| item.id);
        let wish = Cancel {
            member_id: self.members[member],
            order_id,
            items: items.map(|items| items.into_iter().map(item).collect()),
            note: None,
        };
        let canceled = cancellation::cancel(self.shop.app(), &wish).await;
        let order =
            canceled.map_err(|failure| failure.map_refusal(|refusal| cancel_refusal(&refusal)))?;
        Ok(self.answer(&order))
    }

    async fn adjust_stock(&self, option: usize, delta: i32) -> Outcome<Answer, Refusal> {
        let adjustment = Adjustment {
            option_id: self.options[option],
            change: Change::By(delta),
            reason: "count".into(),
            by: self.products[0].merchant_id,
        };
        let adjusted = stocks::adjust(self.shop.app(), &adjustment).await;
        adjusted.map(Answer::Stock).map_err(|failure| {
            failure.map_refusal(|refusal| match refusal {
                stocks::Refusal::OutOfRange { quantity } => Refusal::StockOutOfRange { quantity },
                stocks::Refusal::NoSuchOption => Refusal::NoSuchOption { index: 0 },
                changed @ stocks::Refusal::Changed { .. } => {
                    panic!("nothing was expected: {changed:?}")
                }
            })
        })
    }

    fn answer(&mut self, order: &order::Model) -> Answer {
        if !self.orders.contains(&order.id) {
            self.orders.push(order.id);
        }
        Answer::Order {
            order: number(&self.orders, order.id),
            status: status(order.status),
            refunded: order.refunded.0,
        }
    }

    fn order_refusal(&self, refusal: placement::Refusal) -> Refusal {
        use placement::Refusal as It;
        match refusal {
            It::KeyReused => Refusal::KeyReused,
            It::Empty => Refusal::Empty,
            It::NoSuchCartItem { index } => Refusal::NoSuchLine { index },
            It::NoSuchOption { index } => Refusal::NoSuchOption { index },
            It::ProductUnavailable { index, .. } => Refusal::ProductUnavailable { index },
            It::StoreClosed(closed) => Refusal::StoreClosed {
                index: closed[0].index,
            },
            It::CouponNotUsable(problem) => unreachable!("nobody has a coupon: {problem:?}"),
            It::PriceChanged { expected, actual } => Refusal::PriceChanged {
                expected: expected.0,
                actual: actual.0,
            },
            It::PointsMismatch { points, total } => Refusal::PointsMismatch {
                points: points.0,
                total: total.0,
            },
            It::InsufficientStock(shortages) => {
                let shortage = |it: &placement::Shortage| {
                    let option = number(&self.options, it.option_id);
                    (option, it.requested, it.available)
                };
                Refusal::InsufficientStock(shortages.iter().map(shortage).collect())
            }
            // Nothing here is paid at a gateway.
            It::PaymentPending(order) => unreachable!("{} waits for a payment", order.id),
            It::InsufficientPoints { required, balance } => Refusal::InsufficientPoints {
                required: required.0,
                balance: balance.0,
            },
            It::TotalTooLarge => panic!("a total of that many pieces can be counted"),
        }
    }

    /// Learns which line is which from their places in the carts.
    pub async fn learn_cart_lines(&mut self, model: &Market) {
        if model.cart_lines == self.cart_lines.len() {
            return;
        }
        for (member_id, member) in self.members.iter().zip(&model.members) {
            let lines = lines_of(self.db(), *member_id).await;
            for (line, known) in lines.iter().zip(&member.cart) {
                if known.number == self.cart_lines.len() {
                    self.cart_lines.push(line.id);
                }
            }
        }
    }

    pub fn db(&self) -> &Db {
        &self.shop.app().db
    }

    /// An option that there is not, for a number beyond.
    fn option(&self, number: usize) -> OptionId {
        self.options.get(number).copied().unwrap_or(nobody())
    }

    fn line(&self, number: usize) -> CartItemId {
        self.cart_lines.get(number).copied().unwrap_or(nobody())
    }

    pub async fn items(&self, order: OrderId) -> Vec<order_item::Model> {
        order_item::Entity::find()
            .filter(order_item::COLUMN.order_id.eq(order))
            .order_by_asc(order_item::COLUMN.position)
            .all(self.db().reader())
            .await
            .expect("the items read")
    }
}

/// The first full hour so late that older stories are out of popularity's sight.
fn next_opening(now: DateTime<Utc>) -> DateTime<Utc> {
    let hour = now.timestamp() / 3_600;
    let hour = DateTime::from_timestamp(3_600 * hour, 0).expect("a time");
    hour + TimeDelta::days(2)
}

async fn new_members(db: &Db, now: DateTime<Utc>, count: usize) -> Vec<MemberId> {
    let ids = (0..count).map(|_| new_id(now, &mut rand::rng()));
    let ids = ids.collect::<Vec<MemberId>>();
    let members = ids.iter().map(|id| {
        member::ActiveModel::from(member::Model {
            id: *id,
            user_id: id.uuid().simple().to_string(),
            nickname: "손님".into(),
            role: member::Role::Member,
            password_hash: "-".into(),
            created_at: now,
        })
    });
    let inserted = member::Entity::insert_many(members).exec_without_returning(db.writer());
    inserted.await.expect("new members");
    ids
}

pub async fn lines_of(db: &Db, member_id: MemberId) -> Vec<cart_item::Model> {
    cart_item::Entity::find()
        .inner_join(cart::Entity)
        .filter(cart::COLUMN.member_id.eq(member_id))
        .order_by_asc(cart_item::COLUMN.id)
        .all(db.reader())
        .await
        .expect("the cart reads")
}

fn cart_answer<T>(outcome: Outcome<T, carts::Refusal>) -> Outcome<Answer, Refusal> {
    use carts::Refusal as It;
    outcome.map(|_| Answer::Done).map_err(|failure| {
        failure.map_refusal(|refusal| match refusal {
            It::QuantityOutOfRange { .. } => Refusal::QuantityOutOfRange { index: 0 },
            It::LineTooLarge { .. } => Refusal::LineTooLarge,
            It::NoSuchOption => Refusal::NoSuchOption { index: 0 },
            It::ProductUnavailable => Refusal::ProductUnavailable { index: None },
            It::NoSuchLine { index } => Refusal::NoSuchLine { index },
            It::CartFull { .. } => panic!("there are not that many options"),
        })
    })
}

fn charge_refusal(refusal: &point::Refusal) -> Refusal {
    match refusal {
        point::Refusal::KeyReused => Refusal::KeyReused,
        point::Refusal::Limit(ChargeRefusal::BelowMinimum { .. }) => Refusal::ChargeTooSmall,
        point::Refusal::Limit(ChargeRefusal::AboveMaximum { .. }) => Refusal::ChargeTooLarge,
        point::Refusal::Limit(ChargeRefusal::BalanceTooHigh { balance, .. }) => {
            Refusal::BalanceTooHigh { balance: balance.0 }
        }
        point::Refusal::PaymentUnavailable => panic!("charging is instant here"),
    }
}

fn malformed_refusal(malformed: &Malformed) -> Refusal {
    match malformed {
        Malformed::Empty => Refusal::Empty,
        Malformed::QuantityOutOfRange { index, .. } => {
            Refusal::QuantityOutOfRange { index: *index }
        }
        Malformed::TooManyLines { .. } => panic!("there are not that many lines"),
    }
}

fn cancel_refusal(refusal: &cancellation::Refusal) -> Refusal {
    match refusal {
        cancellation::Refusal::NoSuchOrder => Refusal::NoSuchOrder,
        cancellation::Refusal::NoItems => Refusal::Empty,
        cancellation::Refusal::NoSuchItem { index } => Refusal::NoSuchItem { index: *index },
        cancellation::Refusal::NotCancelable { .. } => panic!("no store accepts anything here"),
    }
}

pub fn status(status: OrderStatus) -> Status {
    match status {
        OrderStatus::Paid => Status::Paid,
        OrderStatus::Canceled => Status::Canceled,
        other => panic!("nothing makes an order {other:?} here"),
    }
}

/// An id of nothing.
fn nobody<I: TypedId>() -> I {
    I::from_uuid(Uuid::nil())
}

/// The place of an id among those that are known; beyond all of them if it is not.
pub fn number<I: PartialEq + Copy>(known: &[I], id: I) -> usize {
    known.iter().position(|it| *it == id).unwrap_or(known.len())
}
