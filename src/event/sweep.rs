//! The sweep: what others committed since this server last looked, told to its own listeners.
//!
//! One query a look, however many listen, and a second one for the stock of all products that are watched. PostgreSQL finds
//! by an index exactly what the last look could not see, so nothing is read twice, whatever transactions take and whatever
//! clocks say. With NATS a look finds next to nothing and is rare; without, it is how servers hear of each other.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use entity::{
    id::{GiftId, MemberId, StoreId},
    order_event,
};
use sea_orm::{ConnectionTrait, DbErr, Statement};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::time::{Instant, sleep_until, timeout};
use uuid::Uuid;

use super::{
    Bus, Mark,
    news::WrittenEvent,
    told::{Tale, Told},
};
use crate::{db::Db, fault::Fault, panics::caught};

/// How long to wait between looks while NATS carries everything: what is left are the last words of servers that died.
const RARELY: Duration = Duration::from_secs(5);

/// How long to wait between looks where nobody carries anything.
const OFTEN: Duration = Duration::from_secs(1);

/// What was committed since a mark.
#[derive(Debug)]
pub struct Committed {
    events: Vec<FoundEvent>,
    gifts: Vec<FoundGift>,
    /// Where the next look begins.
    mark: Mark,
}

/// An order's event that somebody committed.
#[derive(Debug, Deserialize)]
struct FoundEvent {
    member_id: Uuid,
    /// Those that heard of it.
    store_ids: Vec<Uuid>,
    event: WrittenEvent,
}

/// A gift that was delivered.
#[derive(Debug, Deserialize)]
struct FoundGift {
    id: Uuid,
    to_member_id: Uuid,
}

/// Looks, without end.
pub async fn sweep(bus: Bus, db: Db) {
    let mut seen = None;
    loop {
        let begun = Instant::now();
        match caught(look(&bus, &db, seen.as_ref())).await.flatten() {
            Ok(mark) => seen = Some(mark),
            // What is not seen now is with the next look.
            Err(error) => tracing::warn!(%error, "could not look for what other servers committed"),
        }
        sleep_until(begun + OFTEN).await;
        let pause = (begun + bus.pause()).saturating_duration_since(Instant::now());
        _ = timeout(pause, bus.look.notified()).await;
    }
}

/// Tells what was committed since the mark; gives the mark of the next look.
async fn look(bus: &Bus, db: &Db, seen: Option<&Mark>) -> Result<Mark, Fault> {
    bus.figures.swept();
    bus.changes.doubt(bus.interests.products());
    let Some(seen) = seen else {
        return Ok(Mark::now(db.reader()).await?);
    };
    if !bus.interests.has_any_but_products() {
        let now = Mark::now(db.reader()).await?;
        // Whoever listens from here on reads what was committed until now by themselves.
        if !bus.interests.has_any_but_products() {
            bus.turn();
            return Ok(now);
        }
    }
    let committed = committed_since(db.reader(), seen).await?;
    for found in committed.events {
        let event = order_event::Model::try_from(found.event).map_err(Fault::from)?;
        let stores = found.store_ids.into_iter().map(StoreId);
        bus.tell_found_event(MemberId(found.member_id), event, stores);
    }
    for found in committed.gifts {
        bus.tell_found_gift(MemberId(found.to_member_id), GiftId(found.id));
    }
    bus.turn();
    Ok(committed.mark)
}

/// Looks, on PostgreSQL, for what was committed since the mark.
///
/// # Errors
/// When the database fails.
pub async fn committed_since(db: &impl ConnectionTrait, seen: &Mark) -> Result<Committed, Fault> {
    let backend = db.get_database_backend();
    let sql = format!(
        r#"
SELECT CAST(pg_current_snapshot() AS text) AS mark,
    (SELECT CAST(json_agg(json_build_object(
            'member_id', "order".member_id,
            'store_ids', ARRAY(
                SELECT DISTINCT item.store_id
                FROM order_item AS item
                JOIN store_event AS part ON part.store_id = item.store_id
                    AND part.order_id = item.order_id AND part.order_sequence = order_event.sequence
                WHERE item.order_id = order_event.order_id
            ),
            'event', json_build_object(
                'order_id', order_event.order_id, 'sequence', order_event.sequence,
                'status', order_event.status, 'item_ids', order_event.item_ids,
                'reason', order_event.reason, 'note', order_event.note, 'at', order_event.at
            )
        ) ORDER BY order_event.order_id, order_event.sequence) AS text)
        FROM order_event
        JOIN "order" ON "order".id = order_event.order_id
        WHERE {new_events}) AS events,
    (SELECT CAST(json_agg(json_build_object('id', gift.id, 'to_member_id', gift.to_member_id)) AS text)
        FROM gift
        WHERE gift.sent_at IS NOT NULL AND {new_gifts}) AS gifts"#,
        new_events = Mark::after(backend, "order_event"),
        new_gifts = Mark::after(backend, "gift"),
    );
    let statement = Statement::from_sql_and_values(backend, sql, [seen.value()]);
    let row = db.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("a look".into()))?;
    Ok(Committed {
        events: found(row.try_get("", "events")?)?,
        gifts: found(row.try_get("", "gifts")?)?,
        mark: Mark::Snapshot(row.try_get("", "mark")?),
    })
}

fn found<T: DeserializeOwned>(json: Option<String>) -> Result<Vec<T>, Fault> {
    let found = json.map(|json| serde_json::from_str(&json)).transpose();
    Ok(found.map_err(Fault::internal)?.unwrap_or_default())
}

impl Bus {
    fn pause(&self) -> Duration {
        if self.figures.is_carried() {
            RARELY
        } else {
            OFTEN
        }
    }

    fn tell_found_event(
        &self,
        member_id: MemberId,
        event: order_event::Model,
        stores: impl Iterator<Item = StoreId>,
    ) {
        let (order_id, sequence) = (event.order_id, event.sequence);
        for id in stores {
            if self.is_untold(&Tale::Store(id, order_id, sequence)) {
                self.tell_store(id, order_id, sequence);
            }
        }
        if self.is_untold(&Tale::Order(order_id, sequence)) {
            self.tell_order(member_id, Arc::new(event));
        }
    }

    fn tell_found_gift(&self, member_id: MemberId, gift_id: GiftId) {
        if self.is_untold(&Tale::Gift(gift_id)) {
            self.tell_gift(member_id, gift_id);
        }
    }

    fn is_untold(&self, tale: &Tale) -> bool {
        let is_untold = !self.with_told(|told| told.contains(tale)).unwrap_or(false);
        if is_untold {
            self.figures.found();
        }
        is_untold
    }

    /// A look was successful.
    fn turn(&self) {
        self.with_told(Told::turn);
    }

    fn with_told<T>(&self, work: impl FnOnce(&mut Told) -> T) -> Option<T> {
        let told = self.told.as_ref()?;
        Some(work(
            &mut told.lock().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}
