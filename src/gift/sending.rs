//! Sending: what is to be given is looked at, paid with points or written down to be paid at a gateway.

use chrono::{DateTime, Utc};
use entity::{
    Won,
    gift::{self, GiftStatus},
    id::{MemberId, OptionId, StoreId},
    member,
    payment::{self, PaymentProvider},
    point_entry::PointAction,
    user_point,
};
use scoped_futures::ScopedFutureExt;

use super::{Wish, booking, delivery, state, store, tell};
use crate::{
    app::App,
    catalog,
    clock::new_id,
    db::Transaction,
    fault::{Failure, Fault, Outcome},
    member as members,
    payment::{self as payments, NewPayment, checkout, created},
    point,
    rows::insert,
    stock,
};

/// What comes of giving.
#[derive(Clone, Debug)]
pub struct Given {
    /// The gift, once its receiver has it.
    pub gift: Option<gift::Model>,
    /// What pays for it at a gateway; `None` where points did.
    pub payment: Option<payment::Model>,
}

/// Why nothing was given.
#[derive(Debug)]
pub enum Refusal {
    /// The key was used for another gift.
    KeyReused,
    NoSuchMember,
    /// Whoever gives and gets is the same.
    Oneself,
    NoSuchOption,
    ProductUnavailable {
        name: String,
    },
    TooLarge,
    InsufficientStock {
        option_id: OptionId,
        requested: i32,
        available: i32,
    },
    InsufficientPoints {
        required: Won,
        balance: Won,
    },
    /// The gateway would not begin. Nothing was taken.
    Checkout(checkout::Refusal),
}

/// Gives something: at once where points pay for it, else when the gateway has taken the money. The same key again gives
/// the same gift.
pub async fn send(app: &App, wish: &Wish) -> Outcome<Given, Refusal> {
    let receiver = members::find(app, &wish.to_user_id).await?;
    let begun = app
        .db
        .transaction(|tx| send_in(app, tx, wish, receiver.as_ref()).scope_boxed())
        .await?;
    let Some(payment) = begun.payment else {
        if begun.is_new {
            tell(app, &begun.gift);
        }
        return Ok(delivered(begun.gift, None));
    };
    let payment = checkout::begin(app, &payment)
        .await
        .map_err(|failure| failure.map_refusal(Refusal::Checkout))?;
    // As it is by now: somebody may have paid it.
    let gift = store::by_id(app.db.writer(), begun.gift.id).await?;
    let gift = gift.ok_or_else(|| Fault::internal("a gift vanished"))?;
    Ok(delivered(gift, Some(payment)))
}

/// What the transaction that begins a gift leaves.
struct Begun {
    gift: gift::Model,
    /// What a gateway must take, or had to; `None` where points have paid.
    payment: Option<payment::Model>,
    /// Whether the key was not used before.
    is_new: bool,
}

fn delivered(gift: gift::Model, payment: Option<payment::Model>) -> Given {
    Given {
        gift: Some(gift).filter(|gift| state::is_delivered(gift.status)),
        payment,
    }
}

async fn send_in(
    app: &App,
    tx: &Transaction,
    wish: &Wish,
    receiver: Option<&member::Model>,
) -> Outcome<Begun, Refusal> {
    // The purse's row is the lock of its member's keys.
    let now = app.clock.now();
    let purse = point::lock_purse(tx, wish.from, now).await?;
    if let Some(earlier) = store::by_key(tx, wish.from, &wish.idempotency_key).await? {
        if earlier.request_hash != wish.hash() {
            return Err(Failure::Refused(Refusal::KeyReused));
        }
        let payment = payments::store::by_gifts(tx, &[earlier.id]).await?.pop();
        return Ok(Begun {
            gift: earlier,
            payment,
            is_new: false,
        });
    }
    let (to, offer) = meant(tx, wish, receiver).await?;
    let amount = affordable(app, wish, &offer, &purse, now).map_err(Failure::Refused)?;
    let mut gift = gift::Model {
        id: new_id(now, &mut rand::rng()),
        from_member_id: wish.from,
        to_member_id: to,
        status: GiftStatus::PendingPayment,
        option_id: wish.option_id,
        product_name: offer.product_name,
        option_name: offer.option_name,
        unit_price: offer.price,
        quantity: wish.quantity,
        amount,
        returned: Won::ZERO,
        message: wish.message.clone(),
        coupon_id: None,
        idempotency_key: wish.idempotency_key.clone(),
        request_hash: wish.hash(),
        created_at: now,
        sent_at: None,
        expires_at: None,
    };
    // What costs nothing, no gateway takes.
    if let Some(provider) = wish.provider.filter(|_| amount > Won::ZERO) {
        insert(tx, std::slice::from_ref(&gift)).await?;
        let payment = begin_payment(app, tx, &gift, provider, now).await?;
        return Ok(Begun {
            gift,
            payment: Some(payment),
            is_new: true,
        });
    }
    let coupon = delivery::deliver(
        &mut gift,
        offer.store_id,
        app.limits.gift_valid,
        now,
        &mut rand::rng(),
    );
    if let Some(coupon) = coupon {
        coupon.insert(tx).await?;
    }
    insert(tx, std::slice::from_ref(&gift)).await?;
    if amount > Won::ZERO {
        let booking = booking(&gift, PointAction::Use, amount.negated());
        point::book_for(tx, gift.from_member_id, booking, now).await?;
    }
    Ok(Begun {
        gift,
        payment: None,
        is_new: true,
    })
}

