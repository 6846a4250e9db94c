//! The messages of graphql-transport-ws: what clients may send, read as strictly as the protocol is written, and what
//! they are sent.

use async_graphql::{Request, Response, ServerError, Variables};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::graphql::Reference;

/// What a client says.
#[derive(Debug)]
pub enum ClientMessage {
    ConnectionInit(Map<String, Value>),
    Ping(Option<Map<String, Value>>),
    Pong,
    Subscribe { id: String, request: Box<Request> },
    Complete { id: String },
}

/// Why that was no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong(pub &'static str);

impl ClientMessage {
    /// Reads a text frame.
    ///
    /// # Errors
    /// When it is not a message that clients may send.
    pub fn read(text: &str) -> Result<Self, Wrong> {
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            return Err(Wrong("A message is a JSON object"));
        };
        let Some(Value::String(kind)) = message.remove("type") else {
            return Err(Wrong("A message has a type, which is a string"));
        };
        match kind.as_str() {
            "connection_init" => Ok(Self::ConnectionInit(
                payload(&mut message)?.unwrap_or_default(),
            )),
            "ping" => Ok(Self::Ping(payload(&mut message)?)),
            "pong" => payload(&mut message).map(|_| Self::Pong),
            "subscribe" => Ok(Self::Subscribe {
                id: id(&mut message)?,
                request: Box::new(request(&mut message)?),
            }),
            "complete" => Ok(Self::Complete {
                id: id(&mut message)?,
            }),
            "connection_ack" | "next" | "error" => Err(Wrong("Only servers send that type")),
            _ => Err(Wrong("No such type of message")),
        }
    }
}

fn payload(message: &mut Map<String, Value>) -> Result<Option<Map<String, Value>>, Wrong> {
    object(message, "payload").map_err(|()| Wrong("The payload is an object, if there is one"))
}

fn id(message: &mut Map<String, Value>) -> Result<String, Wrong> {
    match message.remove("id") {
        Some(Value::String(id)) if !id.is_empty() => Ok(id),
        _ => Err(Wrong("The id is a string, and not empty")),
    }
}

fn request(message: &mut Map<String, Value>) -> Result<Request, Wrong> {
    let mut payload = payload(message)?.ok_or(Wrong("The payload of `subscribe` is an object"))?;
    let document_id = text(&mut payload, "documentId")
        .map_err(|()| Wrong("The documentId is a string, if there is one"))?;
    let extensions = object(&mut payload, "extensions")
        .map_err(|()| Wrong("The extensions are an object, if there are any"))?;
    let named = Reference::of(document_id, extensions);
    let query = match text(&mut payload, "query") {
        Ok(Some(query)) => query,
        // What names its document need not bring it.
        Ok(None) if named.is_some() => String::new(),
        _ => return Err(Wrong("The query is a string")),
    };
    let mut request = Request::new(query);
    request.operation_name = text(&mut payload, "operationName")
        .map_err(|()| Wrong("The operationName is a string, if there is one"))?;
    let variables = object(&mut payload, "variables")
        .map_err(|()| Wrong("The variables are an object, if there are any"))?;
    request.variables = Variables::from_json(Value::Object(variables.unwrap_or_default()));
    Ok(match named {
        Some(named) => request.data(named),
        None => request,
    })
}

/// The text of that name; `None` where there is none.
fn text(parent: &mut Map<String, Value>, name: &str) -> Result<Option<String>, ()> {
    match parent.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(()),
    }
}

/// The object of that name; `None` where there is none.
fn object(parent: &mut Map<String, Value>, name: &str) -> Result<Option<Map<String, Value>>, ()> {
    match parent.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(()),
    }
}

/// What the server says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage<'m> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Map<String, Value>>,
    },
    Next {
        id: &'m str,
        payload: &'m Response,
    },
    Error {
        id: &'m str,
        payload: &'m [ServerError],
    },
    Complete {
        id: &'m str,
    },
}

