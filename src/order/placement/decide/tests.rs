use std::time::Duration;

use entity::{
    coupon,
    coupon_issue::{self, CouponFunding, CouponKind},
    id::{CartId, CouponIssueId, OrderId, UserPointId},
    payment::PaymentProvider,
};
use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};
use serde_json::json;
use uuid::Uuid;

use super::*;

const MINA: MemberId = MemberId(Uuid::from_u128(1));
const JUN: MemberId = MemberId(Uuid::from_u128(2));

const SHIRT: OptionId = OptionId(Uuid::from_u128(10));
const COAT: OptionId = OptionId(Uuid::from_u128(11));
const SAMPLE: OptionId = OptionId(Uuid::from_u128(12));
const DELETED: OptionId = OptionId(Uuid::from_u128(13));
const IN_A_CLOSED_STORE: OptionId = OptionId(Uuid::from_u128(14));
const PRICELESS: OptionId = OptionId(Uuid::from_u128(15));
const UNKNOWN: OptionId = OptionId(Uuid::from_u128(16));

/// A shop in which Mina has 100,000 won, Jun has 20,000, and Mina's cart holds two shirts and a coat.
fn shop() -> Snapshot {
    let offers = [
        (SHIRT, "셔츠", 30_000, 10),
        (COAT, "코트", 90_000, 1),
        (SAMPLE, "견본", 0, 3),
        (DELETED, "단종", 1_000, 5),
        (IN_A_CLOSED_STORE, "휴무", 1_000, 5),
        (PRICELESS, "보물", Won::MAX.0, 5),
    ];
    let mut shop = Snapshot::default();
    for (id, name, price, stock) in offers {
        shop.offers.insert(id, offer(id, name, price));
        shop.stock.insert(id, stock);
    }
    for (member_id, balance) in [(MINA, 100_000), (JUN, 20_000)] {
        shop.purses.insert(member_id, purse(member_id, balance));
    }
    let lines = vec![cart_line(1, SHIRT, 2), cart_line(2, COAT, 1)];
    shop.carts.insert(MINA, lines);
    shop
}

fn offer(id: OptionId, name: &str, price: i64) -> Offer {
    Offer {
        product_id: ProductId(Uuid::from_u128(id.0.as_u128() + 100)),
        store_id: StoreId(Uuid::from_u128(id.0.as_u128() + 200)),
        product_name: name.into(),
        option_name: "기본".into(),
        price: Won(price),
        is_on_sale: id != DELETED,
        is_open: id != IN_A_CLOSED_STORE,
        accept_within: TimeDelta::minutes(10),
    }
}

fn purse(member_id: MemberId, balance: i64) -> user_point::Model {
    user_point::Model {
        id: UserPointId(Uuid::from_u128(member_id.0.as_u128() + 300)),
        member_id,
        balance: Won(balance),
        last_sequence: 4,
    }
}

fn cart_line_id(number: u128) -> CartItemId {
    CartItemId(Uuid::from_u128(1_000 + number))
}

fn cart_line(number: u128, option_id: OptionId, quantity: i32) -> cart_item::Model {
    cart_item::Model {
        id: cart_line_id(number),
        cart_id: CartId(Uuid::from_u128(500)),
        option_id,
        quantity,
    }
}

fn request(selection: Selection) -> Request {
    Request {
        selection,
        coupon_id: None,
        points: None,
        gateway: None,
        expected_total: None,
        idempotency_key: "key".into(),
    }
}

fn lines(pairs: &[(OptionId, i32)]) -> Request {
    let line = |(option_id, quantity): &(OptionId, i32)| Line {
        option_id: *option_id,
        quantity: *quantity,
    };
    request(Selection::Lines(pairs.iter().map(line).collect()))
}

fn cart_items(numbers: &[u128]) -> Request {
    let ids = numbers.iter().map(|number| cart_line_id(*number));
    request(Selection::CartItems(ids.collect()))
}

fn with_key(request: Request, key: &str) -> Request {
    Request {
        idempotency_key: key.into(),
        ..request
    }
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_100_400, 0).unwrap()
}

fn decided(shop: &mut Snapshot, member_id: MemberId, request: &Request) -> Decision {
    let mut rng = StdRng::seed_from_u64(7);
    decide(shop, member_id, request, noon(), &mut rng)
}

fn placed(shop: &mut Snapshot, member_id: MemberId, request: &Request) -> Placement {
    match decided(shop, member_id, request) {
        Decision::Placed(placement) => *placement,
        other => panic!("not placed: {other:?}"),
    }
}

