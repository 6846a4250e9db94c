//! The words in which servers tell each other what was committed.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::{
    id::{GiftId, OptionId, OrderId, TypedId},
    order_event,
};
use sea_orm::{ActiveEnum, DbErr};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::interest::Key;

/// A word, and whom it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    pub key: Key,
    pub news: News,
}

/// What was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// An event of an order, whole, so that nobody has to read it.
    Order(Arc<order_event::Model>),
    /// A store has something to read of an order.
    Store {
        order_id: OrderId,
        sequence: i32,
    },
    Gift(GiftId),
    /// An option's stock was changed.
    Stock(OptionId),
}

/// The same, as it is written. What a newer server adds to it an older one ignores.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Written {
    Order(WrittenEvent),
    Store { order_id: Uuid, sequence: i32 },
    Gift(Uuid),
    Stock(Uuid),
}

/// An order's event as servers and PostgreSQL write it in JSON.
#[derive(Debug, Serialize, Deserialize)]
pub struct WrittenEvent {
    order_id: Uuid,
    sequence: i32,
    status: String,
    item_ids: order_event::ItemIds,
    reason: Option<String>,
    note: Option<String>,
    at: DateTime<Utc>,
}

impl Parcel {
    /// Where it goes.
    pub fn subject(&self, prefix: &str) -> String {
        subject(prefix, self.key)
    }

    /// What it is recognized by when it comes twice; `None` where that does no harm.
    pub fn id(&self) -> Option<String> {
        let to = self.key;
        Some(match (&self.news, to) {
            (News::Order(event), _) => {
                format!("order.{}.{}", event.order_id.uuid(), event.sequence)
            }
            (News::Store { order_id, sequence }, Key::Store(id)) => {
                format!("store.{}.{}.{sequence}", id.uuid(), order_id.uuid())
            }
            (News::Gift(id), _) => format!("gift.{}", id.uuid()),
            (News::Store { .. } | News::Stock(_), _) => return None,
        })
    }
}

/// Where the words about somebody or something go.
pub fn subject(prefix: &str, key: Key) -> String {
    let (kind, id) = match key {
        Key::Member(id) => ("member", id.uuid()),
        Key::Store(id) => ("store", id.uuid()),
        Key::Product(id) => ("product", id.uuid()),
    };
    format!("{prefix}.{kind}.{id}")
}

impl News {
    pub fn write(&self) -> Result<Vec<u8>, serde_json::Error> {
        let written = match self {
            Self::Order(event) => Written::Order(event.as_ref().into()),
            Self::Store { order_id, sequence } => Written::Store {
                order_id: order_id.uuid(),
                sequence: *sequence,
            },
            Self::Gift(id) => Written::Gift(id.uuid()),
            Self::Stock(id) => Written::Stock(id.uuid()),
        };
        serde_json::to_vec(&written)
    }

    /// `None` for what this server does not understand: a newer one may have written it.
    pub fn read(json: &[u8]) -> Option<Self> {
        Some(match serde_json::from_slice(json).ok()? {
            Written::Order(event) => Self::Order(Arc::new(event.try_into().ok()?)),
            Written::Store { order_id, sequence } => Self::Store {
                order_id: OrderId(order_id),
                sequence,
            },
            Written::Gift(id) => Self::Gift(GiftId(id)),
            Written::Stock(id) => Self::Stock(OptionId(id)),
        })
    }
}

impl From<&order_event::Model> for WrittenEvent {
    fn from(event: &order_event::Model) -> Self {
        Self {
            order_id: event.order_id.uuid(),
            sequence: event.sequence,
            status: event.status.to_value(),
            item_ids: event.item_ids.clone(),
            reason: event.reason.map(|reason| reason.to_value()),
            note: event.note.clone(),
            at: event.at,
        }
    }
}

impl TryFrom<WrittenEvent> for order_event::Model {
    type Error = DbErr;

    fn try_from(event: WrittenEvent) -> Result<Self, DbErr> {
        Ok(Self {
            order_id: OrderId(event.order_id),
            sequence: event.sequence,
            status: ActiveEnum::try_from_value(&event.status)?,
            item_ids: event.item_ids,
            reason: event
                .reason
                .map(|reason| ActiveEnum::try_from_value(&reason))
                .transpose()?,
            note: event.note,
            at: event.at,
        })
    }
}

#[cfg(test)]
mod tests {
    use entity::{
        id::{MemberId, OrderItemId, ProductId, StoreId},
        order::{CancelReason, OrderStatus},
    };

    use super::*;

    const ID: Uuid = Uuid::from_u128(7);

    fn event(reason: Option<CancelReason>) -> News {
        News::Order(Arc::new(order_event::Model {
            order_id: OrderId(ID),
            sequence: 3,
            status: OrderStatus::Canceled,
            item_ids: [OrderItemId(ID)].into_iter().collect(),
            reason,
            note: reason.map(|_| "마음이 바뀌었어요".to_owned()),
            at: DateTime::from_timestamp_micros(1_764_560_000_123_456).expect("a time"),
        }))
    }

    #[test]
    fn every_word_reads_back_as_it_was_written() {
        let (order_id, sequence) = (OrderId(ID), 3);
        for (key, news, id) in [
            (
                Key::Member(MemberId(ID)),
                event(None),
                Some(format!("order.{ID}.3")),
            ),
            (
                Key::Member(MemberId(ID)),
                event(Some(CancelReason::Customer)),
                Some(format!("order.{ID}.3")),
            ),
            (
                Key::Store(StoreId(ID)),
                News::Store { order_id, sequence },
                Some(format!("store.{ID}.{ID}.3")),
            ),
            (
                Key::Member(MemberId(ID)),
                News::Gift(GiftId(ID)),
                Some(format!("gift.{ID}")),
            ),
            (Key::Product(ProductId(ID)), News::Stock(OptionId(ID)), None),
        ] {
            let written = news.write().expect("it is written");
            assert_eq!(News::read(&written).as_ref(), Some(&news));
            assert_eq!(Parcel { key, news }.id(), id);
        }
    }

    #[test]
    fn what_a_newer_server_writes_is_ignored_where_it_is_not_understood() {
        let more = br#"{"store":{"order_id":"00000000-0000-0000-0000-000000000007","sequence":3,"more":1}}"#;
        let (order_id, sequence) = (OrderId(ID), 3);
        assert_eq!(News::read(more), Some(News::Store { order_id, sequence }));
        for unknown in ["", "{}", r#"{"parade":1}"#, r#"{"gift":"no id"}"#] {
            assert_eq!(News::read(unknown.as_bytes()), None, "{unknown}");
        }
        let written = event(None).write().expect("it is written");
        let unknown = String::from_utf8(written).expect("a text");
        let unknown = unknown.replace("CANCELED", "LOST_AT_SEA");
        assert_eq!(News::read(unknown.as_bytes()), None);
    }

    #[test]
    fn each_key_has_its_subject() {
        for (key, expected) in [
            (Key::Member(MemberId(ID)), format!("shop.member.{ID}")),
            (Key::Store(StoreId(ID)), format!("shop.store.{ID}")),
            (Key::Product(ProductId(ID)), format!("shop.product.{ID}")),
        ] {
            let news = News::Stock(OptionId(ID));
            assert_eq!(Parcel { key, news }.subject("shop"), expected);
        }
    }
}
