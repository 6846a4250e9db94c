use async_graphql::{Response, ServerError, Value};
use serde::{Serialize, Serializer, ser::SerializeMap};

/// A response as it is written: what was refused before anything was executed has no `data`, not even an empty one.
#[derive(Debug)]
pub struct Written<'r>(pub &'r Response);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !was_refused(self.0) {
            return self.0.serialize(serializer);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("errors", &self.0.errors)?;
        map.end()
    }
}

/// Whether nothing of the operation was executed: its errors are of no field.
fn was_refused(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// Whether the operation was refused for what it is: nothing has gone wrong by itself.
pub fn was_refused_as_wrong(response: &Response) -> bool {
    let is_of_client = |error: &ServerError| {
        let code = error.extensions.as_ref().and_then(|it| it.get("code"));
        code.is_some_and(|code| OF_CLIENT.map(Value::from).contains(code))
    };
    was_refused(response) && response.errors.iter().all(is_of_client)
}

/// The codes of what a client asked for and may not have, whoever asks and whenever. That a persisted query is not known
/// is none: Apollo's clients take it for an answer, by which they send the text.
const OF_CLIENT: [&str; 4] = [
    "BAD_REQUEST",
    "DOCUMENT_NOT_TRUSTED",
    "INTROSPECTION_DISABLED",
    "QUERY_TOO_COMPLEX",
];
