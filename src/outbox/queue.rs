//! What is in memory on its way to the platform: one message of an order under way, the next ones behind it.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, Utc};
use entity::{id::OrderId, outbox::Model};
use tokio::sync::OwnedSemaphorePermit;

/// A message on its way, and the room that it takes.
#[derive(Debug)]
pub struct Parcel {
    pub message: Model,
    /// Whether nothing of its order is known to come before it.
    is_next: bool,
    _room: Option<OwnedSemaphorePermit>,
}

impl Parcel {
    pub fn new(message: Model, is_next: bool, room: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            message,
            is_next,
            _room: room,
        }
    }
}

/// The parcels, by order.
#[derive(Debug, Default)]
pub struct Queue {
    chains: HashMap<OrderId, Chain>,
    /// Orders of which nothing is under way, and something waits.
    ready: VecDeque<OrderId>,
    /// What was delivered last of an order, until the table says so too.
    delivered: HashMap<OrderId, i32>,
    /// What was not, of which the table says until then that it is due.
    failed: HashMap<OrderId, i32>,
    waiting: usize,
}

#[derive(Debug, Default)]
struct Chain {
    under_way: Option<i32>,
    waiting: VecDeque<Parcel>,
}

impl Chain {
    fn last(&self) -> Option<i32> {
        let waiting = self.waiting.back().map(|parcel| parcel.message.sequence);
        waiting.or(self.under_way)
    }
}

impl Queue {
    /// How many wait.
    pub const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Takes a parcel in, unless it is here already or something that is not here comes before it.
    pub fn add(&mut self, parcel: Parcel) {
        let (order_id, sequence) = (parcel.message.order_id, parcel.message.sequence);
        if self.failed.contains_key(&order_id) {
            return;
        }
        let last = self.chains.get(&order_id).and_then(Chain::last);
        let is_next = match (last, self.delivered.get(&order_id)) {
            (Some(last), _) => sequence == last + 1,
            (None, Some(delivered)) if sequence <= *delivered => false,
            (None, Some(delivered)) => parcel.is_next || sequence == delivered + 1,
            (None, None) => parcel.is_next,
        };
        if !is_next {
            return;
        }
        if last.is_none() {
            self.ready.push_back(order_id);
        }
        let chain = self.chains.entry(order_id).or_default();
        chain.waiting.push_back(parcel);
        self.waiting += 1;
    }

    /// The next parcel to send, of an order of which nothing is under way. What is not surely this instance's until
    /// then is left to the table.
    pub fn take(&mut self, until: DateTime<Utc>) -> Option<Parcel> {
        while let Some(order_id) = self.ready.pop_front() {
            if let Some(chain) = self.chains.get_mut(&order_id)
                && let Some(parcel) = chain.waiting.pop_front()
            {
                self.waiting -= 1;
                if parcel.message.due_at.is_some_and(|due_at| due_at >= until) {
                    chain.under_way = Some(parcel.message.sequence);
                    return Some(parcel);
                }
                self.waiting -= chain.waiting.len();
                self.chains.remove(&order_id);
            }
        }
        None
    }

    /// The message of this order that was under way was delivered: what comes behind it may go.
    pub fn succeed(&mut self, order_id: OrderId, sequence: i32) {
        self.delivered.insert(order_id, sequence);
        let Some(chain) = self.chains.get_mut(&order_id) else {
            return;
        };
        chain.under_way = None;
        if chain.waiting.is_empty() {
            self.chains.remove(&order_id);
        } else {
            self.ready.push_back(order_id);
        }
    }

    /// It was not: what comes behind it is left to the table, too.
    pub fn fail(&mut self, order_id: OrderId, sequence: i32) {
        self.failed.insert(order_id, sequence);
        if let Some(chain) = self.chains.remove(&order_id) {
            self.waiting -= chain.waiting.len();
        }
    }

    /// The table says, too, what came of it.
    pub fn forget(&mut self, order_id: OrderId, sequence: i32) {
        for known in [&mut self.delivered, &mut self.failed] {
            if known.get(&order_id) == Some(&sequence) {
                known.remove(&order_id);
            }
        }
    }