/// What is to be given, as it is sold now.
struct Offer {
    store_id: StoreId,
    product_name: String,
    option_name: String,
    price: Won,
    is_on_sale: bool,
    stock: i32,
}

/// Whom and what the wish means.
async fn meant(
    tx: &Transaction,
    wish: &Wish,
    receiver: Option<&member::Model>,
) -> Outcome<(MemberId, Offer), Refusal> {
    let to = receiver.ok_or(Failure::Refused(Refusal::NoSuchMember))?.id;
    if to == wish.from {
        return Err(Failure::Refused(Refusal::Oneself));
    }
    let offer = offer(tx, wish.option_id).await?;
    Ok((to, offer.ok_or(Failure::Refused(Refusal::NoSuchOption))?))
}

async fn offer(tx: &Transaction, id: OptionId) -> Result<Option<Offer>, Fault> {
    let Some(option) = catalog::store::options_by_ids(tx, &[id]).await?.pop() else {
        return Ok(None);
    };
    let product = catalog::store::by_ids(tx, &[option.product_id])
        .await?
        .pop()
        .ok_or_else(|| Fault::internal("an option without its product"))?;
    let stock = stock::store::by_options(tx, &[id]).await?.pop();
    Ok(Some(Offer {
        store_id: product.store_id,
        product_name: product.name,
        option_name: option.name,
        price: option.price,
        is_on_sale: product.deleted_at.is_none() && option.deleted_at.is_none(),
        stock: stock.map_or(0, |stock| stock.quantity),
    }))
}

/// What the gift costs, if it is for sale, there, and can be paid.
fn affordable(
    app: &App,
    wish: &Wish,
    offer: &Offer,
    purse: &user_point::Model,
    now: DateTime<Utc>,
) -> Result<Won, Refusal> {
    if !offer.is_on_sale {
        return Err(Refusal::ProductUnavailable {
            name: offer.product_name.clone(),
        });
    }
    let amount = offer
        .price
        .checked_mul(wish.quantity)
        .ok_or(Refusal::TooLarge)?;
    if offer.stock < wish.quantity {
        return Err(Refusal::InsufficientStock {
            option_id: wish.option_id,
            requested: wish.quantity,
            available: offer.stock,
        });
    }
    match wish.provider {
        None if purse.balance < amount => Err(Refusal::InsufficientPoints {
            required: amount,
            balance: purse.balance,
        }),
        Some(provider) if !app.payments.offers(provider, now) => {
            Err(Refusal::Checkout(checkout::Refusal::Unavailable))
        }
        _ => Ok(amount),
    }
}

async fn begin_payment(
    app: &App,
    tx: &Transaction,
    gift: &gift::Model,
    provider: PaymentProvider,
    now: DateTime<Utc>,
) -> Result<payment::Model, Fault> {
    let new = NewPayment {
        member_id: gift.from_member_id,
        order_id: None,
        gift_id: Some(gift.id),
        provider,
        order_name: gift.product_name.clone(),
        amount: gift.amount,
        charge_key: None,
        is_from_cart: false,
        within: app.limits.payment_within,
    };
    let (payment, event) = created(new, new_id(now, &mut rand::rng()), now);
    insert(tx, std::slice::from_ref(&payment)).await?;
    insert(tx, &[event]).await?;
    Ok(payment)
}