impl<'m> ServerMessage<'m> {
    /// What tells a response: an `error`, which is the end of its operation, if it failed before anything was executed,
    /// else a `next`. What failed in execution has a path.
    pub fn of(id: &'m str, response: &'m Response) -> Self {
        let is_of_request = |error: &ServerError| error.path.is_empty();
        let errors = response.errors.as_slice();
        if !errors.is_empty() && errors.iter().all(is_of_request) {
            Self::Error {
                id,
                payload: errors,
            }
        } else {
            Self::Next {
                id,
                payload: response,
            }
        }
    }

    pub fn is_error(&self) -> bool {
        matches!(self, Self::Error { .. })
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{PathSegment, value};
    use serde_json::json;

    use super::*;

    fn wrong(message: &Value) -> &'static str {
        match ClientMessage::read(&message.to_string()) {
            Err(Wrong(why)) => why,
            Ok(read) => panic!("{message} was read: {read:?}"),
        }
    }

    fn subscribe(payload: &Value) -> Value {
        json!({ "id": "1", "type": "subscribe", "payload": payload })
    }

    #[test]
    fn what_clients_may_say_is_read() {
        let read = |message: Value| ClientMessage::read(&message.to_string()).unwrap();
        let object = json!({ "a": [1] });
        for (payload, expected) in [
            (json!({}), Map::default()),
            (json!({ "payload": null }), Map::default()),
            (
                json!({ "payload": object }),
                object.as_object().unwrap().clone(),
            ),
        ] {
            let message = |kind: &str| {
                let mut message = payload.clone();
                message["type"] = kind.into();
                message
            };
            let ClientMessage::ConnectionInit(payload) = read(message("connection_init")) else {
                panic!("no init");
            };
            assert_eq!(payload, expected);
            let ClientMessage::Ping(payload) = read(message("ping")) else {
                panic!("no ping");
            };
            assert_eq!(payload.unwrap_or_default(), expected);
            assert!(matches!(read(message("pong")), ClientMessage::Pong));
        }
        let complete = read(json!({ "id": "ä", "type": "complete", "unknown": 1 }));
        assert!(matches!(complete, ClientMessage::Complete { id } if id == "ä"));
    }

    #[test]
    fn an_operation_is_read_with_all_that_it_may_have_and_with_what_it_must() {
        let read = |payload: Value| {
            let message = subscribe(&payload).to_string();
            match ClientMessage::read(&message) {
                Ok(ClientMessage::Subscribe { id, request }) if id == "1" => request,
                other => panic!("{other:?}"),
            }
        };
        let request = read(json!({
            "query": "query Q($a: Int) { b(a: $a) }",
            "operationName": "Q",
            "variables": { "a": 1 },
            "extensions": { "x": {} },
        }));
        assert_eq!(request.query, "query Q($a: Int) { b(a: $a) }");
        assert_eq!(request.operation_name.as_deref(), Some("Q"));
        assert_eq!(request.variables, Variables::from_json(json!({ "a": 1 })));
        for payload in [
            json!({ "query": "{ a }" }),
            json!({ "query": "{ a }", "operationName": null, "variables": null, "extensions": null }),
        ] {
            let request = read(payload);
            assert_eq!(request.query, "{ a }");
            assert!(request.operation_name.is_none());
            assert!(request.variables.is_empty());
        }
        for payload in [
            json!({ "documentId": "list" }),
            json!({ "query": null, "extensions": { "persistedQuery": { "version": 1 } } }),
        ] {
            assert_eq!(read(payload).query, "");
        }
    }