/// The refusal, which changes nothing.
fn refused(shop: &mut Snapshot, member_id: MemberId, request: &Request) -> Refusal {
    let before = shop.clone();
    match decided(shop, member_id, request) {
        Decision::Refused(refusal) => {
            assert_eq!(*shop, before, "a refusal changes nothing: {refusal:?}");
            refusal
        }
        other => panic!("not refused: {other:?}"),
    }
}

/// The same through a gateway.
fn at_toss(request: Request, points: Option<i64>) -> Request {
    Request {
        points: points.map(Won),
        gateway: Some(Gateway {
            provider: PaymentProvider::Toss,
            within: Duration::from_mins(15),
        }),
        ..request
    }
}

#[test]
fn what_is_due_at_a_gateway_waits_for_it() {
    let mut shop = shop();
    let wish = at_toss(lines(&[(SHIRT, 1), (COAT, 1)]), Some(20_000));
    let placement = placed(&mut shop, JUN, &wish);
    let order = &placement.order;
    assert_eq!(order.status, OrderStatus::PendingPayment);
    assert_eq!(
        (order.points_used, order.amount_due),
        (Won(20_000), Won(100_000))
    );
    assert_eq!(
        order.payment_expires_at,
        Some(noon() + Duration::from_mins(15))
    );
    let (payment, event) = placement.payment.unwrap();
    assert_eq!(
        (payment.amount, payment.order_id),
        (Won(100_000), Some(order.id))
    );
    assert_eq!(payment.order_name, "셔츠 외 1건");
    assert_eq!(event.payment_id, payment.id);
    assert!(placement.announcement.is_none(), "nobody is told yet");
    let is_idle = |item: &order_item::Model| item.paid_at.is_none() && item.accept_by.is_none();
    assert!(placement.items.iter().all(is_idle));
    assert!(
        placement.store_events.is_empty(),
        "no store hears of it yet"
    );
    assert_eq!(shop.stock[&COAT], 0, "its stock is held");

    match decided(&mut shop, JUN, &with_key(wish.clone(), "another")) {
        Decision::Resumed(resumed, alias) => {
            assert_eq!((&resumed, alias.order_id), (order, order.id));
            assert_eq!(alias.idempotency_key, "another");
        }
        other => panic!("not resumed: {other:?}"),
    }
    assert_eq!(replayed(&mut shop, JUN, &with_key(wish, "another")), *order);
    let other = with_key(lines(&[(SHIRT, 1)]), "other");
    let pending = Refusal::PaymentPending(Box::new(order.clone()));
    assert_eq!(refused(&mut shop, JUN, &other), pending);
}

#[test]
fn a_cart_that_was_filled_again_is_another_order() {
    let mut shop = shop();
    let wish = at_toss(request(Selection::Cart), None);
    placed(&mut shop, MINA, &wish);
    let again = with_key(wish, "again");
    let resumed = decided(&mut shop.clone(), MINA, &again);
    assert!(matches!(resumed, Decision::Resumed(..)), "{resumed:?}");
    shop.carts.insert(MINA, vec![cart_line(3, SAMPLE, 1)]);
    let refusal = refused(&mut shop, MINA, &again);
    assert!(matches!(refusal, Refusal::PaymentPending(_)), "{refusal:?}");
}

#[test]
fn points_pay_as_much_as_the_member_likes() {
    let wish = |points| at_toss(lines(&[(SHIRT, 1)]), points);
    let all = placed(&mut shop(), MINA, &wish(Some(30_000)));
    assert_eq!((all.order.status, all.payment), (OrderStatus::Paid, None));
    let none = placed(&mut shop(), MINA, &wish(None));
    assert_eq!(none.payment.unwrap().0.order_name, "셔츠");
    assert!(none.entry.is_none());
    for points in [-1, 30_001] {
        let mismatch = Refusal::PointsMismatch {
            points: Won(points),
            total: Won(30_000),
        };
        assert_eq!(refused(&mut shop(), MINA, &wish(Some(points))), mismatch);
    }
}

fn replayed(shop: &mut Snapshot, member_id: MemberId, request: &Request) -> order::Model {
    let before = shop.clone();
    match decided(shop, member_id, request) {
        Decision::Replayed(order) => {
            assert_eq!(*shop, before, "a replay changes nothing");
            order
        }
        other => panic!("not replayed: {other:?}"),
    }
}

