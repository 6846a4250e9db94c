use std::{
    net::SocketAddr,
    sync::{
        Arc, Once,
        atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use entity::{
    Won,
    id::{MemberId, OptionId, ProductId, StoreId},
    member::Role,
};
use jangteo::{
    app::App,
    catalog::{NewOption, NewProduct, create_products},
    clock::Clock,
    config::{Limits, Secret},
    event::NatsSettings,
    graphql::DocumentRules,
    http::cors::Origins,
    member::{self, Keys, NewMember},
    outbox::PlatformSettings,
    panics,
    payment::PaymentSettings,
    picture::{Pictures, storage::Storage},
    rate::RateLimits,
    server::{Server, Start},
    stock::{self, Adjustment, Change},
    store,
};
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde_json::json;
use tempfile::TempDir;

use super::{
    Client, Contents, PATIENCE,
    database::{Database, TestDatabase},
};

/// When a test's shop opens.
const OPENING: &str = "2026-11-20T03:00:00Z";

/// The largest picture that a test's shop takes.
pub const PICTURE_BYTES_MAX: i32 = 512 * 1024;

/// The password of every test's members.
pub const PASSWORD: &str = "correct horse";

/// A server with a database of its own.
pub struct Shop {
    pub database: TestDatabase,
    server: Server,
    micros: Arc<AtomicI64>,
    /// By how many microseconds time passes whenever somebody asks for it.
    tick: Arc<AtomicI64>,
    /// Whether whoever asks for the time meets a bug.
    is_broken: Arc<AtomicBool>,
    members: AtomicU32,
    /// Where its pictures are, unless somebody else has the folder.
    _pictures: Option<TempDir>,
}

/// A shop that tells its schema, which others tell nobody.
pub struct Introspected(pub Shop);

impl Introspected {
    pub async fn open(database: Database) -> Self {
        let limits = Limits {
            instant_charge: true,
            documents: DocumentRules {
                introspection: true,
                ..DocumentRules::default()
            },
            ..Limits::default()
        };
        Self(Shop::open_with(database, limits).await)
    }
}

/// A product on sale, and its options in their order.
#[derive(Clone, Debug)]
pub struct Product {
    pub id: ProductId,
    pub store_id: StoreId,
    pub merchant_id: MemberId,
    pub options: Vec<OptionId>,
}

/// As the program does; a test that fails says so all the same.
fn count_panics() {
    static COUNTING: Once = Once::new();
    COUNTING.call_once(|| panics::watch(std::panic::take_hook()));
}

/// Whom a shop speaks with: by default, nobody.
#[derive(Default)]
struct Others {
    payments: PaymentSettings,
    platform: PlatformSettings,
    nats: NatsSettings,
    rates: Option<RateLimits>,
    proxies: usize,
}

impl Shop {
    /// A shop where charging is instant and everything else as by default.
    pub async fn open(database: Database) -> Self {
        let limits = Limits {
            instant_charge: true,
            ..Limits::default()
        };
        Self::open_with(database, limits).await
    }

    pub async fn open_with(database: Database, limits: Limits) -> Self {
        Self::open_at(database.create().await, limits).await
    }

    /// A shop in a database that is there already.
    pub async fn open_at(database: TestDatabase, limits: Limits) -> Self {
        Self::open_paying(database, limits, PaymentSettings::default()).await
    }

    /// A shop with gateways.
    pub async fn open_paying(
        database: TestDatabase,
        limits: Limits,
        payments: PaymentSettings,
    ) -> Self {
        Self::open_telling(database, limits, payments, PlatformSettings::default()).await
    }

    /// A shop with gateways and a data platform.
    pub async fn open_telling(
        database: TestDatabase,
        limits: Limits,
        payments: PaymentSettings,
        platform: PlatformSettings,
    ) -> Self {
        let pictures = TempDir::new().expect("a temporary folder");
        let folder = Storage::Folder(pictures.path().join("pictures"));
        let others = Others {
            payments,
            platform,
            ..Others::default()
        };
        Self::start(database, limits, others, Some(folder), Some(pictures)).await
    }

    /// A shop in a database that others may be open in, which hear of each other over that NATS, if any.
    pub async fn open_beside(database: TestDatabase, nats_url: Option<&str>) -> Self {
        let limits = Limits {
            instant_charge: true,
            ..Limits::default()
        };
        let nats = NatsSettings {
            nats_url: nats_url.map(Secret::new),
            ..NatsSettings::default()
        };
        let others = Others {
            nats,
            ..Others::default()
        };
        Self::start(database, limits, others, None, None).await
    }

    /// A shop in which nobody may ask too often, behind so many proxies.
    pub async fn open_limited(database: Database, rates: RateLimits, proxies: usize) -> Self {
        let others = Others {
            rates: Some(rates),
            proxies,
            ..Others::default()
        };
        let limits = Limits {
            instant_charge: true,
            ..Limits::default()
        };
        Self::start(database.create().await, limits, others, None, None).await
    }

    /// A shop with these limits, in which nobody may ask too often or for too much at once.
    pub async fn open_within(database: Database, limits: Limits, rates: RateLimits) -> Self {
        let others = Others {
            rates: Some(rates),
            ..Others::default()
        };
        Self::start(database.create().await, limits, others, None, None).await
    }

    /// A shop that keeps its pictures there, or nowhere.
    pub async fn open_keeping(database: TestDatabase, storage: Option<Storage>) -> Self {
        let (limits, others) = (Limits::default(), Others::default());
        Self::start(database, limits, others, storage, None).await
    }

    async fn start(
        database: TestDatabase,
        limits: Limits,
        others: Others,
        storage: Option<Storage>,
        pictures: Option<TempDir>,
    ) -> Self {
        count_panics();
        let Others {
            payments,
            platform,
            nats,
            rates,
            proxies,
        } = others;
        let opening = DateTime::parse_from_rfc3339(OPENING)
            .expect("a time")
            .timestamp_micros();
        let micros = Arc::new(AtomicI64::new(opening));
        let hand = micros.clone();
        let tick = Arc::new(AtomicI64::new(0));
        let ticking = tick.clone();
        let is_broken = Arc::new(AtomicBool::new(false));
        let breaks = is_broken.clone();
        let secret = Secret::new([7; 32]);
        let server = Server::start(Start {
            db: database.connect().await,
            clock: Clock::new(move || {
                assert!(!breaks.load(Ordering::Relaxed), "the clock is broken");
                let now = hand.fetch_add(ticking.load(Ordering::Relaxed), Ordering::Relaxed);
                DateTime::from_timestamp_micros(now).expect("a time")
            }),
            limits,
            pictures: Pictures::new(storage, &secret, PICTURE_BYTES_MAX),
            keys: Keys::new(&secret, None).expect("a key"),
            rates: rates.unwrap_or_else(RateLimits::none),
            proxies,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            body_bytes_max: 256 * 1024,
            origins: Origins::default(),
            payments,
            platform,
            drain_for: Duration::ZERO,
            nats,
            stop_within: Duration::from_secs(10),
        })
        .await
        .expect("the server starts");
        Self {
            database,
            server,
            micros,
            tick,
            is_broken,
            members: AtomicU32::new(0),
            _pictures: pictures,
        }
    }

    pub fn app(&self) -> &Arc<App> {
        &self.server.app
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.app().clock.now()
    }

    /// Lets no two moments be the same from now on, as on a machine's clock: by default time stands still.
    pub fn let_time_pass(&self) {
        self.tick.store(1, Ordering::Relaxed);
    }

    /// Moves the shop's clock, and has whoever waits for the time look at it.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).expect("a step of the clock");
        self.micros.fetch_add(micros, Ordering::Relaxed);
        self.app().outbox.wake();
    }

    /// Has everything panic that asks for the time, or no more.
    pub fn break_clock(&self, is_broken: bool) {
        self.is_broken.store(is_broken, Ordering::Relaxed);
    }

    /// Sets the shop's clock.
    pub fn set_time(&self, to: DateTime<Utc>) {
        self.micros.store(to.timestamp_micros(), Ordering::Relaxed);
    }

    /// Everything that is in the database.
    pub async fn contents(&self) -> Contents {
        Contents::of(&self.app().db).await
    }

    /// How many statements the server sends while `work` runs.
    pub async fn statements<T>(&self, work: impl Future<Output = T>) -> (T, u64) {
        let before = self.app().db.statements();
        let output = work.await;
        (output, self.app().db.statements() - before)
    }

    /// Waits until the shop has sent so many statements since it opened.
    pub async fn until_statements(&self, count: u64) {
        let until = async {
            while self.app().db.statements() < count {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let sent = tokio::time::timeout(PATIENCE, until).await;
        sent.expect("they are sent");
    }

    /// A figure of `/metrics`, by its name and labels as they are written there; 0 if there is none.
    pub async fn figure(&self, name: &str) -> f64 {
        let answer = reqwest::get(self.url("/metrics")).await.expect("an answer");
        let text = answer.text().await.expect("figures");
        let figures = text.lines().filter_map(|line| line.rsplit_once(' '));
        let mut found = figures.filter(|(told, _)| *told == name);
        found
            .next()
            .map_or(0.0, |(_, value)| value.parse().expect("a number"))
    }

    /// Waits until a figure is that.
    pub async fn until_figure(&self, name: &str, expected: f64) {
        let until = async {
            while (self.figure(name).await - expected).abs() > 0.1 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let told = tokio::time::timeout(PATIENCE, until).await;
        assert!(
            told.is_ok(),
            "{name} is {}, not {expected}",
            self.figure(name).await
        );
    }

    /// Somebody who is not signed in.
    pub fn anonymous(&self) -> Client {
        Client::new(self.address(), None)
    }

    /// A new member, signed in over the API.
    pub async fn member(&self) -> Client {
        self.member_named(&self.unused_user_id("member")).await
    }

    /// A user id that nobody has.
    pub fn unused_user_id(&self, role: &str) -> String {
        let number = self.members.fetch_add(1, Ordering::Relaxed);
        format!("{role}{number}")
    }

    /// A new member with that user id, signed in over the API.
    pub async fn member_named(&self, user_id: &str) -> Client {
        let input = json!({ "userId": user_id, "password": PASSWORD, "nickname": user_id });
        let query = "mutation($input: SignUpInput!) { signUp(input: $input) {
            session { accessToken } userErrors { code message } } }";
        let data = self.anonymous().run(query, json!({ "input": input })).await;
        let token = data["signUp"]["session"]["accessToken"].as_str();
        Client::new(self.address(), Some(token.expect("a session").to_owned()))
    }

    /// A new member with points.
    pub async fn member_with_points(&self, points: i64) -> Client {
        let member = self.member().await;
        member.charge(points, "opening").await;
        member
    }

    /// An admin, made behind the API as on the command line, and signed in over it.
    pub async fn admin(&self) -> Client {
        self.somebody("admin", Role::Admin).await;
        self.sign_in("admin").await
    }

    /// Signs in a member that is there already.
    pub async fn sign_in(&self, user_id: &str) -> Client {
        let input = json!({ "userId": user_id, "password": PASSWORD });
        let query = "mutation($input: SignInInput!) { signIn(input: $input) {
            session { accessToken } userErrors { code message } } }";
        let data = self.anonymous().run(query, json!({ "input": input })).await;
        let token = data["signIn"]["session"]["accessToken"].as_str();
        Client::new(self.address(), Some(token.expect("a session").to_owned()))
    }

    /// Who sells the product, signed in.
    pub async fn seller_of(&self, product: &Product) -> Client {
        let merchant = entity::member::Entity::find_by_id(product.merchant_id)
            .one(self.app().db.reader())
            .await;
        let merchant = merchant.expect("the table reads").expect("a merchant");
        self.sign_in(&merchant.user_id).await
    }

    async fn somebody(&self, user_id: &str, role: Role) -> MemberId {
        let new = NewMember {
            user_id: user_id.into(),
            password: PASSWORD.into(),
            nickname: user_id.into(),
        };
        member::create(self.app(), new, role)
            .await
            .expect("a new member")
            .id
    }

    /// A product in a store of its own, with these options: name, price in won, stock.
    pub async fn product(&self, name: &str, options: &[(&str, i64, i32)]) -> Product {
        let number = self.members.fetch_add(1, Ordering::Relaxed);
        let merchant_id = self
            .somebody(&format!("merchant{number}"), Role::Merchant)
            .await;
        let store_name = format!("Store {number}");
        let store = store::create(self.app(), merchant_id, store_name)
            .await
            .expect("a new store");
        // Time passes in leaps here, and merchants are in no hurry unless a test says so.
        self.set_accept_minutes(store.id, i32::MAX).await;
        self.product_of(store.id, merchant_id, name, options).await
    }

    /// One more product in a store.
    pub async fn product_of(
        &self,
        store_id: StoreId,
        merchant_id: MemberId,
        name: &str,
        options: &[(&str, i64, i32)],
    ) -> Product {
        let option = |(name, price, stock): &(&str, i64, i32)| NewOption {
            name: (*name).into(),
            price: Won(*price),
            stock_quantity: *stock,
        };
        let new = NewProduct {
            store_id,
            name: name.into(),
            description: format!("{name}, as good as it gets"),
            image_url: None,
            options: options.iter().map(option).collect(),
            by: merchant_id,
        };
        let rows = new.into_rows(self.now(), &mut rand::rng());
        let product = Product {
            id: rows.product.id,
            store_id,
            merchant_id,
            options: rows.options.iter().map(|option| option.id).collect(),
        };
        create_products(&self.app().db, vec![rows])
            .await
            .expect("a new product");
        product
    }

    /// Takes a product off sale.
    pub async fn delete_product(&self, product: &Product) {
        let db = self.app().db.writer();
        let deleted = jangteo::catalog::store::delete(db, product.id, self.now()).await;
        assert!(deleted.expect("a deletion"), "the product was on sale");
    }

    /// Says how long a store has to accept an order.
    pub async fn set_accept_minutes(&self, store_id: StoreId, minutes: i32) {
        let changed = entity::store::ActiveModel {
            id: Set(store_id),
            accept_minutes: Set(minutes),
            ..Default::default()
        };
        let db = self.app().db.writer();
        let changed = entity::store::Entity::update(changed).exec(db).await;
        changed.expect("a store");
    }

    /// Opens or closes a product's store.
    pub async fn set_open(&self, product: &Product, is_open: bool) {
        let db = self.app().db.writer();
        store::store::set_open(db, product.store_id, is_open)
            .await
            .expect("a store");
    }

    /// The stock of the product's options, as the API tells it.
    pub async fn stock(&self, product: &Product) -> Vec<i64> {
        let query = "query($id: ID!) { product(id: $id) { options { stockQuantity } } }";
        let data = self
            .anonymous()
            .run(query, json!({ "id": product.id.to_string() }))
            .await;
        let options = data["product"]["options"].as_array().expect("options");
        options
            .iter()
            .filter_map(|option| option["stockQuantity"].as_i64())
            .collect()
    }

    /// Moves an option's stock.
    pub async fn adjust_stock(&self, product: &Product, option: usize, delta: i32) {
        let adjustment = Adjustment {
            option_id: product.options[option],
            change: Change::By(delta),
            reason: "test".into(),
            by: product.merchant_id,
        };
        stock::adjust(self.app(), &adjustment)
            .await
            .expect("an adjustment");
    }

    /// Stops the server in order; gives its database, for another to open.
    pub async fn stop(self) -> TestDatabase {
        self.server.stop().await.expect("the server stops");
        self.database
    }
}