    #[test]
    fn what_is_no_message_is_told_why() {
        for text in [
            "",
            "hello",
            "[]",
            "1",
            "null",
            r#"{"type":"ping"} x"#,
            "[\"ping\"]",
        ] {
            assert_eq!(
                ClientMessage::read(text).unwrap_err(),
                Wrong("A message is a JSON object")
            );
        }
        for message in [json!({}), json!({ "type": 1 }), json!({ "type": null })] {
            assert_eq!(wrong(&message), "A message has a type, which is a string");
        }
        for kind in ["start", "", "Ping", "connection_terminate"] {
            assert_eq!(wrong(&json!({ "type": kind })), "No such type of message");
        }
        for kind in ["connection_ack", "next", "error"] {
            let message = json!({ "id": "1", "type": kind, "payload": {} });
            assert_eq!(wrong(&message), "Only servers send that type");
        }
        for kind in ["connection_init", "ping", "pong"] {
            for payload in [json!([]), json!("x"), json!(0), json!(false)] {
                let message = json!({ "type": kind, "payload": payload });
                assert_eq!(wrong(&message), "The payload is an object, if there is one");
            }
        }
        for kind in ["subscribe", "complete"] {
            for id in [json!(null), json!(1), json!("")] {
                let message = json!({ "id": id, "type": kind, "payload": { "query": "{ a }" } });
                assert_eq!(wrong(&message), "The id is a string, and not empty");
            }
        }
    }

    #[test]
    fn what_is_no_operation_is_told_why() {
        let of_payload = "The payload of `subscribe` is an object";
        assert_eq!(wrong(&subscribe(&Value::Null)), of_payload);
        assert_eq!(
            wrong(&json!({ "id": "1", "type": "subscribe" })),
            of_payload
        );
        let list = json!(["{ a }", null]);
        assert_eq!(
            wrong(&subscribe(&list)),
            "The payload is an object, if there is one"
        );
        for payload in [json!({}), json!({ "query": null }), json!({ "query": {} })] {
            assert_eq!(wrong(&subscribe(&payload)), "The query is a string");
        }
        for (name, value, why) in [
            (
                "operationName",
                json!(1),
                "The operationName is a string, if there is one",
            ),
            (
                "variables",
                json!([]),
                "The variables are an object, if there are any",
            ),
            (
                "variables",
                json!("a"),
                "The variables are an object, if there are any",
            ),
            (
                "documentId",
                json!(7),
                "The documentId is a string, if there is one",
            ),
            (
                "extensions",
                json!(true),
                "The extensions are an object, if there are any",
            ),
        ] {
            assert_eq!(
                wrong(&subscribe(&json!({ "query": "{ a }", name: value }))),
                why
            );
        }
    }

    #[test]
    fn what_the_server_says_is_written_as_the_protocol_has_it() {
        let written = |message: ServerMessage<'_>| serde_json::to_value(message).unwrap();
        assert_eq!(
            written(ServerMessage::ConnectionAck),
            json!({ "type": "connection_ack" })
        );
        let payload = json!({ "a": 1 });
        assert_eq!(
            written(ServerMessage::Pong {
                payload: payload.as_object().cloned()
            }),
            json!({ "type": "pong", "payload": { "a": 1 } })
        );
        assert_eq!(
            written(ServerMessage::Pong { payload: None }),
            json!({ "type": "pong" })
        );
        assert_eq!(
            written(ServerMessage::Complete { id: "1" }),
            json!({ "type": "complete", "id": "1" })
        );
    }

    #[test]
    fn a_response_is_next_and_what_failed_before_execution_an_error() {
        let data = Response::new(value!({ "a": 1 }));
        let told = ServerMessage::of("1", &data);
        assert!(!told.is_error());
        assert_eq!(
            serde_json::to_value(told).unwrap(),
            json!({ "type": "next", "id": "1", "payload": { "data": { "a": 1 } } })
        );

        let mut failed = ServerError::new("failed", None);
        failed.path = vec![PathSegment::Field("a".into())];
        let response = Response::from_errors(vec![failed]);
        assert!(!ServerMessage::of("1", &response).is_error());

        let response = Response::from_errors(vec![ServerError::new("no such field", None)]);
        let told = ServerMessage::of("1", &response);
        assert!(told.is_error());
        assert_eq!(
            serde_json::to_value(told).unwrap(),
            json!({ "type": "error", "id": "1", "payload": [{ "message": "no such field" }] })
        );
    }
}
