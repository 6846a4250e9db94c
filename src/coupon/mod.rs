//! Coupons: published with codes that nobody guesses, registered by whoever types one, used by one order at a time.
//!
//! A coupon's row is the lock of whoever has it: of its registration, and of the order that uses it, or holds it while
//! its payment is pending. Who registers is locked before it, so that no two registrations of one member
//! overlook each other; a publication's row, which all its holders have in common, is never locked.

mod code;
pub mod graphql;
mod rules;
pub mod store;
mod terms;

use chrono::{DateTime, Utc};
use entity::{
    Won, coupon,
    coupon_issue::{self, CouponFunding, CouponKind},
    id::{CouponId, CouponIssueId, MemberId, OptionId, StoreId},
    order,
};
use rand::Rng;
use scoped_futures::ScopedFutureExt;

use crate::{
    app::App,
    clock::new_id,
    db::{Transaction, is_taken},
    fault::{Failure, Fault, Outcome},
    graphql::Caller,
    rows, store as stores,
};

pub use code::{new_code, shown};
pub use rules::{Problem, Status, is_given_back, is_over, status};
pub use terms::{BadTerms, Discount, DiscountFields, Field, GOOD_FOR_YEARS, NAME_MAX, Terms};

/// A wish to publish coupons.
#[derive(Clone, Debug)]
pub struct Publication {
    /// Whose items they are for. Without one: the publisher's own store's; an admin's, all stores'.
    pub store_id: Option<StoreId>,
    pub name: String,
    /// How many.
    pub count: i32,
    pub discount: DiscountFields,
    pub minimum_total: Won,
    pub per_member_limit: i32,
    pub expires_at: DateTime<Utc>,
    /// The client's key, where it gives one: the same key publishes once.
    pub idempotency_key: Option<String>,
}

/// Why no coupons were published.
#[derive(Clone, Debug)]
pub enum PublishRefusal {
    /// Who neither has a store nor is an admin.
    NoStore,
    BadTerms(BadTerms),
    NoSuchStore,
    /// The free option is not for sale, or another store's.
    NoSuchOption,
    /// The key was used for another publication.
    KeyReused,
}

/// Coupons of one publication, ready to be inserted.
#[derive(Clone, Debug)]
pub struct CouponRows {
    pub issue: coupon_issue::Model,
    /// In the order of their ids.
    pub coupons: Vec<coupon::Model>,
}

/// What a gift's receiver gets a coupon for.
#[derive(Clone, Debug)]
pub struct GiftCoupon {
    pub name: String,
    pub store_id: StoreId,
    pub option_id: OptionId,
    pub quantity: i32,
    pub from: MemberId,
    pub to: MemberId,
    pub expires_at: DateTime<Utc>,
}

impl CouponRows {
    /// New coupons that nobody has registered.
    pub fn new(
        terms: Terms,
        funding: CouponFunding,
        count: i32,
        published_by: MemberId,
        now: DateTime<Utc>,
        rng: &mut impl Rng,
    ) -> Self {
        let id: CouponIssueId = new_id(now, rng);
        let mut coupons = (0..count)
            .map(|_| coupon::Model {
                id: new_id(now, rng),
                issue_id: id,
                code: new_code(rng),
                member_id: None,
                registered_at: None,
                order_id: None,
                withdrawn_at: None,
            })
            .collect::<Vec<_>>();
        coupons.sort_unstable_by_key(|coupon| coupon.id);
        let mut issue = coupon_issue::Model {
            id,
            store_id: terms.store_id,
            funding,
            name: terms.name,
            kind: CouponKind::Fixed,
            amount: None,
            percent: None,
            maximum: None,
            free_option_id: None,
            free_quantity: None,
            minimum_total: terms.minimum_total,
            per_member_limit: terms.per_member_limit,
            codes: count,
            expires_at: terms.expires_at,
            published_by,
            idempotency_key: None,
            created_at: now,
        };
        match terms.discount {
            Discount::Fixed { amount } => issue.amount = Some(amount),
            Discount::Percent { percent, maximum } => {
                issue.kind = CouponKind::Percent;
                issue.percent = Some(percent);
                issue.maximum = maximum;
            }
            Discount::FreeItem {
                option_id,
                quantity,
            } => {
                issue.kind = CouponKind::FreeItem;
                issue.free_option_id = Some(option_id);
                issue.free_quantity = Some(quantity);
            }
        }
        Self { issue, coupons }
    }

