//! Every field that needs a member refuses those who are not, or not the right one.

mod mutations;
mod nodes;
mod table;
mod things;

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{OrderId, StoreId, TypedId};
use serde_json::{Value, json};
use uuid::Uuid;

use self::mutations::{Access, NotYours};
use super::{capitalized, fields, innermost, list, name, types};
use crate::{
    scene::Scene,
    support::{Received, Shop, refusal},
};

both! {
    async fn every_mutation_refuses_a_stranger_unless_it_is_for_strangers(shop: Shop) {
        let scene = Scene::set(&shop).await;
        let types = types(&shop).await;
        let access = scene.mutations();
        let known = access.keys().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(fields(&types, "Mutation"), known, "who may call each of the mutations?");
        let before = shop.contents().await;
        for (mutation, access) in access {
            let Access::Member { example, .. } = access else { continue };
            for stranger in [shop.anonymous(), shop.anonymous().with_token("nonsense")] {
                let (query, variables) = operation(&types, mutation, example.as_ref());
                let answer = stranger.send(&query, variables).await;
                expect_unauthenticated(&answer.body, mutation);
            }
        }
        shop.contents().await.assert_same(&before);
    }

    async fn every_mutation_of_what_is_not_yours_answers_as_if_it_were_not_there(shop: Shop) {
        let scene = Scene::set(&shop).await;
        let types = types(&shop).await;
        let before = shop.contents().await;
        for (mutation, access) in scene.mutations() {
            let Access::Member { not_yours, .. } = access else { continue };
            let mut covered = BTreeSet::new();
            for NotYours { path, theirs, nobodys } in not_yours {
                covered.insert(path);
                for other in [&scene.jun, &scene.rival] {
                    let refuse = async |input| {
                        let (query, variables) = operation(&types, mutation, Some(input));
                        other.run(&query, variables).await[mutation].clone()
                    };
                    let refused = refuse(&theirs).await;
                    let expected = if path == "couponId" { "COUPON_NOT_USABLE" } else { "NOT_FOUND" };
                    assert_eq!(refusal(&refused).0, expected, "{mutation} at {path}");
                    assert_eq!(refused, refuse(&nobodys).await, "{mutation} at {path}");
                }
            }
            // Whatever else can be named is for everyone, as options are for buyers, or the test must say whose it is.
            let input = format!("{}Input", capitalized(mutation));
            let named = ids(&types, &input).into_iter();
            let of_buyers = |field: &str| ["optionId", "freeOptionId"].contains(&field);
            let owned = named.filter(|field| !of_buyers(field) || covered.contains(field.as_str()));
            let owned = owned.collect::<BTreeSet<_>>();
            assert!(owned.iter().map(String::as_str).eq(covered.iter().copied()),
                "{mutation}: whose are the things that its input names?");
        }
        shop.contents().await.assert_same(&before);
    }

    async fn every_query_that_needs_a_member_refuses_a_stranger(shop: Shop) {
        let scene = Scene::set(&shop).await;
        let types = types(&shop).await;
        let queries = scene.queries();
        let known = queries.keys().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(fields(&types, "Query"), known, "who may ask each of the queries?");
        let before = shop.contents().await;
        for (field, (needs_member, query)) in queries {
            let answer = shop.anonymous().send(&format!("{{ {query} }}"), json!({})).await;
            if needs_member {
                expect_unauthenticated(&answer.body, field);
            } else {
                assert!(answer.body.get("errors").is_none(), "{field}: {:#}", answer.body);
            }
            let own = scene.mina.run(&format!("{{ {query} }}"), json!({})).await;
            assert!(!own[field].is_null(), "{field} is there for its owner");
        }
        shop.contents().await.assert_same(&before);
    }

    async fn an_order_of_another_member_is_not_there(shop: Shop) {
        let scene = Scene::set(&shop).await;
        for query in ["query($id: ID) { order(id: $id) { id } }", "query($key: String) { order(orderKey: $key) { id } }"] {
            let variables = json!({ "id": scene.order["id"], "key": scene.order["orderKey"] });
            assert_eq!(scene.mina.run(query, variables.clone()).await["order"]["id"], scene.order["id"]);
            assert_eq!(scene.jun.run(query, variables).await, json!({ "order": null }));
        }
        let orders = scene.jun.run("{ orders { totalCount nodes { id } } me { orders { totalCount } } }", json!({})).await;
        assert_eq!(orders["orders"], json!({ "totalCount": 0, "nodes": [] }));
        assert_eq!(orders["me"]["orders"]["totalCount"], 0);
    }

    async fn every_node_is_for_everyone_or_for_its_owner_and_admins_alone(shop: Shop) {
        let scene = Scene::set(&shop).await;
        let nodes = scene.nodes().await;
        let types = types(&shop).await;
        let known = nodes.keys().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let possible = list(&types["Node"]["possibleTypes"]).iter().map(name);
        assert_eq!(possible.collect::<BTreeSet<_>>(), known, "who may see each of the nodes?");
        let admin = shop.admin().await;
        let before = shop.contents().await;
        let query = "query($id: ID!) { node(id: $id) { __typename id } }";
        for (type_name, node) in nodes {
            let variables = json!({ "id": node.id });
            let seen = json!({ "node": { "__typename": type_name, "id": node.id } });
            assert_eq!(node.owner.run(query, variables.clone()).await, seen);
            assert_eq!(admin.run(query, variables.clone()).await, seen);
            let many = "query($id: ID!) { nodes(ids: [$id]) { __typename id } }";
            if node.is_public {
                assert_eq!(shop.anonymous().run(query, variables.clone()).await, seen);
                assert_eq!(scene.jun.run(query, variables).await, seen);
            } else {
                let answer = shop.anonymous().send(query, variables.clone()).await;
                expect_unauthenticated(&answer.body, "node");
                for other in [&scene.jun, &scene.rival] {
                    assert_eq!(other.run(query, variables.clone()).await, json!({ "node": null }));
                    assert_eq!(other.run(many, variables.clone()).await, json!({ "nodes": [null] }));
                }
                assert_eq!(shop.anonymous().error_code(many, variables).await, "UNAUTHENTICATED");
            }
            // An id of the kind that nothing has.
            let nothing = json!({ "id": node.nobodys });
            assert_eq!(scene.jun.run(query, nothing).await, json!({ "node": null }), "{type_name}");
        }
        shop.contents().await.assert_same(&before);
    }

    async fn every_subscription_that_needs_a_member_refuses_strangers_and_others(shop: Shop) {
        let scene = Scene::set(&shop).await;
        let types = types(&shop).await;
        let nobodys = OrderId::from_uuid(Uuid::from_u128(7)).to_string();
        let order = "subscription($id: ID!) { orderStatusChanged(orderId: $id) { sequence } }";
        let feed = "subscription($id: ID!) { storeOrderEvents(storeId: $id) { sequence } }";
        let needs_member = BTreeMap::from([
            ("orderStatusChanged", order),
            ("myOrderEvents", "subscription { myOrderEvents { sequence } }"),
            ("giftReceived", "subscription { giftReceived { id } }"),
            ("storeOrderEvents", feed),
        ]);
        let public = BTreeSet::from(["stockChanged"]);
        let known = needs_member.keys().chain(&public).map(|name| (*name).to_owned());
        assert_eq!(fields(&types, "Subscription"), known.collect(), "who may listen to each?");
        for (field, query) in needs_member {
            let variables = json!({ "id": scene.order["id"] });
            let mut events = shop.anonymous().subscribe(query, variables).await;
            assert_eq!(refused_code(&events.receive().await), "UNAUTHENTICATED", "{field}");
        }
        let mut answers = Vec::new();
        for id in [&scene.order["id"], &json!(nobodys)] {
            let mut events = scene.jun.subscribe(order, json!({ "id": id })).await;
            answers.push(refused_code(&events.receive().await));
        }
        assert_eq!(answers, ["BAD_REQUEST"; 2]);
        for (id, code) in [
            (scene.shirt.store_id.to_string(), "FORBIDDEN"),
            (nobody::<StoreId>(), "BAD_REQUEST"),
        ] {
            for stranger in [&scene.jun, &scene.rival] {
                let mut events = stranger.subscribe(feed, json!({ "id": id })).await;
                assert_eq!(refused_code(&events.receive().await), code);
            }
        }
    }
}

