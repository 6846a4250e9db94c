//! Commits whose outcome nobody knows: the wire to PostgreSQL is cut as COMMIT is sent, before or after it arrives.
//! The client is told so, and by a retry with the same key it happens once.

use entity::order;
use jangteo::{
    clock::Clock,
    config::Limits,
    db::Db,
    event::Bus,
    fault::{Failure, Fault},
    order::placement::{Answer, Command, Figures, Line, Placer, Request, Selection},
    outbox::Outbox,
};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

use crate::support::{Client, Cut, Database, PLACE_ORDER, Product, Proxy, Shop, TestDatabase};

const CUTS: [Cut; 2] = [Cut::BeforeCommit, Cut::AfterCommit];

/// A shop that reaches its database by a wire that can be cut.
struct Wired {
    shop: Shop,
    proxy: Proxy,
    database: TestDatabase,
}

impl Wired {
    async fn open() -> Self {
        let database = Database::Postgres.create().await;
        let proxy = Proxy::to(&database.url).await;
        let limits = Limits {
            instant_charge: true,
            ..Limits::default()
        };
        let shop = Shop::open_at(TestDatabase::at(proxy.url(&database.url)), limits).await;
        Self {
            shop,
            proxy,
            database,
        }
    }

    /// Sends a mutation whose commit is cut; asserts that the client is told what it can do.
    async fn cut(&self, client: &Client, cut: Cut, query: &str, input: &Value) {
        self.proxy.cut_next(cut);
        let answer = client.send(query, json!({ "input": input })).await;
        assert!(self.proxy.is_cut(), "{query} commits");
        let error = &answer.body["errors"][0];
        assert_eq!(
            error["extensions"]["code"], "OUTCOME_UNKNOWN",
            "{:#}",
            answer.body
        );
        assert!(error["extensions"]["requestId"].is_string());
        let message = error["message"].as_str().expect("a message");
        assert!(
            message.contains("Send it again just as it was"),
            "{cut:?}: {error:#}"
        );
        let mut data = answer.body["data"].as_object().expect("data").values();
        assert!(data.all(Value::is_null), "{:#}", answer.body);
    }

    /// How many orders there are, asked by another wire.
    async fn orders(&self) -> u64 {
        let db = self.database.connect().await;
        let count = order::Entity::find().count(db.reader()).await;
        count.expect("the orders read")
    }
}

fn lines(product: &Product) -> Value {
    json!([{ "optionId": product.options[0].to_string(), "quantity": 1 }])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_commit_is_lost_is_placed_once() {
    let wired = Wired::open().await;
    let shop = &wired.shop;
    let shirt = shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
    let mina = shop.member_with_points(10_000).await;
    for (cut, before, placed, after) in [(Cut::BeforeCommit, 0, 0, 1), (Cut::AfterCommit, 1, 2, 2)]
    {
        assert_eq!(wired.orders().await, before);
        let input = json!({ "lines": lines(&shirt), "idempotencyKey": format!("{cut:?}") });
        wired.cut(&mina, cut, PLACE_ORDER, &input).await;
        assert_eq!(wired.orders().await, placed, "{cut:?}");

        let again = mina.place(input.clone()).await;
        assert_eq!(again["order"]["status"], "PAID", "{again:#}");
        assert_eq!(mina.place(input).await, again);
        assert_eq!(wired.orders().await, after, "{cut:?}");
    }
    assert_eq!(mina.balance().await, 8_000);
    assert_eq!(shop.stock(&shirt).await, [8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_a_batch_whose_commit_is_lost_are_told_so() {
    for cut in CUTS {
        let wired = Wired::open().await;
        let shirt = wired.shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
        let mina = wired.shop.member_with_points(10_000).await;
        let member_id = mina.member_id().await;
        let command = |number: u8| Command {
            member_id,
            request: Request {
                selection: Selection::Lines(vec![Line {
                    option_id: shirt.options[0],
                    quantity: 1,
                }]),
                points: None,
                gateway: None,
                coupon_id: None,
                expected_total: None,
                idempotency_key: number.to_string(),
            },
            seed: [number; 32],
        };
        let batch = (0..5).map(command).collect::<Vec<_>>();
        let placer = placer(wired.shop.app().db.clone());

        wired.proxy.cut_next(cut);
        let told = placer.place(&batch).await;
        let is_unknown =
            |answer: &Answer| matches!(answer, Err(Failure::Fault(Fault::OutcomeUnknown(_))));
        assert!(told.iter().all(is_unknown), "{cut:?}: {told:?}");

        let again = placer.place(&batch).await;
        assert!(again.iter().all(Result::is_ok), "{cut:?}: {again:?}");
        assert_eq!(wired.orders().await, 5, "{cut:?}");
        assert_eq!(wired.shop.stock(&shirt).await, [5]);
        assert_eq!(mina.balance().await, 5_000);
    }
}

fn placer(db: Db) -> Placer {
    Placer {
        db,
        clock: Clock::system(),
        bus: Bus::default(),
        figures: Figures::default(),
        outbox: Outbox::default(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_whose_commit_is_lost_counts_once() {
    let wired = Wired::open().await;
    // The purse is made before, so that the only commit is the charge's.
    let mina = wired.shop.member_with_points(1_000).await;
    let query = "mutation($input: ChargePointsInput!) { chargePoints(input: $input) {
        userPoint { balance } userErrors { code } } }";
    for (cut, balance) in CUTS.into_iter().zip([3_000, 5_000]) {
        let key = format!("{cut:?}");
        let input = json!({ "amount": 2_000, "idempotencyKey": key });
        wired.cut(&mina, cut, query, &input).await;
        assert_eq!(mina.charge(2_000, &key).await, balance, "{cut:?}");
        assert_eq!(mina.charge(2_000, &key).await, balance, "{cut:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_whose_commit_is_lost_gives_back_once() {
    let wired = Wired::open().await;
    let shirt = wired.shop.product("셔츠", &[("화이트", 1_000, 10)]).await;
    let mina = wired.shop.member_with_points(10_000).await;
    let query = "mutation($input: CancelOrderInput!) { cancelOrder(input: $input) {
        order { id } userErrors { code } } }";
    for cut in CUTS {
        let placed = mina.order(&shirt, 0, 1, &format!("{cut:?}")).await;
        let input = json!({ "orderId": placed["order"]["id"] });
        wired.cut(&mina, cut, query, &input).await;
        for _ in 0..2 {
            let again = mina
                .mutate("cancelOrder", input.clone(), "order { status refunded }")
                .await;
            let expected = json!({ "status": "CANCELED", "refunded": 1_000 });
            assert_eq!(again["order"], expected, "{cut:?}");
        }
        assert_eq!(mina.balance().await, 10_000, "{cut:?}");
        assert_eq!(wired.shop.stock(&shirt).await, [10], "{cut:?}");
    }
}
