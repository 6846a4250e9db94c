use std::net::SocketAddr;

use entity::id::MemberId;
use serde_json::{Value, json};

use super::{Product, Subscription};

/// Somebody who speaks to the shop over HTTP.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    pub token: Option<String>,
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Client {
    pub fn new(address: SocketAddr, token: Option<String>) -> Self {
        Self {
            http: reqwest::Client::new(),
            address,
            token,
        }
    }

    /// The same somebody with another access token.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same somebody at another server.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self {
            address,
            ..self.clone()
        }
    }

    /// Sends an operation, and gives whatever comes back.
    pub async fn send(&self, query: &str, variables: Value) -> Answer {
        let answer = self.try_send(query, variables).await;
        answer.expect("the server answers")
    }

    /// Sends an operation to a server that may not be there to answer.
    pub async fn try_send(&self, query: &str, variables: Value) -> reqwest::Result<Answer> {
        let mut request = self
            .http
            .post(format!("http://{}/graphql", self.address))
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        Ok(Answer {
            status,
            body: response.json().await?,
        })
    }

    /// Sends an operation that has no top-level errors; gives its data.
    pub async fn run(&self, query: &str, variables: Value) -> Value {
        let answer = self.send(query, variables).await;
        assert!(
            answer.body.get("errors").is_none(),
            "{query}\n{:#}",
            answer.body
        );
        answer.body["data"].clone()
    }

    /// Sends an operation that has a top-level error; gives its code.
    pub async fn error_code(&self, query: &str, variables: Value) -> String {
        let answer = self.send(query, variables).await;
        let code = answer.body["errors"][0]["extensions"]["code"].as_str();
        code.unwrap_or_else(|| panic!("{query} has no error: {:#}", answer.body))
            .to_owned()
    }

    /// Runs a mutation of one input, and asks for these fields of its payload besides the user errors; gives
    /// the payload.
    pub async fn mutate(&self, mutation: &str, input: Value, fields: &str) -> Value {
        let (first, rest) = mutation.split_at(1);
        let query = format!(
            "mutation($input: {}{rest}Input!) {{ {mutation}(input: $input) {{
                {fields} userErrors {{ code message path }} }} }}",
            first.to_uppercase()
        );
        let data = self.run(&query, json!({ "input": input })).await;
        data[mutation].clone()
    }

    /// Subscribes over WebSocket.
    pub async fn subscribe(&self, query: &str, variables: Value) -> Subscription {
        Subscription::begin(self.address, self.token.as_deref(), query, variables).await
    }

    /// Charges points; gives the balance.
    pub async fn charge(&self, amount: i64, key: &str) -> i64 {
        let query = "mutation($amount: Won!, $key: String!) {
            chargePoints(input: { amount: $amount, idempotencyKey: $key }) {
                userPoint { balance } userErrors { code message } } }";
        let data = self
            .run(query, json!({ "amount": amount, "key": key }))
            .await;
        let balance = data["chargePoints"]["userPoint"]["balance"].as_i64();
        balance.unwrap_or_else(|| panic!("charged: {data:#}"))
    }

    /// The balance.
    pub async fn balance(&self) -> i64 {
        let data = self
            .run("{ me { userPoint { balance } } }", json!({}))
            .await;
        data["me"]["userPoint"]["balance"]
            .as_i64()
            .expect("a balance")
    }

    /// Who this is.
    pub async fn member_id(&self) -> MemberId {
        let data = self.run("{ me { id } }", json!({})).await;
        let id = data["me"]["id"].as_str().expect("somebody");
        id.parse().expect("a member's id")
    }

    /// Adds to the cart; gives the payload.
    pub async fn add_to_cart(&self, product: &Product, option: usize, quantity: i32) -> Value {
        let query = "mutation($option: ID!, $quantity: Int!) {
            addToCart(input: { optionId: $option, quantity: $quantity }) {
                cart { id total totalQuantity items { id quantity lineTotal isAvailable } }
                userErrors { code message path } } }";
        let option = product.options[option].to_string();
        let data = self
            .run(query, json!({ "option": option, "quantity": quantity }))
            .await;
        data["addToCart"].clone()
    }

    /// Places an order with any input; gives the payload.
    pub async fn place(&self, input: Value) -> Value {
        let data = self.run(PLACE_ORDER, json!({ "input": input })).await;
        data["placeOrder"].clone()
    }

    /// Orders pieces of one option.
    pub async fn order(&self, product: &Product, option: usize, quantity: i32, key: &str) -> Value {
        let line = json!({ "optionId": product.options[option].to_string(), "quantity": quantity });
        self.place(json!({ "lines": [line], "idempotencyKey": key }))
            .await
    }
}

/// The code and the path of a payload's only user error, beside which there is nothing else.
pub fn refusal(payload: &Value) -> (&str, String) {
    let fields = payload.as_object().expect("a payload");
    for (field, value) in fields.iter().filter(|(field, _)| *field != "userErrors") {
        assert!(value.is_null(), "{field} beside an error: {payload:#}");
    }
    let errors = payload["userErrors"].as_array().expect("user errors");
    let [error] = errors.as_slice() else {
        panic!("expected one user error: {payload:#}");
    };
    let message = error["message"].as_str().expect("a message");
    assert!(!message.is_empty(), "an error says what to do");
    let path = error["path"].as_array();
    let path = path.map(|parts| parts.iter().filter_map(Value::as_str).collect::<Vec<_>>());
    let code = error["code"].as_str().expect("a code");
    (code, path.unwrap_or_default().join("."))
}

/// Places an order, and asks for everything that can come of it.
pub const PLACE_ORDER: &str = "
mutation PlaceOrder($input: PlaceOrderInput!) {
  placeOrder(input: $input) {
    order {
      id orderKey status itemsTotal discount pointsUsed amountDue refunded isCancelable placedAt
      items { id productName optionName unitPrice quantity lineTotal status cancelReason }
      history { sequence status at reason items { id } }
    }
    userErrors {
      code message path
      ... on InsufficientStock { shortages { requested available option { id } } }
      ... on InsufficientPoints { required balance }
    }
  }
}";