/// An id that nothing has.
fn nobody<I: TypedId>() -> String {
    I::from_uuid(Uuid::from_u128(7)).to_string()
}

/// A mutation with an input, if it takes one.
fn operation(
    types: &BTreeMap<String, Value>,
    mutation: &str,
    input: Option<&Value>,
) -> (String, Value) {
    // Payloads with nothing but user errors have nothing else to be null.
    let payload = format!("{}Payload", capitalized(mutation));
    let asked = list(&types[&payload]["fields"]).iter().map(name);
    let asked = asked.filter(|field| field != "userErrors");
    let is_scalar = |field: &String| field == "codes";
    let asked = asked
        .map(|field| {
            if is_scalar(&field) {
                field
            } else {
                format!("{field} {{ __typename }}")
            }
        })
        .collect::<Vec<_>>()
        .join(" ");
    let body = format!("{{ {asked} userErrors {{ code message path }} }}");
    match input {
        Some(input) => (
            format!(
                "mutation($input: {}Input!) {{ {mutation}(input: $input) {body} }}",
                capitalized(mutation)
            ),
            json!({ "input": input }),
        ),
        None => (format!("mutation {{ {mutation} {body} }}"), json!({})),
    }
}

/// The fields of an input, and of the inputs in it, that are ids.
fn ids(types: &BTreeMap<String, Value>, input: &str) -> BTreeSet<String> {
    let Some(of) = types.get(input) else {
        return BTreeSet::new();
    };
    let mut found = BTreeSet::new();
    for field in list(&of["inputFields"]) {
        match innermost(&field["type"]).as_str() {
            "ID" => {
                found.insert(name(field));
            }
            other => found.extend(ids(types, other)),
        }
    }
    found
}

/// An answer whose only field is null because nobody is signed in.
fn expect_unauthenticated(body: &Value, field: &str) {
    let errors = list(&body["errors"]);
    assert_eq!(errors.len(), 1, "{field}: {body:#}");
    assert_eq!(
        errors[0]["extensions"]["code"], "UNAUTHENTICATED",
        "{field}: {body:#}"
    );
    assert_eq!(errors[0]["path"], json!([field]));
    assert_eq!(body["data"], json!({ field: null }), "{field}: {body:#}");
}

/// The code with which a subscription was refused.
fn refused_code(received: &Received) -> String {
    let errors = match received {
        Received::Next(payload) => &payload["errors"],
        Received::Error(errors) => errors,
        other => panic!("expected a refusal, got {other:?}"),
    };
    errors[0]["extensions"]["code"]
        .as_str()
        .unwrap_or_else(|| panic!("{received:?}"))
        .to_owned()
}
