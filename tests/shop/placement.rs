//! The order engine: batches, poison, overload, and several servers on one database.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Won, cart, cart_item, coupon,
    coupon_issue::{self, CouponFunding},
    id::{CartId, CartItemId, CouponId, MemberId, OptionId, StoreId, UserPointId},
    member, stock as stock_row, store, user_point,
};
use futures_util::{
    FutureExt, StreamExt,
    future::join_all,
    stream::{FuturesUnordered, iter},
};
use jangteo::{
    app::App,
    catalog::{NewOption, NewProduct, create_products},
    clock::{Clock, new_id},
    config::Limits,
    coupon::{CouponRows, Discount, Terms},
    db::Db,
    event::Bus,
    fault::{Failure, Fault},
    order::{
        self,
        placement::{Answer, Command, Figures, Line, Placer, Refusal, Request, Selection},
    },
    outbox::Outbox,
};
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, QueryFilter,
    QuerySelect, Statement,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Blockade, Contents, Database, PLACE_ORDER, Product, Shop};

fn opening() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_150_800, 0).expect("a time")
}

/// The part of the engine that knows no queue, at a time that stands still.
fn placer(db: Db) -> Placer {
    Placer {
        db,
        clock: Clock::new(opening),
        bus: Bus::default(),
        figures: Figures::default(),
        outbox: Outbox::default(),
    }
}

/// What two databases have in common: rows whose ids come from one seed.
struct World {
    members: Vec<MemberId>,
    options: Vec<OptionId>,
    cart_items: Vec<CartItemId>,
    /// Each of the members holds two of them.
    coupons: Vec<CouponId>,
}

impl World {
    /// Six members with few points and a cart each, four products with little stock.
    async fn make(db: &Db, seed: u64) -> Self {
        let rng = &mut StdRng::seed_from_u64(seed);
        let members = members(db, rng).await;
        let options = options(db, members[0], rng).await;
        let cart_items = carts(db, &members, &options, rng).await;
        let coupons = coupons(db, &members, rng).await;
        Self {
            members,
            options,
            cart_items,
            coupons,
        }
    }

    /// A wish of anybody for anything: hot options, few points, keys that were used before.
    fn command(&self, rng: &mut StdRng) -> Command {
        let any_line = |rng: &mut StdRng| Line {
            option_id: self.options[rng.random_range(0..self.options.len())],
            quantity: rng.random_range(1..4),
        };
        let any_cart_item =
            |rng: &mut StdRng| self.cart_items[rng.random_range(0..self.cart_items.len())];
        let selection = match rng.random_range(0..10) {
            0..2 => Selection::Cart,
            2..4 => Selection::CartItems(vec![any_cart_item(rng)]),
            _ => Selection::Lines((0..rng.random_range(1..4)).map(|_| any_line(rng)).collect()),
        };
        let member = rng.random_range(0..self.members.len());
        // Mostly one of their own.
        let coupon = match rng.random_range(0..10) {
            0 => Some(rng.random_range(0..self.coupons.len())),
            1..4 => Some(member + self.members.len() * rng.random_range(0..2)),
            _ => None,
        };
        let request = Request {
            selection,
            points: None,
            gateway: None,
            coupon_id: coupon.map(|coupon| self.coupons[coupon]),
            expected_total: rng.random_bool(0.1).then_some(Won(1_000)),
            idempotency_key: rng.random_range(0..8).to_string(),
        };
        Command {
            member_id: self.members[member],
            request,
            seed: rng.random(),
        }
    }
}

async fn members(db: &Db, rng: &mut StdRng) -> Vec<MemberId> {
    let mut members = Vec::new();
    let mut purses = Vec::new();
    for number in 0..6 {
        let id: MemberId = new_id(opening(), rng);
        members.push(member::ActiveModel::from(member::Model {
            id,
            user_id: format!("member{number}"),
            nickname: "손님".into(),
            role: member::Role::Member,
            password_hash: "-".into(),
            created_at: opening(),
        }));
        let id: UserPointId = new_id(opening(), rng);
        purses.push(user_point::ActiveModel::from(user_point::Model {
            id,
            member_id: *members[number].id.as_ref(),
            balance: Won(rng.random_range(0..12_000)),
            last_sequence: 0,
        }));
    }
    let ids = members.iter().map(|member| *member.id.as_ref()).collect();
    insert::<member::Entity>(db, members).await;
    insert::<user_point::Entity>(db, purses).await;
    ids
}

