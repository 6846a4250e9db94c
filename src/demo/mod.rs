//! The demo shop: an electronics market as a Korean customer would find it, made through the shop's own use
//! cases, which run in its past.
//!
//! Deterministic: everywhere the same products with the same ids, and the same orders at the same distance
//! from the first start. Idempotent: what is there already is not made again, so a first start that was
//! interrupted is completed by the second.

pub mod catalog;
pub mod picture;

use std::{
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use catalog::{ADMIN, DemoMember, DemoOption, DemoProduct, MEMBERS, PASSWORD, STORES};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Won,
    id::{MemberId, OptionId, StoreId},
    member::{self, Role},
    order::{self, OrderStatus},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{
    app::{App, Audience},
    catalog::{NewOption, NewProduct, ProductRows, create_products, store as catalog_store},
    clock::Clock,
    config::{Limits, Secret},
    db::Db,
    fault::{Failure, Fault},
    member::{Keys, NewMember},
    order::{
        fulfilment::{Fulfil, Part, Refusal, fulfil},
        placement::{Line, Request, Selection},
        state::Step,
    },
    payment::Payments,
    picture::Pictures,
    point::{self, Charge},
    rate::RateLimits,
    store,
};

/// The orders of the week before the first start.
const ORDERS: i32 = 300;

/// The most that one of them costs: what one charge can pay for.
const ORDER_TOTAL_MAX: Won = Won(5_000_000);

/// What every buyer finds in their purse.
const POCKET_MONEY: Won = Won(3_000_000);

/// Among how many stores the products take turns.
const STORE_COUNT: u16 = 3;

/// When the market opened, in seconds since 1970: 1 November 2026. Fixed, so that ids made of it are the same
/// everywhere.
const OPENING: i64 = 1_793_491_200;

/// Loads the demo shop, or what is missing of it. `limits` are the shop's; those on charging do not bind the
/// demo.
///
/// # Errors
/// When the database fails.
pub async fn load(db: &Db, limits: &Limits, now: DateTime<Utc>) -> Result<(), Fault> {
    let past = Past::of(db, limits)?;
    let loaded = past.live_through(now).await;
    past.app.placement.stop().await;
    loaded
}

/// The shop in its past: its own clock goes from the opening to the present.
struct Past {
    app: Arc<App>,
    micros: Arc<AtomicI64>,
}

impl Past {
    fn of(db: &Db, limits: &Limits) -> Result<Self, Fault> {
        let micros = Arc::new(AtomicI64::new(OPENING * 1_000_000));
        let hand = micros.clone();
        let clock = Clock::new(move || {
            DateTime::from_timestamp_micros(hand.load(Ordering::Relaxed)).unwrap_or_default()
        });
        let limits = Limits {
            instant_charge: true,
            charge_min: Won(1),
            charge_max: ORDER_TOTAL_MAX,
            balance_max: Won::MAX,
            order_deadline: Duration::from_mins(10),
            ..limits.clone()
        };
        // Nobody signs in here: any key does.
        let secret = Secret::new(rand::rng().random::<[u8; 32]>());
        let keys = Keys::new(&secret, None).map_err(Fault::internal)?;
        let payments = Payments::none().map_err(Fault::internal)?;
        let pictures = Pictures::none(&secret);
        Ok(Self {
            app: App::start(
                db.clone(),
                clock,
                limits,
                (keys, &RateLimits::none()),
                payments,
                pictures,
                Audience::default(),
            ),
            micros,
        })
    }

    fn at(&self, time: DateTime<Utc>) {
        self.micros
            .store(time.timestamp_micros(), Ordering::Relaxed);
    }

    async fn live_through(&self, now: DateTime<Utc>) -> Result<(), Fault> {
        let mut buyers = Vec::new();
        for buyer in MEMBERS {
            buyers.push(self.member(buyer, Role::Member).await?.id);
        }
        self.member(ADMIN, Role::Admin).await?;
        let offers = self.open_stores().await?;
        self.sell(now, &buyers, &offers).await?;
        self.at(now);
        for buyer in buyers {
            self.charge(buyer, POCKET_MONEY, "demo-pocket-money")
                .await?;
        }
        Ok(())
    }

    async fn member(&self, who: DemoMember, role: Role) -> Result<member::Model, Fault> {
        if let Some(member) = crate::member::find(&self.app, who.user_id).await? {
            return Ok(member);
        }
        let new = NewMember {
            user_id: who.user_id.into(),
            password: PASSWORD.into(),
            nickname: who.nickname.into(),
        };
        crate::member::create(&self.app, new, role)
            .await
            .map_err(impossible)
    }

    /// Opens the stores and puts their products on sale; gives what can be bought.
    async fn open_stores(&self) -> Result<Vec<Offer>, Fault> {
        let mut products = Vec::new();
        for (number, demo) in (0..).zip(&STORES) {
            let merchant = self.member(demo.merchant, Role::Merchant).await?.id;
            let store = store::of_merchant_or_new(&self.app, merchant, demo.name).await?;
            for (place, product) in (0..).zip(demo.products) {
                // The stores put their products on sale in turns.
                products.push(rows(
                    product,
                    store.id,
                    merchant,
                    place * STORE_COUNT + number,
                ));
            }
        }
        products.sort_by_key(|rows| rows.product.id);
        let offers = products.iter().flat_map(Offer::of).collect();
        let products = catalog_store::missing(self.app.db.reader(), products).await?;
        create_products(&self.app.db, products).await?;
        Ok(offers)
    }

    /// Lives through the week before the present.
    async fn sell(
        &self,
        now: DateTime<Utc>,
        buyers: &[MemberId],
        offers: &[Offer],
    ) -> Result<(), Fault> {
        let mut rng = StdRng::seed_from_u64(20_261_120);
        let wishes = (0..ORDERS)
            .map(|_| Wish::random(&mut rng, buyers, offers))
            .collect::<Vec<_>>();
        if self.is_sold(&wishes).await? {
            return Ok(());
        }
        let pause = TimeDelta::days(7) / ORDERS;
        for (number, wish) in (0..).zip(wishes) {
            self.at(now - TimeDelta::days(7) + pause * number + wish.delay);
            self.charge(wish.buyer, wish.total, &format!("demo-charge-{number:04}"))
                .await?;
            let request = Request {
                gateway: None,
                selection: Selection::Lines(wish.lines),
                points: None,
                coupon_id: None,
                expected_total: Some(wish.total),
                idempotency_key: order_key(number),
            };
            let placed = self.app.placement.place(wish.buyer, request).await;
            self.hand_over(&placed.map_err(impossible)?).await?;
        }
        Ok(())
    }

    /// Has the order's stores take it on, make it ready and hand it over, in the minutes after it was placed. A step that
    /// an earlier start has taken is past.
    async fn hand_over(&self, order: &order::Model) -> Result<(), Fault> {
        for (minutes, step) in (1..).zip([Step::Accept, Step::MarkReady, Step::Complete]) {
            self.at(order.placed_at + TimeDelta::minutes(minutes));
            let wish = Fulfil {
                order_id: order.id,
                part: Part::All,
                step,
                items: None,
                note: None,
            };
            match fulfil(&self.app, &wish).await {
                Ok(_) | Err(Failure::Refused(Refusal::StateChanged { .. })) => {}
                Err(failure) => return Err(impossible(failure)),
            }
        }
        Ok(())
    }

    /// Whether the last of the wishes was fulfilled, and so all of them.
    async fn is_sold(&self, wishes: &[Wish]) -> Result<bool, Fault> {
        let Some(last) = wishes.last() else {
            return Ok(true);
        };
        let key = order_key(ORDERS - 1);
        let reader = self.app.db.reader();
        let order = crate::order::store::by_idempotency_key(reader, last.buyer, &key).await?;
        Ok(order.is_some_and(|order| order.status == OrderStatus::Completed))
    }

    async fn charge(&self, member_id: MemberId, amount: Won, key: &str) -> Result<(), Fault> {
        let charge = Charge {
            member_id,
            amount,
            idempotency_key: key.into(),
        };
        point::charge_points(&self.app, &charge)
            .await
            .map_err(impossible)?;
        Ok(())
    }
}

/// Something that can be bought.
#[derive(Clone, Copy)]
struct Offer {
    option_id: OptionId,
    price: Won,
}

impl Offer {
    /// The product's options of which there are plenty: the rare ones are left for the visitor.
    fn of(product: &ProductRows) -> impl Iterator<Item = Self> {
        let options = product.options.iter().zip(&product.stocks);
        options
            .filter(|(_, stock)| stock.quantity >= 50)
            .map(|(option, _)| Self {
                option_id: option.id,
                price: option.price,
            })
    }
}

/// What somebody bought in the past.
struct Wish {
    buyer: MemberId,
    lines: Vec<Line>,
    total: Won,
    /// How long after its turn.
    delay: TimeDelta,
}

impl Wish {
    fn random(rng: &mut StdRng, buyers: &[MemberId], offers: &[Offer]) -> Self {
        let mut wish = Self {
            buyer: buyers[rng.random_range(0..buyers.len())],
            lines: Vec::new(),
            total: Won::ZERO,
            delay: TimeDelta::seconds(rng.random_range(0..30 * 60)),
        };
        for _ in 0..rng.random_range(1..=3) {
            // A chance within a chance: some things sell far better than others.
            let most = rng.random_range(0..offers.len());
            let offer = offers[rng.random_range(0..=most)];
            let quantity = if offer.price < Won(100_000) {
                rng.random_range(1..=3)
            } else {
                1
            };
            let line = offer.price.checked_mul(quantity);
            let total = line.and_then(|line| wish.total.checked_add(line));
            if let Some(total) = total.filter(|total| *total <= ORDER_TOTAL_MAX) {
                wish.lines.push(Line {
                    option_id: offer.option_id,
                    quantity,
                });
                wish.total = total;
            }
        }
        wish
    }
}

/// The product's rows: with ids of its turn, so that they are the same everywhere.
fn rows(demo: &DemoProduct, store_id: StoreId, by: MemberId, turn: u16) -> ProductRows {
    let option = |option: &DemoOption| NewOption {
        name: option.name.into(),
        price: Won(option.price),
        stock_quantity: option.stock,
    };
    let new = NewProduct {
        store_id,
        name: demo.name.into(),
        description: demo.description.into(),
        image_url: Some(format!("/pictures/{}.svg", demo.slug)),
        options: demo.options.iter().map(option).collect(),
        by,
    };
    let opened = DateTime::from_timestamp(OPENING, 0).unwrap_or_default();
    let at = opened + TimeDelta::hours(2) * i32::from(turn);
    new.into_rows(at, &mut StdRng::seed_from_u64(u64::from(turn)))
}

fn order_key(number: i32) -> String {
    format!("demo-order-{number:04}")
}

/// The demo asks for nothing that could be refused.
fn impossible<R: Debug>(failure: Failure<R>) -> Fault {
    match failure {
        Failure::Refused(refusal) => Fault::internal(format!("the demo was refused: {refusal:?}")),
        Failure::Fault(fault) => fault,
    }
}