#[test]
fn an_order_takes_stock_and_points_and_writes_them_down() {
    let mut shop = shop();
    let wish = lines(&[(SHIRT, 2), (SAMPLE, 1)]);

    let placement = placed(&mut shop, MINA, &wish);

    assert_eq!(shop.stock[&SHIRT], 8);
    assert_eq!(shop.stock[&SAMPLE], 2);
    assert_eq!(shop.purses[&MINA].balance, Won(40_000));
    assert_eq!(shop.purses[&MINA].last_sequence, 5);
    assert_eq!(shop.purses[&JUN], purse(JUN, 20_000));

    let order = &placement.order;
    assert_eq!(order.member_id, MINA);
    assert_eq!(order.status, OrderStatus::Paid);
    assert_eq!(order.items_total, Won(60_000));
    assert_eq!(order.points_used, Won(60_000));
    assert_eq!((order.discount, order.amount_due), (Won::ZERO, Won::ZERO));
    assert_eq!(order.refunded, Won::ZERO);
    assert_eq!(order.idempotency_key, "key");
    assert_eq!(order.request_hash, wish.hash());
    assert_eq!(order.placed_at, noon());
    assert_eq!(order.last_sequence, 1);
    assert!(order.order_key.starts_with("20261120-"));

    let [shirts, sample] = &placement.items[..] else {
        panic!("two items: {:?}", placement.items)
    };
    assert_eq!((shirts.position, sample.position), (0, 1));
    assert_eq!((shirts.option_id, shirts.quantity), (SHIRT, 2));
    assert_eq!(shirts.product_id, shop.offers[&SHIRT].product_id);
    assert_eq!(shirts.store_id, shop.offers[&SHIRT].store_id);
    assert_eq!(shirts.product_name, "셔츠");
    assert_eq!(shirts.option_name, "기본");
    assert_eq!(shirts.unit_price, Won(30_000));
    assert_eq!(shirts.line_total, Won(60_000));
    assert_eq!(shirts.paid_at, Some(noon()));
    assert_eq!(shirts.accept_by, Some(noon() + TimeDelta::minutes(10)));
    assert_eq!(shirts.status, OrderStatus::Paid);
    assert_eq!(shirts.cancel_reason, None);

    let entry = placement.entry.as_ref().unwrap();
    assert_eq!(entry.user_point_id, shop.purses[&MINA].id);
    assert_eq!(entry.sequence, 5);
    assert_eq!(entry.action, PointAction::Use);
    assert_eq!(entry.amount, Won(-60_000));
    assert_eq!(entry.balance_after, Won(40_000));
    assert_eq!(entry.order_id, Some(order.id));

    assert_eq!(placement.event.order_id, order.id);
    assert_eq!(placement.event.sequence, 1);
    assert_eq!(placement.event.status, OrderStatus::Paid);
    let heard = placement.store_events.iter();
    let heard = heard.map(|event| (event.store_id, event.order_sequence, event.status));
    let stores = [SHIRT, SAMPLE].map(|id| StoreId(Uuid::from_u128(id.0.as_u128() + 200)));
    assert_eq!(
        heard.collect::<Vec<_>>(),
        stores.map(|id| (id, 1, OrderStatus::Paid))
    );
    assert_eq!(
        placement.event.item_ids.iter().collect::<Vec<_>>(),
        [shirts.id, sample.id]
    );
    let announcement = placement.announcement.unwrap();
    assert_eq!(announcement.order_id, order.id);
    assert_eq!(announcement.payload["pointsUsed"], json!(60_000));
    assert_eq!(placement.cart_lines, []);
    assert_eq!(
        shop.carts[&MINA].len(),
        2,
        "explicit lines leave the cart alone"
    );
    assert_eq!(shop.placed[&(MINA, "key".into())], *order);
}

#[test]
fn lines_of_one_option_are_added_up_where_the_first_stands() {
    let mut shop = shop();
    shop.purses.insert(MINA, purse(MINA, 1_000_000));
    let placement = placed(
        &mut shop,
        MINA,
        &lines(&[(SHIRT, 1), (COAT, 1), (SHIRT, 3)]),
    );
    let ordered = placement
        .items
        .iter()
        .map(|item| (item.option_id, item.quantity))
        .collect::<Vec<_>>();
    assert_eq!(ordered, [(SHIRT, 4), (COAT, 1)]);
}