    /// The one coupon of a gift, which is its receiver's from the beginning.
    pub fn of_gift(gift: GiftCoupon, now: DateTime<Utc>, rng: &mut impl Rng) -> Self {
        let terms = Terms {
            store_id: Some(gift.store_id),
            name: gift.name,
            discount: Discount::FreeItem {
                option_id: gift.option_id,
                quantity: gift.quantity,
            },
            minimum_total: Won::ZERO,
            per_member_limit: 1,
            expires_at: gift.expires_at,
        };
        let mut rows = Self::new(terms, CouponFunding::Gift, 1, gift.from, now, rng);
        for coupon in &mut rows.coupons {
            coupon.member_id = Some(gift.to);
            coupon.registered_at = Some(now);
        }
        rows
    }

    pub async fn insert(&self, tx: &Transaction) -> Result<(), Fault> {
        rows::insert(tx, std::slice::from_ref(&self.issue)).await?;
        rows::insert(tx, &self.coupons).await?;
        Ok(())
    }
}

/// Takes the coupon of an order, whose row is locked, from it: its holder can use it for another. Where it is no
/// longer the order's, nothing happens.
pub async fn give_back(tx: &Transaction, order: &order::Model) -> Result<(), Fault> {
    if let Some(id) = order.coupon_id {
        store::set_free(tx, id, order.id).await?;
    }
    Ok(())
}

/// Locks the coupon that an order had, if it had one; whether the order could have it again, even if it has expired
/// meanwhile.
pub async fn lock_again(tx: &Transaction, order: &order::Model) -> Result<bool, Fault> {
    let Some(id) = order.coupon_id else {
        return Ok(true);
    };
    let coupon = store::lock(tx, &[id]).await?.pop();
    Ok(coupon.is_some_and(|coupon| coupon.order_id.is_none() && coupon.withdrawn_at.is_none()))
}

/// Gives an order the coupon again that it had, which is locked and free.
pub async fn take_again(tx: &Transaction, order: &order::Model) -> Result<(), Fault> {
    if let Some(id) = order.coupon_id {
        store::set_used(tx, id, order.id).await?;
    }
    Ok(())
}

/// Publishes coupons; gives their codes, in normal form. The same key again gives the same codes.
pub async fn publish(
    app: &App,
    publisher: &Caller,
    wish: Publication,
) -> Outcome<Vec<String>, PublishRefusal> {
    let now = app.clock.now();
    let (count, key) = (wish.count, wish.idempotency_key.clone());
    let terms = terms(wish, app.limits.line_quantity_max, now)
        .map_err(|bad| Failure::Refused(PublishRefusal::BadTerms(bad)))?;
    let terms = Terms {
        store_id: store_of(app, publisher, terms.store_id).await?,
        ..terms
    };
    if let Some(key) = &key
        && let Some(codes) = published(app, publisher.member_id, key, &terms, count).await?
    {
        return Ok(codes);
    }
    if let Discount::FreeItem { option_id, .. } = terms.discount {
        let seller = stores_option(app, option_id).await?;
        if terms.store_id.is_some_and(|store_id| store_id != seller) {
            return Err(Failure::Refused(PublishRefusal::NoSuchOption));
        }
    }
    let funding = if publisher.is_admin() {
        CouponFunding::Platform
    } else {
        CouponFunding::Store
    };
    let published_by = publisher.member_id;
    let mut rows = CouponRows::new(
        terms.clone(),
        funding,
        count,
        published_by,
        now,
        &mut rand::rng(),
    );
    rows.issue.idempotency_key.clone_from(&key);
    let inserted = app.db.transaction(|tx| insert(tx, &rows).scope_boxed());
    match (inserted.await, &key) {
        (Ok(()), _) => Ok(rows.coupons.into_iter().map(|coupon| coupon.code).collect()),
        // Somebody has just published with the same key.
        (Err(Failure::Fault(Fault::Database(error))), Some(key))
            if is_taken(&error, "coupon_issue", &["published_by", "idempotency_key"]) =>
        {
            let codes = published(app, published_by, key, &terms, count).await?;
            codes.ok_or_else(|| Fault::internal("a publication vanished").into())
        }
        (Err(failure), _) => Err(failure),
    }
}

