//! The bus: tells listeners what was committed, on this server and on every other. It only wakes; what must not be
//! missed is in the database, numbered.
//!
//! Three ways lead to a listener, and whoever hears the same thing of two recognizes it by its number:
//!
//! 1. *In process.* Whoever commits tells the listeners of its own server, at once.
//! 2. *NATS* (`nats`, with `NATS_URL`). It tells the others as well, after the commit and without waiting for anybody. A
//!    server subscribes to what its listeners want and to nothing else.
//! 3. *The sweep* (`sweep`, on PostgreSQL). Each server looks now and then for what was committed since it last looked:
//!    one query, however many listen. It finds what was told by nobody: because its server was killed after the commit,
//!    because NATS was away, because there is none. On SQLite there is one server, and nothing to look for.
//!
//! Stock is told apart from the rest (`stock`): of a change only the newest state matters, so that is read, and told if it
//! is another than before.

mod figures;
mod interest;
mod mark;
mod nats;
mod news;
mod running;
mod stock;
mod sweep;
mod told;
mod topics;

use std::sync::{Arc, Mutex, PoisonError};

use entity::{
    gift,
    id::{GiftId, MemberId, OptionId, OrderId, ProductId, StoreId},
    order_event, store_event,
};
use tokio::sync::{Notify, mpsc};

use figures::Figures;
use interest::{Interests, Key};
use news::{News, Parcel};
use stock::Changes;
use told::{Tale, Told};

pub use figures::Carrier;
pub use mark::Mark;
pub use nats::{NatsSettings, WrongNats};
pub use running::{Opened, Running};
pub use stock::StockLevel;
pub use sweep::{Committed, committed_since};
pub use topics::{Heard, Listener, Topics};

/// How many messages of one member a slow listener may be behind. There are as many channels as members who listen, so each
/// of these is paid for many times, and who has their shop open rarely gets two messages in the moment that it takes to
/// hear of one.
const OF_ONE: usize = 4;

/// The same of what many listen to, and much may happen to at once.
const OF_MANY: usize = 32;

/// What is told, by whom it interests. Clones are the same bus.
#[derive(Clone, Debug, Default)]
pub struct Bus {
    /// An order's events.
    orders: Topics<OrderId, Arc<order_event::Model>, OF_ONE>,
    /// The events of all orders of a member.
    members: Topics<MemberId, Arc<order_event::Model>, OF_ONE>,
    /// That there is something new in a store's feed.
    stores: Topics<StoreId, (), OF_MANY>,
    /// What a member was given.
    gifts: Topics<MemberId, GiftId, OF_ONE>,
    /// How much there is now of a product's option.
    pub stock: Topics<ProductId, Arc<StockLevel>, OF_MANY>,
    /// Products whose stock somebody may have changed.
    changes: Changes,
    interests: Interests,
    /// `None` where no sweep asks.
    told: Option<Arc<Mutex<Told>>>,
    /// What other servers are to be told; `None` where there are none, or nobody carries it.
    outgoing: Option<mpsc::Sender<Parcel>>,
    figures: Arc<Figures>,
    /// Has the sweep look at once.
    look: Arc<Notify>,
}

impl Bus {
    /// A member listens to one of their orders.
    pub fn listen_to_order(
        &self,
        member_id: MemberId,
        order_id: OrderId,
    ) -> Listener<Arc<order_event::Model>> {
        let interest = self.interests.hold(Key::Member(member_id));
        self.orders.listen(order_id, interest)
    }

    /// A member listens to all of their orders.
    pub fn listen_to_orders(&self, member_id: MemberId) -> Listener<Arc<order_event::Model>> {
        let interest = self.interests.hold(Key::Member(member_id));
        self.members.listen(member_id, interest)
    }

    /// Somebody listens to a store's feed.
    pub fn listen_to_store(&self, store_id: StoreId) -> Listener<()> {
        let interest = self.interests.hold(Key::Store(store_id));
        self.stores.listen(store_id, interest)
    }

    /// A member listens to what they are given.
    pub fn listen_to_gifts(&self, member_id: MemberId) -> Listener<GiftId> {
        let interest = self.interests.hold(Key::Member(member_id));
        self.gifts.listen(member_id, interest)
    }

    /// Somebody listens to the stock of a product's options.
    pub fn listen_to_stock(&self, product_id: ProductId) -> Listener<Arc<StockLevel>> {
        let interest = self.interests.hold(Key::Product(product_id));
        let listener = self.stock.listen(product_id, interest);
        // How much there is now, so that it shows when there is less.
        self.changes.note(product_id, None);
        listener
    }

    /// Tells of an order's event, and the stores that hear of it that they have something to read. It is committed.
    pub fn publish_order_event(
        &self,
        member_id: MemberId,
        event: order_event::Model,
        store_events: &[store_event::Model],
    ) {
        let (order_id, sequence) = (event.order_id, event.sequence);
        for store_event in store_events {
            let store_id = store_event.store_id;
            self.tell_store(store_id, order_id, sequence);
            self.send(Key::Store(store_id), News::Store { order_id, sequence });
        }
        let event = Arc::new(event);
        self.tell_order(member_id, event.clone());
        self.send(Key::Member(member_id), News::Order(event));
    }

    /// Tells of a gift that was delivered. It is committed.
    pub fn publish_gift(&self, gift: &gift::Model) {
        self.tell_gift(gift.to_member_id, gift.id);
        self.send(Key::Member(gift.to_member_id), News::Gift(gift.id));
    }

    /// Tells that an option's stock was changed. It is committed.
    pub fn publish_stock(&self, product_id: ProductId, option_id: OptionId) {
        self.tell_stock(product_id, option_id);
        self.send(Key::Product(product_id), News::Stock(option_id));
    }

    /// What another server tells.
    fn receive(&self, key: Key, news: News) {
        match (key, news) {
            (Key::Member(id), News::Order(event)) => self.tell_order(id, event),
            (Key::Member(id), News::Gift(gift_id)) => self.tell_gift(id, gift_id),
            (Key::Store(id), News::Store { order_id, sequence }) => {
                self.tell_store(id, order_id, sequence);
            }
            (Key::Product(id), News::Stock(option_id)) => self.tell_stock(id, option_id),
            (key, news) => {
                tracing::debug!(?key, ?news, "another server told what is of no use there");
            }
        }
    }

    fn tell_order(&self, member_id: MemberId, event: Arc<order_event::Model>) {
        self.remember(Tale::Order(event.order_id, event.sequence));
        self.members.publish(&member_id, event.clone());
        self.orders.publish(&event.order_id.clone(), event);
    }

    fn tell_store(&self, store_id: StoreId, order_id: OrderId, sequence: i32) {
        self.remember(Tale::Store(store_id, order_id, sequence));
        self.stores.publish(&store_id, ());
    }

    fn tell_gift(&self, member_id: MemberId, gift_id: GiftId) {
        self.remember(Tale::Gift(gift_id));
        self.gifts.publish(&member_id, gift_id);
    }

    fn tell_stock(&self, product_id: ProductId, option_id: OptionId) {
        if self.interests.has(&Key::Product(product_id)) {
            self.changes.note(product_id, Some(option_id));
        }
    }

    fn remember(&self, tale: Tale) {
        if let Some(told) = &self.told {
            told.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(tale);
        }
    }

    /// Hands a word to whoever carries it to the other servers, if there is room; nobody waits for it.
    fn send(&self, key: Key, news: News) {
        if let Some(outgoing) = &self.outgoing
            && outgoing.try_send(Parcel { key, news }).is_err()
        {
            self.figures.dropped();
        }
    }
}