#[test]
fn the_whole_cart_is_ordered_and_leaves() {
    let mut shop = shop();
    shop.purses.insert(MINA, purse(MINA, 150_000));
    let placement = placed(&mut shop, MINA, &request(Selection::Cart));
    assert_eq!(placement.order.items_total, Won(150_000));
    assert_eq!(placement.cart_lines, [cart_line_id(1), cart_line_id(2)]);
    assert!(shop.carts[&MINA].is_empty());
    assert_eq!(
        refused(
            &mut shop,
            MINA,
            &with_key(request(Selection::Cart), "again")
        ),
        Refusal::Empty
    );
}

#[test]
fn chosen_lines_of_the_cart_are_ordered_once_each_and_leave() {
    let mut shop = shop();
    let placement = placed(&mut shop, MINA, &cart_items(&[2, 2]));
    assert_eq!(placement.items.len(), 1);
    assert_eq!(placement.order.items_total, Won(90_000));
    assert_eq!(placement.cart_lines, [cart_line_id(2)]);
    assert_eq!(shop.carts[&MINA], [cart_line(1, SHIRT, 2)]);
}

#[test]
fn an_order_that_costs_nothing_writes_no_entry() {
    let mut shop = shop();
    let nobody = MemberId(Uuid::from_u128(99));
    for (member_id, key) in [(MINA, "one"), (nobody, "two")] {
        let before = shop.purses.clone();
        let placement = placed(&mut shop, member_id, &with_key(lines(&[(SAMPLE, 1)]), key));
        assert_eq!(placement.order.items_total, Won::ZERO);
        assert_eq!(placement.entry, None);
        assert_eq!(shop.purses, before);
    }
    assert_eq!(shop.stock[&SAMPLE], 1);
}

#[test]
fn what_the_client_thinks_it_costs_may_be_said() {
    let wish = Request {
        expected_total: Some(Won(30_000)),
        points: Some(Won(30_000)),
        ..lines(&[(SHIRT, 1)])
    };
    assert_eq!(
        placed(&mut shop(), MINA, &wish).order.points_used,
        Won(30_000)
    );
}

fn closed(lines: &[(Option<usize>, OptionId, &str)]) -> Refusal {
    let line = |(index, option_id, name): &(Option<usize>, OptionId, &str)| ClosedLine {
        index: *index,
        option_id: *option_id,
        name: (*name).into(),
    };
    Refusal::StoreClosed(lines.iter().map(line).collect())
}

#[test]
fn all_that_is_of_closed_stores_is_told_unless_something_is_gone_for_good() {
    let mut shop = shop();
    shop.offers.get_mut(&COAT).unwrap().is_open = false;
    let wish = lines(&[(IN_A_CLOSED_STORE, 1), (SHIRT, 1), (COAT, 1)]);
    assert_eq!(
        refused(&mut shop, JUN, &wish),
        closed(&[
            (Some(0), IN_A_CLOSED_STORE, "휴무"),
            (Some(2), COAT, "코트")
        ])
    );
    let gone = lines(&[(IN_A_CLOSED_STORE, 1), (DELETED, 1)]);
    let unavailable = Refusal::ProductUnavailable {
        index: Some(1),
        name: "단종".into(),
    };
    assert_eq!(refused(&mut shop, JUN, &gone), unavailable);
}

const TEN_PERCENT: CouponId = CouponId(Uuid::from_u128(20));
const ALL_OFF: CouponId = CouponId(Uuid::from_u128(21));

/// The market's coupon of a member's.
fn voucher(id: CouponId, member_id: MemberId, percent: i32) -> Voucher {
    let issue_id = CouponIssueId(Uuid::from_u128(30));
    Voucher {
        coupon: coupon::Model {
            id,
            issue_id,
            code: String::new(),
            member_id: Some(member_id),
            registered_at: Some(noon()),
            order_id: None,
            withdrawn_at: None,
        },
        issue: coupon_issue::Model {
            id: issue_id,
            store_id: None,
            funding: CouponFunding::Store,
            name: String::new(),
            kind: CouponKind::Percent,
            amount: None,
            percent: Some(percent),
            maximum: None,
            free_option_id: None,
            free_quantity: None,
            minimum_total: Won::ZERO,
            per_member_limit: 1,
            codes: 1,
            expires_at: noon() + Duration::from_hours(1),
            published_by: JUN,
            idempotency_key: None,
            created_at: noon(),
        },
        gift_price: None,
    }
}