fn terms(wish: Publication, line_quantity_max: i32, now: DateTime<Utc>) -> Result<Terms, BadTerms> {
    let terms = Terms {
        store_id: wish.store_id,
        name: wish.name,
        discount: wish.discount.discount(line_quantity_max)?,
        minimum_total: wish.minimum_total,
        per_member_limit: wish.per_member_limit,
        expires_at: wish.expires_at,
    };
    terms.checked(wish.count, now)
}

async fn insert(tx: &Transaction, rows: &CouponRows) -> Outcome<(), PublishRefusal> {
    Ok(rows.insert(tx).await?)
}

/// Whose items a publisher's coupons are for: a store that they run; of an admin who names none, all stores.
async fn store_of(
    app: &App,
    publisher: &Caller,
    named: Option<StoreId>,
) -> Outcome<Option<StoreId>, PublishRefusal> {
    let db = app.db.reader();
    match named {
        Some(id) => {
            let store = stores::store::by_ids(db, &[id]).await?.pop();
            let own = store.filter(|store| publisher.may_run(store));
            own.map(|store| Some(store.id))
                .ok_or(Failure::Refused(PublishRefusal::NoSuchStore))
        }
        None if publisher.is_admin() => Ok(None),
        None => {
            let own = stores::store::by_merchants(db, &[publisher.member_id]).await?;
            own.first()
                .map(|store| Some(store.id))
                .ok_or(Failure::Refused(PublishRefusal::NoStore))
        }
    }
}

/// The store that sells the option.
async fn stores_option(app: &App, option_id: OptionId) -> Outcome<StoreId, PublishRefusal> {
    store::seller(app.db.reader(), option_id)
        .await?
        .ok_or(Failure::Refused(PublishRefusal::NoSuchOption))
}

/// The codes that the key has published already, on the same terms.
async fn published(
    app: &App,
    published_by: MemberId,
    key: &str,
    terms: &Terms,
    count: i32,
) -> Outcome<Option<Vec<String>>, PublishRefusal> {
    let db = app.db.writer();
    let Some(issue) = store::issue_by_key(db, published_by, key).await? else {
        return Ok(None);
    };
    if issue.codes != count || Terms::of(&issue).as_ref() != Some(terms) {
        return Err(Failure::Refused(PublishRefusal::KeyReused));
    }
    Ok(Some(store::codes(db, issue.id).await?))
}

/// Registers the coupon with this code, as a person typed it. Registered again by the same member, it is given as it
/// is.
pub async fn register(
    app: &App,
    member_id: MemberId,
    typed: &str,
) -> Outcome<coupon::Model, Problem> {
    let unknown = || Failure::Refused(Problem::Unknown);
    let code = code::read(typed).ok_or_else(unknown)?;
    // A code that nobody has published locks nothing.
    let id = store::id_by_code(app.db.reader(), &code)
        .await?
        .ok_or_else(unknown)?;
    app.db
        .transaction(|tx| register_in(app, tx, member_id, id).scope_boxed())
        .await
}

async fn register_in(
    app: &App,
    tx: &Transaction,
    member_id: MemberId,
    id: CouponId,
) -> Outcome<coupon::Model, Problem> {
    let vanished = || Fault::internal("a coupon vanished");
    store::lock_holder(tx, member_id).await?;
    let coupon = store::lock(tx, &[id]).await?.pop().ok_or_else(vanished)?;
    let issue = store::issues_by_ids(tx, &[coupon.issue_id]).await?.pop();
    let issue = issue.ok_or_else(vanished)?;
    let held = store::count_held(tx, issue.id, member_id).await?;
    let now = app.clock.now();
    if !rules::register(&coupon, &issue, member_id, held, now).map_err(Failure::Refused)? {
        return Ok(coupon);
    }
    store::set_holder(tx, id, member_id, now).await?;
    Ok(coupon::Model {
        member_id: Some(member_id),
        registered_at: Some(now),
        ..coupon
    })
}