async fn options(db: &Db, merchant_id: MemberId, rng: &mut StdRng) -> Vec<OptionId> {
    let store_id: StoreId = new_id(opening(), rng);
    let store = store::Model {
        id: store_id,
        merchant_id,
        name: "가게".into(),
        is_open: true,
        accept_minutes: 10,
        created_at: opening(),
    };
    insert::<store::Entity>(db, vec![store.into()]).await;
    let mut products = Vec::new();
    for number in 0..4 {
        let new = NewProduct {
            store_id,
            name: format!("상품 {number}"),
            description: String::new(),
            image_url: None,
            options: vec![NewOption {
                name: "하나".into(),
                price: Won(500 * number),
                stock_quantity: rng.random_range(2..15),
            }],
            by: merchant_id,
        };
        products.push(new.into_rows(opening(), rng));
    }
    let options = products.iter().map(|rows| rows.options[0].id).collect();
    create_products(db, products).await.expect("new products");
    options
}

async fn carts(
    db: &Db,
    members: &[MemberId],
    options: &[OptionId],
    rng: &mut StdRng,
) -> Vec<CartItemId> {
    let mut carts = Vec::new();
    let mut lines = Vec::new();
    for member_id in members {
        let cart_id: CartId = new_id(opening(), rng);
        carts.push(cart::ActiveModel::from(cart::Model {
            id: cart_id,
            member_id: *member_id,
            updated_at: opening(),
        }));
        for option_id in options {
            if rng.random_bool(0.5) {
                lines.push(cart_item::Model {
                    id: new_id(opening(), rng),
                    cart_id,
                    option_id: *option_id,
                    quantity: rng.random_range(1..3),
                });
            }
        }
    }
    let ids = lines.iter().map(|line| line.id).collect();
    insert::<cart::Entity>(db, carts).await;
    let lines = lines.into_iter().map(cart_item::ActiveModel::from);
    insert::<cart_item::Entity>(db, lines.collect()).await;
    ids
}

/// Two coupons a member: everybody's first, then everybody's second.
async fn coupons(db: &Db, members: &[MemberId], rng: &mut StdRng) -> Vec<CouponId> {
    let terms = Terms {
        store_id: None,
        name: "셋에 하나".into(),
        discount: Discount::Percent {
            percent: 33,
            maximum: Some(Won(900)),
        },
        minimum_total: Won(600),
        per_member_limit: 2,
        expires_at: opening() + TimeDelta::days(1),
    };
    let count = i32::try_from(2 * members.len()).expect("a few");
    let funding = CouponFunding::Platform;
    let mut rows = CouponRows::new(terms, funding, count, members[0], opening(), rng);
    let holders = members.iter().cycle();
    for (coupon, holder) in rows.coupons.iter_mut().zip(holders) {
        coupon.member_id = Some(*holder);
        coupon.registered_at = Some(opening());
    }
    insert::<coupon_issue::Entity>(db, vec![rows.issue.into()]).await;
    let ids = rows.coupons.iter().map(|coupon| coupon.id).collect();
    let coupons = rows.coupons.into_iter().map(coupon::ActiveModel::from);
    insert::<coupon::Entity>(db, coupons.collect()).await;
    ids
}

async fn insert<E: EntityTrait>(db: &Db, rows: Vec<E::ActiveModel>) {
    let inserted = E::insert_many(rows).exec_without_returning(db.writer());
    inserted.await.expect("new rows");
}

/// A command for pieces of one option.
fn command(member_id: MemberId, option_id: OptionId, quantity: i32, key: &str) -> Command {
    let mut seed = [0; 32];
    rand::rng().fill_bytes(&mut seed);
    Command {
        member_id,
        request: request(option_id, quantity, key),
        seed,
    }
}

fn request(option_id: OptionId, quantity: i32, key: &str) -> Request {
    let line = Line {
        option_id,
        quantity,
    };
    Request {
        selection: Selection::Lines(vec![line]),
        points: None,
        gateway: None,
        coupon_id: None,
        expected_total: None,
        idempotency_key: key.into(),
    }
}

/// The input of an order of one piece.
fn input(product: &Product, key: &str) -> Value {
    let line = json!({ "optionId": product.options[0].to_string(), "quantity": 1 });
    json!({ "input": { "lines": [line], "idempotencyKey": key } })
}

fn open_limits() -> Limits {
    Limits {
        instant_charge: true,
        ..Limits::default()
    }
}

