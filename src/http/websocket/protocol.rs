//! The rules of graphql-transport-ws, and nothing but them: what a message means where the connection stands.

use async_graphql::Request;
use serde_json::{Map, Value};
use tokio_stream::StreamMap;

use super::{
    closing::Closing,
    message::{ClientMessage, Wrong},
};

/// Where a connection stands; an operation that goes on is an `O`.
#[derive(Debug)]
pub struct Protocol<O> {
    is_introduced: bool,
    operations: StreamMap<Box<str>, O>,
}

/// What is to be done about a message.
#[derive(Debug)]
pub enum Step {
    /// Nothing is, or it was done.
    Nothing,
    /// Look whether these are words of somebody who is let in; then acknowledge.
    Introduce(Map<String, Value>),
    /// Answer a ping.
    Pong(Option<Map<String, Value>>),
    /// Begin an operation.
    Begin { id: String, request: Box<Request> },
}

impl<O> Protocol<O> {
    pub fn new() -> Self {
        Self {
            is_introduced: false,
            operations: StreamMap::new(),
        }
    }

    /// A text frame came.
    ///
    /// # Errors
    /// How the connection is closed, immediately, for what the client may not say.
    pub fn receive(&mut self, text: &str) -> Result<Step, Closing> {
        match ClientMessage::read(text).map_err(|Wrong(why)| Closing::bad_message(why))? {
            ClientMessage::ConnectionInit(_) if self.is_introduced => Err(Closing::SECOND_INIT),
            ClientMessage::ConnectionInit(payload) => {
                self.is_introduced = true;
                Ok(Step::Introduce(payload))
            }
            ClientMessage::Ping(payload) => Ok(Step::Pong(payload)),
            ClientMessage::Pong => Ok(Step::Nothing),
            ClientMessage::Subscribe { .. } if !self.is_introduced => Err(Closing::UNAUTHORIZED),
            ClientMessage::Subscribe { id, .. } if self.operations.contains_key(id.as_str()) => {
                Err(Closing::duplicate(&id))
            }
            ClientMessage::Subscribe { id, request } => Ok(Step::Begin { id, request }),
            ClientMessage::Complete { id } => {
                // What has ended already may be ended by the client at the same time: that is no fault of its.
                self.end(&id);
                Ok(Step::Nothing)
            }
        }
    }

    /// A frame of bytes came, which no message is.
    pub fn receive_bytes() -> Closing {
        Closing::bad_message("Messages are texts, not bytes")
    }

    /// An operation goes on from now on.
    pub fn begin(&mut self, id: String, operation: O) {
        self.operations.insert(id.into_boxed_str(), operation);
    }

    /// An operation has ended: its id is free again.
    pub fn end(&mut self, id: &str) -> Option<O> {
        self.operations.remove(id)
    }

    /// Ends the operations that are of that kind.
    pub fn end_all(&mut self, is_meant: impl Fn(&O) -> bool) {
        let meant = self
            .operations
            .iter()
            .filter(|(_, operation)| is_meant(operation));
        let ids = meant.map(|(id, _)| id.clone()).collect::<Vec<_>>();
        for id in ids {
            self.operations.remove(&id);
        }
    }

    /// The operations that go on.
    pub fn operations(&mut self) -> &mut StreamMap<Box<str>, O> {
        &mut self.operations
    }

    /// How many operations go on.
    pub fn busy_with(&self) -> usize {
        self.operations.len()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const INIT: &str = r#"{"type":"connection_init","payload":{"a":1}}"#;

    fn code(result: Result<Step, Closing>) -> u16 {
        result.unwrap_err().code
    }

    fn subscribe(id: &str) -> String {
        json!({ "id": id, "type": "subscribe", "payload": { "query": "{ a }" } }).to_string()
    }

    fn complete(id: &str) -> String {
        json!({ "id": id, "type": "complete" }).to_string()
    }

    fn introduced() -> Protocol<u32> {
        let mut protocol = Protocol::new();
        let step = protocol.receive(INIT).unwrap();
        assert!(matches!(step, Step::Introduce(payload) if payload["a"] == 1));
        protocol
    }

    fn begin(protocol: &mut Protocol<u32>, id: &str, operation: u32) {
        match protocol.receive(&subscribe(id)).unwrap() {
            Step::Begin { id: begun, request } => {
                assert_eq!(request.query, "{ a }");
                assert_eq!(begun, id);
                protocol.begin(begun, operation);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_introduces_oneself_once() {
        assert_eq!(code(introduced().receive(INIT)), 4429);
    }

    #[test]
    fn nothing_is_begun_before_the_introduction() {
        let mut protocol = Protocol::<u32>::new();
        assert_eq!(code(protocol.receive(&subscribe("1"))), 4401);
    }

    #[test]
    fn pings_are_answered_and_pongs_are_heard_at_any_time() {
        let mut stranger = Protocol::<u32>::new();
        for protocol in [&mut stranger, &mut introduced()] {
            let step = protocol.receive(r#"{"type":"ping"}"#).unwrap();
            assert!(matches!(step, Step::Pong(None)));
            let step = protocol.receive(r#"{"type":"ping","payload":{"a":1}}"#);
            assert!(matches!(step, Ok(Step::Pong(Some(payload))) if payload["a"] == 1));
            let step = protocol.receive(r#"{"type":"pong"}"#).unwrap();
            assert!(matches!(step, Step::Nothing));
        }
    }

    #[test]
    fn an_id_is_one_operation_s_until_that_has_ended() {
        let mut protocol = introduced();
        begin(&mut protocol, "1", 10);
        begin(&mut protocol, "2", 20);
        let refused = protocol.receive(&subscribe("1")).unwrap_err();
        assert_eq!(refused, Closing::duplicate("1"));

        assert!(matches!(
            protocol.receive(&complete("1")).unwrap(),
            Step::Nothing
        ));
        begin(&mut protocol, "1", 11);
        assert_eq!(protocol.end("2"), Some(20));
        begin(&mut protocol, "2", 21);
        assert_eq!(protocol.busy_with(), 2);
        assert_eq!(protocol.operations().keys().count(), 2);
    }

    #[test]
    fn what_has_ended_may_be_ended_again() {
        let mut protocol = introduced();
        for message in [complete("1"), complete("1")] {
            assert!(matches!(protocol.receive(&message).unwrap(), Step::Nothing));
        }
        assert_eq!(protocol.end("1"), None);
    }

    #[test]
    fn what_is_no_message_closes() {
        assert_eq!(code(introduced().receive("hello")), 4400);
        assert_eq!(Protocol::<u32>::receive_bytes().code, 4400);
    }

    #[test]
    fn some_operations_are_ended_and_others_go_on() {
        let mut protocol = introduced();
        for (id, operation) in [("1", 1), ("2", 2), ("3", 3), ("4", 4)] {
            begin(&mut protocol, id, operation);
        }
        protocol.end_all(|operation| operation % 2 == 0);
        let mut left = protocol.operations().values().copied().collect::<Vec<_>>();
        left.sort_unstable();
        assert_eq!(left, [1, 3]);
    }
}