/// The shop, in which Mina has coupons for a tenth and for all of an order.
fn shop_with_coupons() -> Snapshot {
    let mut shop = shop();
    for (id, percent) in [(TEN_PERCENT, 10), (ALL_OFF, 100)] {
        shop.coupons.insert(id, voucher(id, MINA, percent));
    }
    shop
}

fn by_coupon(request: Request, coupon_id: CouponId) -> Request {
    Request {
        coupon_id: Some(coupon_id),
        ..request
    }
}

#[test]
fn a_coupon_takes_its_discount_off_what_is_to_be_paid() {
    let mut shop = shop_with_coupons();
    let wish = Request {
        expected_total: Some(Won(54_000)),
        ..by_coupon(lines(&[(SHIRT, 2), (SAMPLE, 1)]), TEN_PERCENT)
    };
    let Placement { order, items, .. } = placed(&mut shop, MINA, &wish);
    assert_eq!(
        (order.items_total, order.discount, order.coupon_id),
        (Won(60_000), Won(6_000), Some(TEN_PERCENT))
    );
    assert_eq!(order.points_used, Won(54_000));
    assert_eq!(shop.purses[&MINA].balance, Won(46_000));
    let shares = items
        .iter()
        .map(|item| (item.discount.0, item.store_discount.0));
    assert_eq!(shares.collect::<Vec<_>>(), [(6_000, 6_000), (0, 0)]);
    assert_eq!(shop.coupons[&TEN_PERCENT].coupon.order_id, Some(order.id));
    assert_eq!(replayed(&mut shop, MINA, &wish), order);

    // Whoever comes after it finds it used.
    let again = with_key(by_coupon(lines(&[(SHIRT, 1)]), TEN_PERCENT), "again");
    assert_eq!(
        refused(&mut shop, MINA, &again),
        Refusal::CouponNotUsable(Problem::Used)
    );
    let others = with_key(by_coupon(lines(&[(SHIRT, 1)]), ALL_OFF), "others");
    assert_eq!(
        refused(&mut shop, JUN, &others),
        Refusal::CouponNotUsable(Problem::Unknown)
    );
    let price = Refusal::PriceChanged {
        expected: Won(60_000),
        actual: Won(0),
    };
    let wish = Request {
        expected_total: Some(Won(60_000)),
        ..with_key(by_coupon(lines(&[(SHIRT, 2)]), ALL_OFF), "price")
    };
    assert_eq!(refused(&mut shop, MINA, &wish), price);
}

#[test]
fn what_is_wholly_free_is_paid_at_once() {
    let mut shop = shop_with_coupons();
    let wish = at_toss(by_coupon(lines(&[(SHIRT, 1)]), ALL_OFF), None);
    let placement = placed(&mut shop, MINA, &wish);
    assert_eq!(placement.order.status, OrderStatus::Paid);
    assert_eq!(placement.order.discount, Won(30_000));
    assert_eq!((placement.payment, placement.entry), (None, None));
    assert!(placement.announcement.is_some());
}

#[test]
fn what_is_due_at_a_gateway_is_what_the_coupon_leaves() {
    let mut shop = shop_with_coupons();
    let wish = at_toss(by_coupon(lines(&[(SHIRT, 1)]), TEN_PERCENT), Some(7_000));
    let placement = placed(&mut shop, MINA, &wish);
    assert_eq!(placement.order.amount_due, Won(20_000));
    assert_eq!(placement.payment.unwrap().0.amount, Won(20_000));
    let without = with_key(at_toss(lines(&[(SHIRT, 1)]), Some(7_000)), "without");
    let refusal = refused(&mut shop, MINA, &without);
    assert!(matches!(refusal, Refusal::PaymentPending(_)), "{refusal:?}");
}

/// A cart with every fault, a line each; the number of a line is its rank among the refusals.
fn cart_of_faults() -> Snapshot {
    let mut shop = shop();
    let faults = vec![
        cart_line(1, UNKNOWN, 1),
        cart_line(2, DELETED, 1),
        cart_line(3, IN_A_CLOSED_STORE, 1),
        cart_line(4, PRICELESS, 2),
        // Neither enough pieces nor enough points.
        cart_line(5, COAT, 2),
        cart_line(6, SAMPLE, 9),
        cart_line(7, SHIRT, 4),
    ];
    shop.carts.insert(MINA, faults);
    shop
}