/// PostgreSQL's types leave no such row.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_fails_only_those_who_need_it() {
    let shop = Shop::open(Database::Sqlite).await;
    let shirt = shop
        .product("셔츠", &[("화이트", 1_000, 100), ("블랙", 1_000, 100)])
        .await;
    let member_id = shop.member_with_points(100_000).await.member_id().await;
    let broken = Statement::from_sql_and_values(
        DbBackend::Sqlite,
        "UPDATE stock SET quantity = 99999999999 WHERE option_id = ?",
        [shirt.options[1].into()],
    );
    shop.app()
        .db
        .writer()
        .execute_raw(broken)
        .await
        .expect("a broken row");

    let commands = (0..7).map(|place| {
        let option = shirt.options[usize::from(place == 3)];
        command(member_id, option, 1, &place.to_string())
    });
    let commands = commands.collect::<Vec<_>>();
    let answers = placer(shop.app().db.clone()).place(&commands).await;

    let failed = answers.iter().map(Result::is_err).collect::<Vec<_>>();
    assert_eq!(failed, [false, false, false, true, false, false, false]);
}

both! {
    async fn a_batch_gives_what_its_commands_give_one_by_one(database: Database) {
        let mut placed = 0;
        let mut refused = 0;
        let mut discounted = 0;
        for seed in 0..8 {
            let (together, alone) = (database.create().await, database.create().await);
            let (together, alone) = (together.connect().await, alone.connect().await);
            let world = World::make(&together, seed).await;
            World::make(&alone, seed).await;
            Contents::of(&together).await.assert_same(&Contents::of(&alone).await);
            let mut rng = StdRng::seed_from_u64(1_000 + seed);
            let commands = (0..60).map(|_| world.command(&mut rng)).collect::<Vec<_>>();

            let of_the_batch = placer(together.clone()).place(&commands).await;
            let one_by_one = placer(alone.clone());
            let one_by_one = iter(&commands)
                .then(async |command| one_by_one.place(std::slice::from_ref(command)).await.swap_remove(0));
            let one_by_one = one_by_one.collect::<Vec<Answer>>().await;

            for (place, (in_batch, alone)) in of_the_batch.iter().zip(&one_by_one).enumerate() {
                let told = format!("command {place} of seed {seed}: {:#?}", commands[place]);
                assert_eq!(format!("{in_batch:?}"), format!("{alone:?}"), "{told}");
                match in_batch {
                    Ok(order) => {
                        placed += 1;
                        discounted += usize::from(order.discount > Won::ZERO);
                    }
                    Err(Failure::Refused(_)) => refused += 1,
                    Err(Failure::Fault(fault)) => panic!("{fault}: {told}"),
                }
            }
            Contents::of(&together).await.assert_same(&Contents::of(&alone).await);
        }
        assert!(discounted > 10, "{discounted} by coupons");
        assert!(placed > 50 && refused > 50, "{placed} placed, {refused} refused");
    }

    async fn a_poisoned_command_fails_alone(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        let member_id = mina.member_id().await;
        let nobody = MemberId(Uuid::from_u128(7));
        let option_id = shirt.options[0];
        for poisoned in [0, 3, 6] {
            let commands = (0..7).map(|place| {
                let who = if place == poisoned { nobody } else { member_id };
                command(who, option_id, 1, &format!("{poisoned} {place}"))
            });
            let answers = placer(shop.app().db.clone()).place(&commands.collect::<Vec<_>>()).await;
            for (place, answer) in answers.iter().enumerate() {
                match answer {
                    Ok(order) => assert_eq!(order.idempotency_key, format!("{poisoned} {place}")),
                    Err(Failure::Fault(Fault::Database(_))) => assert_eq!(place, poisoned),
                    Err(other) => panic!("command {place}: {other:?}"),
                }
            }
            assert!(answers[poisoned].is_err());
        }
        assert_eq!(shop.stock(&shirt).await, [82]);
        assert_eq!(mina.balance().await, 82_000);
        assert_eq!(shop.contents().await.count("order"), 18);
    }

    async fn a_taken_order_key_is_drawn_again(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        let member_id = mina.member_id().await;
        let placer = placer(shop.app().db.clone());
        let first = command(member_id, shirt.options[0], 1, "first");
        // The same chance at another millisecond: another id, the same key.
        let second = Command {
            request: request(shirt.options[0], 1, "second"),
            ..first.clone()
        };
        let later = Placer {
            clock: Clock::new(|| opening() + Duration::from_millis(1)),
            ..placer.clone()
        };
        let neighbour = command(member_id, shirt.options[0], 1, "neighbour");

        let first = placer.place(&[first]).await.swap_remove(0).expect("an order");
        let answers = later.place(&[neighbour, second]).await;

        let keys = answers.into_iter().map(|answer| answer.expect("an order").order_key);
        assert!(keys.into_iter().all(|key| key != first.order_key));
        assert_eq!(shop.stock(&shirt).await, [97]);
    }

    async fn a_command_that_waited_too_long_is_not_tried(database: Database) {
        let limits = Limits { order_deadline: Duration::ZERO, ..open_limits() };
        let shop = Shop::open_with(database, limits).await;
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        let mina = shop.member_with_points(10_000).await;
        let before = shop.contents().await;
        assert_eq!(mina.error_code(PLACE_ORDER, input(&shirt, "key")).await, "TIMEOUT");
        shop.contents().await.assert_same(&before);
    }

    async fn commands_that_wait_past_their_deadline_are_refused_and_never_tried(database: Database) {
        let limits = Limits {
            order_batch: 1,
            order_deadline: Duration::from_millis(100),
            ..open_limits()
        };
        let shop = Shop::open_with(database, limits).await;
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        let member_id = mina.member_id().await;
        let app = shop.app().clone();
        let blockade = Blockade::of(&shop.database, &shirt, 0).await;

        let orders = (0..12).map(|number| place(&app, member_id, shirt.options[0], number));
        let mut orders = join_all(orders);
        // Asks each once, so that all have queued: the first are tried, and hold the others up.
        assert!((&mut orders).now_or_never().is_none());
        tokio::time::sleep(Duration::from_millis(200)).await;
        blockade.lift().await;

        let mut late = 0;
        for (number, answer) in orders.await.into_iter().enumerate() {
            let found = order::store::by_idempotency_key(app.db.reader(), member_id, &number.to_string()).await;
            let found = found.expect("the orders read");
            match answer {
                Ok(placed) => assert_eq!(found, Some(placed)),
                Err(Failure::Fault(Fault::TimedOut)) => {
                    assert_eq!(found, None);
                    late += 1;
                }
                Err(other) => panic!("command {number}: {other:?}"),
            }
        }
        assert!(late > 0, "some have waited for too long");
    }

    async fn a_full_queue_turns_orders_away_at_once(database: Database) {
        let limits = Limits { order_queue: 1, order_deadline: Duration::from_hours(1), ..open_limits() };
        let shop = Shop::open_with(database, limits).await;
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        let blockade = Blockade::of(&shop.database, &shirt, 0).await;

        // On PostgreSQL three are tried, on SQLite one, and one waits: no other has room.
        let room = match database {
            Database::Sqlite => 2,
            Database::Postgres => 4,
        };
        let orders = (0..12).map(|number| {
            let (mina, input) = (mina.clone(), input(&shirt, &number.to_string()));
            async move { mina.send(PLACE_ORDER, input).await }
        });
        let mut answers = orders.collect::<FuturesUnordered<_>>();
        for _ in room..12 {
            let answer = answers.next().await.expect("an answer");
            assert_eq!(answer.status, 200);
            let error = &answer.body["errors"][0]["extensions"];
            assert_eq!((&error["code"], &error["retryAfterMs"]), (&json!("OVERLOADED"), &json!(500)));
            assert_eq!(answer.body["data"]["placeOrder"], Value::Null);
        }
        assert!(answers.next().now_or_never().is_none(), "the others wait");
        assert_eq!(shop.contents().await.count("order"), 0);

        blockade.lift().await;
        while let Some(answer) = answers.next().await {
            assert_eq!(answer.body["data"]["placeOrder"]["order"]["status"], "PAID");
        }
        assert_eq!(shop.stock(&shirt).await, [100 - room]);
    }

    async fn an_order_goes_on_when_nobody_waits_for_it(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        let member_id = mina.member_id().await;
        let mut events = mina.subscribe("subscription { myOrderEvents { sequence } }", json!({})).await;
        let blockade = Blockade::of(&shop.database, &shirt, 0).await;

        let request = request(shirt.options[0], 1, "key");
        // Asked once, then dropped.
        let answer = shop.app().placement.place(member_id, request).now_or_never();

        assert!(answer.is_none());
        events.expect_silence().await;
        blockade.lift().await;
        assert_eq!(events.next().await["myOrderEvents"]["sequence"], 1);
        assert_eq!(shop.stock(&shirt).await, [99]);
        assert_eq!(mina.balance().await, 99_000);
    }

    async fn an_order_sees_what_another_server_is_just_selling(shop: Shop) {
        let last = shop.product("한정판", &[("하나", 1_000, 3)]).await;
        let mina = shop.member_with_points(100_000).await;
        let member_id = mina.member_id().await;
        let mut events = mina.subscribe("subscription { myOrderEvents { sequence } }", json!({})).await;
        let blockade = Blockade::of(&shop.database, &last, 2).await;

        let db = &shop.app().db;
        let before = db.statements();
        let mut order = Box::pin(shop.app().placement.place(member_id, request(last.options[0], 2, "key")));
        assert!(order.as_mut().now_or_never().is_none());
        // SQLite has one writer: there the order waits before its first statement.
        while db.backend() == DbBackend::Postgres && db.statements() == before {
            tokio::task::yield_now().await;
        }
        events.expect_silence().await;
        blockade.lift().await;

        match order.await {
            Err(Failure::Refused(Refusal::InsufficientStock(shortages))) => {
                assert_eq!((shortages[0].requested, shortages[0].available), (2, 1));
            }
            other => panic!("expected a shortage, got {other:?}"),
        }
        assert_eq!(shop.stock(&last).await, [1]);
        events.expect_silence().await;
    }

    async fn orders_that_have_queued_are_placed_before_a_stop(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        let member_id = mina.member_id().await;
        let app = shop.app().clone();
        let place = |number: i32| place(&app, member_id, shirt.options[0], number);
        let mut orders = join_all((0..20).map(place));
        // Asks each once, so that all have queued.
        assert!((&mut orders).now_or_never().is_none());

        let database = shop.stop().await;

        let answers = orders.await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        let contents = Contents::of(&database.connect().await).await;
        assert_eq!(contents.count("order"), 20);
        let late = place(99).await;
        assert!(matches!(late, Err(Failure::Fault(Fault::Overloaded { .. }))), "{late:?}");
    }

    async fn buyers_of_many_things_in_any_order_do_not_stop_each_other(database: Database) {
        let database = database.create().await;
        let one = Shop::open_at(database.again(), open_limits()).await;
        let other = Shop::open_at(database.again(), open_limits()).await;
        let product = one.product("꾸러미", &[("가", 10, 500), ("나", 10, 500), ("다", 10, 500)]).await;
        let mut members = Vec::new();
        for number in 0..16 {
            let mina = one.member_with_points(1_000).await;
            mina.add_to_cart(&product, number % 3, 1).await;
            members.push(mina);
        }
        let buying = (0..64).map(|number| {
            let shop = if number % 2 == 0 { &one } else { &other };
            let client = members[number % 16].at(shop.address());
            let mut options = product.options.clone();
            options.rotate_left(number % 3);
            if number % 4 < 2 {
                options.reverse();
            }
            let line = |id: &OptionId| json!({ "optionId": id.to_string(), "quantity": 1 });
            let lines = options.iter().map(line).collect::<Vec<_>>();
            async move {
                let key = json!(number.to_string());
                client.place(json!({ "lines": lines, "idempotencyKey": key })).await
            }
        });
        let carts = members.iter().map(|member| member.place(json!({ "idempotencyKey": "cart" })));

        let (bought, carts) = tokio::join!(join_all(buying), join_all(carts));

        for payload in bought.iter().chain(&carts) {
            assert_eq!(payload["order"]["status"], "PAID", "{payload:#}");
        }
        let left = one.stock(&product).await;
        assert_eq!(left.iter().sum::<i64>(), 1_500 - 64 * 3 - 16);
        assert!(left.iter().all(|left| *left < 500 - 64), "{left:?}");
        for member in &members {
            assert_eq!(member.balance().await, 1_000 - 4 * 30 - 10);
        }
    }

    async fn two_servers_sell_not_one_piece_too_many(database: Database) {
        let database = database.create().await;
        let one = Shop::open_at(database.again(), open_limits()).await;
        let other = Shop::open_at(database.again(), open_limits()).await;
        let hot = one.product("한정판", &[("하나", 1_000, 25)]).await;
        let mina = one.member_with_points(100_000).await;
        let mut buyers = Vec::new();
        for _ in 0..30 {
            buyers.push(one.member_with_points(1_000).await);
        }
        let orders = buyers.iter().enumerate().flat_map(|(number, buyer)| {
            // Each tries at both, with the same key.
            [&one, &other].map(|shop| {
                let client = buyer.at(shop.address());
                let hot = &hot;
                async move { (number, client.order(hot, 0, 1, "the one").await) }
            })
        });

        let answers = join_all(orders).await;

        let mut placed = answers
            .iter()
            .filter(|(_, payload)| payload["order"].is_object())
            .map(|(number, payload)| (*number, payload["order"]["id"].to_string()))
            .collect::<Vec<_>>();
        placed.sort_unstable();
        placed.dedup();
        assert_eq!(placed.len(), 25, "{answers:#?}");
        let refused = answers.iter().filter(|(_, payload)| payload["order"].is_null());
        for (_, payload) in refused {
            assert_eq!(payload["userErrors"][0]["code"], "INSUFFICIENT_STOCK", "{payload:#}");
        }
        assert_eq!(one.contents().await.count("order"), 25);
        assert_eq!(other.stock(&hot).await, [0]);
        let late = mina.at(other.address()).order(&hot, 0, 1, "late").await;
        assert_eq!(late["userErrors"][0]["code"], "INSUFFICIENT_STOCK");
    }

    async fn an_order_stands_when_its_client_hangs_up(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
        let mina = shop.member_with_points(100_000).await;
        // Some are dropped before they arrive, some while they are placed: none is placed by half.
        for number in 0..20 {
            let key = number.to_string();
            let order = mina.order(&shirt, 0, 1, &key);
            let patience = Duration::from_micros(400 * number);
            _ = tokio::time::timeout(patience, order).await;
        }
        for number in 0..20 {
            let placed = mina.order(&shirt, 0, 1, &number.to_string()).await;
            assert_eq!(placed["order"]["status"], "PAID");
        }
        let contents = shop.contents().await;
        for table in ["order", "order_item", "order_event", "outbox"] {
            assert_eq!(contents.count(table), 20, "{table}");
        }
        assert_eq!(shop.stock(&shirt).await, [80]);
        assert_eq!(mina.balance().await, 80_000);
    }
}

