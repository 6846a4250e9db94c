//! Documents within bounds: how large they may be, what they may cost, and which are executed at all; the same over every
//! transport.

mod introspection;
mod limits;
mod persisted;
mod transport;
mod trusted;

use jangteo::{
    config::Limits,
    graphql::{DocumentLimits, DocumentRules},
};
use serde_json::{Value, json};

use self::transport::Transport;
use crate::support::{Database, Shop};

/// A shop with these rules for documents.
async fn shop(database: Database, documents: DocumentRules) -> Shop {
    let limits = Limits {
        instant_charge: true,
        documents,
        ..Limits::default()
    };
    Shop::open_with(database, limits).await
}

/// A request of that document.
fn document(query: &str) -> Value {
    json!({ "query": query })
}

/// The code of an answer's first error, and its words.
fn refusal(answer: &Value) -> (&str, &str) {
    let error = &answer["errors"][0];
    let code = error["extensions"]["code"].as_str();
    let message = error["message"].as_str();
    let (Some(code), Some(message)) = (code, message) else {
        panic!("expected an error: {answer:#}");
    };
    assert!(
        answer.get("data").is_none(),
        "nothing was executed: {answer:#}"
    );
    (code, message)
}