#[test]
fn of_several_refusals_the_one_to_act_on_first_is_told() {
    let mut shop = cart_of_faults();
    let earlier = placed(&mut shop, JUN, &with_key(lines(&[(SAMPLE, 1)]), "used")).order;
    let earlier = order::Model {
        member_id: MINA,
        ..earlier
    };
    shop.placed.insert((MINA, "used".into()), earlier);

    let wrong_sums = |request| Request {
        points: Some(Won(1)),
        gateway: None,
        expected_total: Some(Won(2)),
        ..request
    };
    let shortages = vec![
        Shortage {
            option_id: COAT,
            requested: 2,
            available: 1,
        },
        Shortage {
            option_id: SAMPLE,
            requested: 9,
            available: 2,
        },
    ];
    let table = [
        (
            wrong_sums(with_key(cart_items(&[99, 1, 2, 3, 4, 5]), "used")),
            Refusal::KeyReused,
        ),
        (
            wrong_sums(cart_items(&[1, 2, 3, 4, 5, 99])),
            Refusal::NoSuchCartItem { index: 5 },
        ),
        (
            wrong_sums(cart_items(&[1, 2, 3, 4, 5])),
            Refusal::NoSuchOption { index: 0 },
        ),
        (
            wrong_sums(cart_items(&[2, 3, 4, 5])),
            Refusal::ProductUnavailable {
                index: Some(0),
                name: "단종".into(),
            },
        ),
        (
            wrong_sums(cart_items(&[7, 3, 4, 5])),
            closed(&[(Some(1), IN_A_CLOSED_STORE, "휴무")]),
        ),
        (wrong_sums(cart_items(&[4, 5])), Refusal::TotalTooLarge),
        (
            wrong_sums(by_coupon(cart_items(&[5]), TEN_PERCENT)),
            Refusal::CouponNotUsable(Problem::Unknown),
        ),
        (
            wrong_sums(cart_items(&[5])),
            Refusal::PriceChanged {
                expected: Won(2),
                actual: Won(180_000),
            },
        ),
        (
            Request {
                points: Some(Won(1)),
                ..cart_items(&[5])
            },
            Refusal::PointsMismatch {
                points: Won(1),
                total: Won(180_000),
            },
        ),
        (
            cart_items(&[5, 6, 7]),
            Refusal::InsufficientStock(shortages),
        ),
        (
            cart_items(&[7]),
            Refusal::InsufficientPoints {
                required: Won(120_000),
                balance: Won(100_000),
            },
        ),
    ];
    for (request, refusal) in table {
        assert_eq!(refused(&mut shop, MINA, &request), refusal, "{request:?}");
    }
}

#[test]
fn the_whole_cart_is_refused_without_a_place() {
    let mut shop = cart_of_faults();
    let mut cart_from = |number: usize| {
        let lines = cart_of_faults().carts[&MINA][number - 1..].to_vec();
        shop.carts.insert(MINA, lines);
        refused(&mut shop, MINA, &request(Selection::Cart))
    };
    assert_eq!(cart_from(1), Refusal::NoSuchOption { index: 0 });
    let name = "단종".into();
    assert_eq!(
        cart_from(2),
        Refusal::ProductUnavailable { index: None, name }
    );
    assert_eq!(cart_from(3), closed(&[(None, IN_A_CLOSED_STORE, "휴무")]));
}

#[test]
fn an_unknown_option_is_refused_at_its_line() {
    let wish = lines(&[(SHIRT, 1), (SHIRT, 1), (UNKNOWN, 1)]);
    assert_eq!(
        refused(&mut shop(), MINA, &wish),
        Refusal::NoSuchOption { index: 2 }
    );
}

#[test]
fn a_sum_beyond_what_can_be_counted_is_refused() {
    let wish = lines(&[(PRICELESS, 1), (SHIRT, 1)]);
    assert_eq!(refused(&mut shop(), MINA, &wish), Refusal::TotalTooLarge);
}

#[test]
fn an_option_without_a_stock_row_has_none_left() {
    let mut shop = shop();
    shop.stock.remove(&SHIRT);
    let shortage = Shortage {
        option_id: SHIRT,
        requested: 1,
        available: 0,
    };
    assert_eq!(
        refused(&mut shop, MINA, &lines(&[(SHIRT, 1)])),
        Refusal::InsufficientStock(vec![shortage])
    );
}

#[test]
fn whoever_has_no_purse_has_no_points() {
    let nobody = MemberId(Uuid::from_u128(99));
    assert_eq!(
        refused(&mut shop(), nobody, &lines(&[(SHIRT, 1)])),
        Refusal::InsufficientPoints {
            required: Won(30_000),
            balance: Won::ZERO
        }
    );
    assert_eq!(
        refused(&mut shop(), nobody, &request(Selection::Cart)),
        Refusal::Empty
    );
}