async fn place(app: &App, member_id: MemberId, option_id: OptionId, number: i32) -> Answer {
    let request = request(option_id, 1, &number.to_string());
    app.placement.place(member_id, request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_runs_into_a_deadlock_is_tried_again() {
    let shop = Shop::open(Database::Postgres).await;
    let shirt = shop.product("셔츠", &[("화이트", 1_000, 100)]).await;
    let mina = shop.member_with_points(10_000).await;
    let member_id = mina.member_id().await;
    let observer = shop.database.connect_alone().await;
    // A stranger takes the locks the other way round: the stock before the purse.
    let stranger = shop.database.connect_alone().await;
    // It never gives way.
    let patient = stranger
        .execute_unprepared("SET deadlock_timeout = '1min'")
        .await;
    patient.expect("a setting");
    let begun = stranger.execute_unprepared("BEGIN").await;
    begun.expect("a transaction");
    let stock = stock_row::Entity::find()
        .lock_exclusive()
        .one(&stranger)
        .await;
    stock.expect("a lock").expect("a stock");

    let order = tokio::spawn(async move {
        let placed = mina.order(&shirt, 0, 1, "key").await;
        (mina, shirt, placed)
    });
    while !is_anybody_waiting_for_a_lock(&observer).await {
        tokio::task::yield_now().await;
    }
    // The order holds the purse and waits for the stock. It gives way, or this would never end.
    let purse = user_point::Entity::find()
        .filter(user_point::COLUMN.member_id.eq(member_id))
        .lock_exclusive()
        .one(&stranger)
        .await;
    purse.expect("the order gave way").expect("a purse");
    let ended = stranger.execute_unprepared("ROLLBACK").await;
    ended.expect("the end of the transaction");

    let (mina, shirt, placed) = order.await.expect("no panic");
    assert_eq!(placed["order"]["status"], "PAID", "{placed:#}");
    assert_eq!(shop.contents().await.count("order"), 1);
    assert_eq!(shop.stock(&shirt).await, [99]);
    assert_eq!(mina.balance().await, 9_000);
}

async fn is_anybody_waiting_for_a_lock(observer: &DatabaseConnection) -> bool {
    let waiting = observer.query_one_raw(Statement::from_string(
        DbBackend::Postgres,
        "SELECT EXISTS (SELECT 1 FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock')",
    ));
    let row = waiting.await.expect("the database answers").expect("a row");
    row.try_get_by_index(0).expect("a truth")
}