    /// All that wait, and nothing of what was under way.
    pub fn empty(&mut self) -> Vec<Model> {
        self.ready.clear();
        self.waiting = 0;
        let chains = self.chains.drain();
        let waiting = chains.flat_map(|(_, chain)| chain.waiting);
        waiting.map(|parcel| parcel.message).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use entity::id::OutboxId;
    use serde_json::Value;
    use uuid::Uuid;

    use super::*;
    use crate::outbox::{message, rules::LEASE};

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn order(number: u128) -> OrderId {
        OrderId(Uuid::from_u128(number))
    }

    fn parcel(number: u128, sequence: i32, is_next: bool) -> Parcel {
        let id = OutboxId(Uuid::nil());
        let mut message = message(id, "order.paid.v1", order(number), Value::Null, NOW);
        message.sequence = sequence;
        Parcel::new(message, is_next, None)
    }

    /// Takes whatever can go, as orders and sequences.
    fn taken(queue: &mut Queue) -> Vec<(u128, i32)> {
        let mut taken = Vec::new();
        while let Some(Parcel { message, .. }) = queue.take(NOW) {
            taken.push((message.order_id.0.as_u128(), message.sequence));
        }
        taken
    }

    #[test]
    fn one_of_an_order_is_under_way_and_the_next_goes_when_it_was_delivered() {
        let mut queue = Queue::default();
        for (number, sequence) in [(1, 1), (1, 2), (2, 1), (1, 3)] {
            queue.add(parcel(number, sequence, sequence == 1));
        }
        assert_eq!(queue.waiting(), 4);
        assert_eq!(taken(&mut queue), [(1, 1), (2, 1)]);
        queue.succeed(order(2), 1);
        assert_eq!(taken(&mut queue), []);
        queue.succeed(order(1), 1);
        assert_eq!(taken(&mut queue), [(1, 2)]);
        queue.add(parcel(1, 4, false));
        queue.succeed(order(1), 2);
        assert_eq!(taken(&mut queue), [(1, 3)]);
        assert_eq!(queue.waiting(), 1);
    }

    #[test]
    fn what_has_to_wait_for_something_that_is_not_here_is_left_to_the_table() {
        let mut queue = Queue::default();
        queue.add(parcel(1, 2, false));
        queue.add(parcel(2, 1, true));
        queue.add(parcel(2, 3, false));
        assert_eq!(taken(&mut queue), [(2, 1)]);
        queue.succeed(order(2), 1);
        assert_eq!(taken(&mut queue), []);
    }

    #[test]
    fn what_was_delivered_is_known_until_the_table_says_so() {
        let mut queue = Queue::default();
        queue.add(parcel(1, 1, true));
        assert_eq!(taken(&mut queue), [(1, 1)]);
        queue.add(parcel(1, 1, true));
        queue.succeed(order(1), 1);
        queue.add(parcel(1, 1, true));
        assert_eq!(taken(&mut queue), [], "it was delivered");
        queue.add(parcel(1, 2, false));
        assert_eq!(taken(&mut queue), [(1, 2)]);
        queue.succeed(order(1), 2);
        queue.forget(order(1), 1);
        queue.add(parcel(1, 3, false));
        assert_eq!(
            taken(&mut queue),
            [(1, 3)],
            "the second is what was delivered last"
        );
        queue.succeed(order(1), 3);
        queue.forget(order(1), 3);
        queue.add(parcel(1, 4, false));
        assert_eq!(taken(&mut queue), [], "nobody here knows what came before");
        queue.add(parcel(1, 4, true));
        assert_eq!(taken(&mut queue), [(1, 4)]);
    }

    #[test]
    fn what_another_delivered_meanwhile_is_taken_at_its_word() {
        let mut queue = Queue::default();
        queue.add(parcel(1, 1, true));
        assert_eq!(taken(&mut queue), [(1, 1)]);
        queue.succeed(order(1), 1);
        queue.add(parcel(1, 3, true));
        assert_eq!(taken(&mut queue), [(1, 3)]);
    }

    #[test]
    fn behind_a_failure_all_is_left_to_the_table() {
        let mut queue = Queue::default();
        for (number, sequence) in [(1, 1), (1, 2), (1, 3), (2, 1)] {
            queue.add(parcel(number, sequence, sequence == 1));
        }
        assert_eq!(taken(&mut queue), [(1, 1), (2, 1)]);
        queue.fail(order(1), 1);
        queue.fail(order(3), 1);
        assert_eq!((taken(&mut queue), queue.waiting()), (vec![], 0));
        queue.add(parcel(1, 1, true));
        assert_eq!(
            taken(&mut queue),
            [],
            "the table does not say yet when it is due again"
        );
        queue.forget(order(1), 1);
        queue.add(parcel(1, 1, true));
        assert_eq!(taken(&mut queue), [(1, 1)]);
    }

    #[test]
    fn what_may_be_somebody_elses_by_then_is_left_to_the_table() {
        let mut queue = Queue::default();
        queue.add(parcel(1, 1, true));
        queue.add(parcel(1, 2, false));
        let late = NOW + LEASE + TimeDelta::microseconds(1);
        assert!(queue.take(late).is_none());
        assert_eq!(queue.waiting(), 0);
        queue.add(parcel(1, 1, true));
        assert!(queue.take(NOW + LEASE).is_some());
    }

    #[test]
    fn what_waits_can_be_given_back() {
        let mut queue = Queue::default();
        for (number, sequence) in [(1, 1), (1, 2), (2, 1)] {
            queue.add(parcel(number, sequence, sequence == 1));
        }
        assert!(queue.take(NOW).is_some());
        let rest = queue.empty();
        let mut rest = rest
            .iter()
            .map(|it| (it.order_id, it.sequence))
            .collect::<Vec<_>>();
        rest.sort_unstable();
        assert_eq!(rest, [(order(1), 2), (order(2), 1)]);
        assert_eq!((taken(&mut queue), queue.waiting()), (vec![], 0));
        queue.succeed(order(1), 1);
    }
}