#[test]
fn the_same_request_again_gives_the_same_order() {
    let mut shop = shop();
    shop.purses.insert(MINA, purse(MINA, 150_000));
    let wish = request(Selection::Cart);
    let order = placed(&mut shop, MINA, &wish).order;
    assert_eq!(replayed(&mut shop, MINA, &wish), order);

    let listed = with_key(lines(&[(SAMPLE, 1), (SAMPLE, 1)]), "listed");
    let order = placed(&mut shop, JUN, &listed).order;
    let otherwise = with_key(lines(&[(SAMPLE, 2)]), "listed");
    assert_eq!(replayed(&mut shop, JUN, &otherwise), order);
    let more = with_key(lines(&[(SAMPLE, 3)]), "listed");
    assert_eq!(refused(&mut shop, JUN, &more), Refusal::KeyReused);
}

#[test]
fn a_key_is_its_member_s_own() {
    let mut shop = shop();
    let wish = lines(&[(SAMPLE, 1)]);
    let mina_s = placed(&mut shop, MINA, &wish).order;
    let jun_s = placed(&mut shop, JUN, &wish).order;
    assert_eq!((mina_s.member_id, jun_s.member_id), (MINA, JUN));
}

#[test]
fn a_refused_key_can_be_used_again() {
    let mut shop = shop();
    refused(&mut shop, MINA, &lines(&[(COAT, 2)]));
    placed(&mut shop, MINA, &lines(&[(COAT, 1)]));
}

#[test]
fn each_sees_what_those_before_it_took() {
    let mut shop = shop();
    placed(&mut shop, MINA, &with_key(lines(&[(COAT, 1)]), "first"));
    let shortage = Shortage {
        option_id: COAT,
        requested: 1,
        available: 0,
    };
    assert_eq!(
        refused(&mut shop, JUN, &lines(&[(COAT, 1)])),
        Refusal::InsufficientStock(vec![shortage])
    );
    assert_eq!(
        refused(&mut shop, MINA, &with_key(lines(&[(SHIRT, 1)]), "second")),
        Refusal::InsufficientPoints {
            required: Won(30_000),
            balance: Won(10_000)
        }
    );
    assert_eq!(
        refused(&mut shop, MINA, &with_key(cart_items(&[2]), "third")),
        Refusal::InsufficientStock(vec![shortage]),
        "the line is still in the cart, for its coat was ordered beside it"
    );
}

#[test]
fn the_same_chance_gives_the_same_order() {
    let wish = lines(&[(SHIRT, 1)]);
    let one = placed(&mut shop(), MINA, &wish);
    let other = placed(&mut shop(), MINA, &wish);
    assert_eq!(one.order, other.order);
    assert_eq!(one.items, other.items);
    assert_ne!(one.order.id, OrderId(Uuid::nil()));
}

const OPTIONS: u128 = 4;
const MEMBERS: u128 = 3;
const COUPONS: u128 = 6;

fn any_shop() -> impl Strategy<Value = Snapshot> {
    let offers = prop::collection::vec((0_i64..50, 0_i32..12), OPTIONS as usize);
    let balances = prop::collection::vec(0_i64..400, MEMBERS as usize);
    // A cart has one line an option.
    let cart = prop::collection::btree_map(0..OPTIONS, 1_i32..4, 0..4);
    let carts = prop::collection::vec(cart, MEMBERS as usize);
    (offers, balances, carts).prop_map(|(offers, balances, carts)| {
        let mut shop = Snapshot::default();
        for (number, (price, stock)) in (0..).zip(offers) {
            let id = OptionId(Uuid::from_u128(number));
            shop.offers.insert(id, offer(id, "것", price));
            shop.stock.insert(id, stock);
        }
        for number in 0..COUPONS {
            let (id, percents) = (CouponId(Uuid::from_u128(number)), [7, 33, 100]);
            let holder = MemberId(Uuid::from_u128(number % MEMBERS));
            let percent = percents[usize::try_from(number % 3).unwrap()];
            shop.coupons.insert(id, voucher(id, holder, percent));
        }
        for (number, balance) in (0..).zip(balances) {
            let id = MemberId(Uuid::from_u128(number));
            shop.purses.insert(id, purse(id, balance));
        }
        for (number, lines) in (0_u128..).zip(carts) {
            let lines = (0..).zip(lines).map(|(place, (option, quantity))| {
                cart_line(
                    10 * number + place,
                    OptionId(Uuid::from_u128(option)),
                    quantity,
                )
            });
            let id = MemberId(Uuid::from_u128(number));
            shop.carts.insert(id, lines.collect());
        }
        shop
    })
}

