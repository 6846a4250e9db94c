//! What has arrived, each event once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An event that arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    pub id: String,
    /// The whole event, as it was posted first.
    pub event: Value,
    /// When it came first.
    pub at: DateTime<Utc>,
    /// How often it came in all.
    pub times: u32,
}

/// Everything that has come, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxReport {
    /// What was taken, in the order in which it came first.
    pub events: Vec<Arrival>,
    /// How often something came that had been taken before.
    pub duplicates: u32,
    /// Those of them whose body was another than the first time. There must be none.
    pub altered: u32,
    /// How often something was not taken because nobody who knows the secret had signed it, or it was no CloudEvent.
    pub refused: u32,
    /// How often something was not taken because the platform plays to be broken.
    pub failed: u32,
}

/// The report, and where each event stands in it.
#[derive(Debug, Default)]
pub struct Inbox {
    pub report: InboxReport,
    places: HashMap<String, usize>,
}

impl Inbox {
    /// Takes an event, unless it has come before.
    pub fn take(&mut self, id: &str, event: Value, at: DateTime<Utc>) {
        let report = &mut self.report;
        if let Some(arrival) = self
            .places
            .get(id)
            .and_then(|place| report.events.get_mut(*place))
        {
            arrival.times += 1;
            report.duplicates += 1;
            report.altered += u32::from(arrival.event != event);
            return;
        }
        self.places.insert(id.to_owned(), report.events.len());
        report.events.push(Arrival {
            id: id.to_owned(),
            event,
            at,
            times: 1,
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_comes_again_is_counted_and_kept_as_it_came_first() {
        let mut inbox = Inbox::default();
        let now = DateTime::UNIX_EPOCH;
        for (id, number) in [("a", 1), ("b", 2), ("a", 1), ("a", 3)] {
            inbox.take(id, json!(number), now);
        }
        let report = inbox.report;
        let events = report
            .events
            .iter()
            .map(|it| (it.id.as_str(), it.event.clone(), it.times));
        assert_eq!(
            events.collect::<Vec<_>>(),
            [("a", json!(1), 3), ("b", json!(2), 1)]
        );
        assert_eq!((report.duplicates, report.altered), (2, 1));
    }
}