fn any_command() -> impl Strategy<Value = (MemberId, Request)> {
    // One option more than there is, and one line more than a cart has.
    let line = (0..=OPTIONS, 1_i32..5);
    let selection = prop_oneof![
        Just(Selection::Cart),
        prop::collection::vec(0..31_u128, 1..3).prop_map(|ids| cart_items(&ids).selection),
        prop::collection::vec(line, 1..4).prop_map(|pairs| {
            let id = |(option, quantity)| (OptionId(Uuid::from_u128(option)), quantity);
            lines(&pairs.into_iter().map(id).collect::<Vec<_>>()).selection
        }),
    ];
    let sum = || prop::option::weighted(0.1, (0_i64..100).prop_map(Won));
    // One coupon more than there are.
    let coupon = prop::option::weighted(0.3, 0..=COUPONS);
    (0..MEMBERS, selection, 0..40_u8, sum(), sum(), coupon).prop_map(
        |(member, selection, key, points, expected_total, coupon)| {
            let request = Request {
                gateway: None,
                coupon_id: coupon.map(|number| CouponId(Uuid::from_u128(number))),
                selection,
                points,
                expected_total,
                idempotency_key: key.to_string(),
            };
            (MemberId(Uuid::from_u128(member)), request)
        },
    )
}

proptest! {
    #[test]
    fn stock_and_points_add_up_whatever_is_ordered(
        opening in any_shop(),
        commands in prop::collection::vec(any_command(), 0..40),
    ) {
        let mut shop = opening.clone();
        let mut taken = HashMap::<OptionId, i32>::new();
        let mut paid = HashMap::<MemberId, i64>::new();
        for (member_id, request) in &commands {
            let before = shop.clone();
            let Decision::Placed(placement) = decided(&mut shop, *member_id, request) else {
                prop_assert_eq!(&shop, &before);
                continue;
            };
            let Placement { order, items, entry, cart_lines, .. } = *placement;
            for item in &items {
                prop_assert_eq!(Some(item.line_total), item.unit_price.checked_mul(item.quantity));
                prop_assert_eq!(item.order_id, order.id);
                *taken.entry(item.option_id).or_default() += item.quantity;
            }
            let sum = Won::checked_sum(items.iter().map(|item| item.line_total));
            prop_assert_eq!(sum, Some(order.items_total));
            prop_assert_eq!(order.points_used.0, order.items_total.0 - order.discount.0);
            let shares = Won::checked_sum(items.iter().map(|item| item.discount));
            prop_assert_eq!(shares, Some(order.discount));
            prop_assert!(items.iter().all(|item| item.discount <= item.line_total));
            if let Some(id) = order.coupon_id {
                prop_assert_eq!(before.coupons[&id].coupon.order_id, None);
                prop_assert_eq!(shop.coupons[&id].coupon.order_id, Some(order.id));
                prop_assert_eq!(shop.coupons[&id].coupon.member_id, Some(*member_id));
            }
            let spent = entry.as_ref().map_or(Won::ZERO, |entry| entry.amount);
            prop_assert_eq!(spent, order.points_used.negated());
            if let Some(entry) = entry {
                prop_assert_eq!(entry.balance_after, shop.purses[member_id].balance);
                prop_assert_eq!(entry.sequence, before.purses[member_id].last_sequence + 1);
            }
            *paid.entry(*member_id).or_default() += order.points_used.0;
            let left = before.carts[member_id].iter().filter(|line| !cart_lines.contains(&line.id));
            prop_assert_eq!(&shop.carts[member_id], &left.cloned().collect::<Vec<_>>());
        }
        for (id, stock) in &opening.stock {
            prop_assert!(shop.stock[id] >= 0);
            prop_assert_eq!(shop.stock[id] + taken.get(id).copied().unwrap_or_default(), *stock);
        }
        for (id, purse) in &opening.purses {
            prop_assert!(shop.purses[id].balance >= Won::ZERO);
            let spent = paid.get(id).copied().unwrap_or_default();
            prop_assert_eq!(shop.purses[id].balance.0 + spent, purse.balance.0);
        }
    }
}
