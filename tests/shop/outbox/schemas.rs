//! docs/events: a schema of each event, of which every event that the shop tells is an example.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use entity::{payment, point_entry};
use jsonschema::Validator;

use super::*;

/// The schemas, by type.
fn schemas() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/events");
    let mut schemas = BTreeMap::new();
    for file in fs::read_dir(folder).expect("the folder") {
        let path = file.expect("a file").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a text");
        let schema: Value = serde_json::from_str(&text).expect("JSON");
        let kind = schema["properties"]["type"]["const"]
            .as_str()
            .expect("a type")
            .to_owned();
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .expect("a name");
        assert_eq!(
            kind,
            format!("jangteo.{name}"),
            "a schema is named as what it is of"
        );
        assert_eq!(schema["$id"], kind.as_str());
        assert_closed(&schema, name);
        schemas.insert(kind, schema);
    }
    schemas
}

/// Asserts that no object may have what its schema does not name, and none may miss what it does.
fn assert_closed(schema: &Value, place: &str) {
    if let Some(properties) = schema["properties"].as_object() {
        assert_eq!(schema["additionalProperties"], false, "{place} is open");
        let required = schema["required"].as_array().expect("required").iter();
        let required = required.filter_map(Value::as_str).collect::<BTreeSet<_>>();
        let named = properties
            .keys()
            .map(String::as_str)
            .collect::<BTreeSet<_>>();
        assert_eq!(required, named, "{place}");
        for (name, property) in properties {
            assert_closed(property, &format!("{place}.{name}"));
        }
    }
    if schema["items"].is_object() {
        assert_closed(&schema["items"], &format!("{place}[]"));
    }
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options()
        .should_validate_formats(true)
        .build(schema)
        .expect("a schema")
}

/// Everything that can happen to orders: paid in points and at each gateway, canceled by the member and refused by the
/// store, handed over, refunded as points, at a gateway and in its console.
async fn everything_happens(shop: &TellingShop) {
    let paying = &shop.paying;
    let mina = paying.shop.member_with_points(100_000).await;
    for (place, provider) in ["PORTONE", "TOSS", "KAKAOPAY"].into_iter().enumerate() {
        let order = paying.order(&mina, provider, 1, 3_000, provider).await;
        paying.pay(provider, &order).await;
        if place < 2 {
            paying.cancel(&mina, &order).await;
            paying.settle().await;
        }
    }
    let seller = paying.shop.seller_of(&shop.tea).await;
    let refused = shop.order(&mina, "refused").await;
    let input = json!({ "orderId": refused["id"], "reason": "다 팔렸습니다" });
    let payload = seller.mutate("refuseOrder", input, "order { id }").await;
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    let done = shop.order(&mina, "done").await;
    for step in ["acceptOrder", "markOrderReady", "completeOrder"] {
        let input = json!({ "orderId": done["id"] });
        let payload = seller.mutate(step, input, "order { id }").await;
        assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    }
    // Of what was never paid nothing is told, also not that its points came back.
    let abandoned = paying.order(&mina, "TOSS", 1, 2_000, "abandoned").await;
    paying.give_up(&mina, &abandoned).await;
    shop.let_time_pass_until_all_is_delivered().await;
    let report = shop.report().await;
    assert_eq!(sequences(&report, &abandoned), [""; 0]);
}

both! {
    async fn every_event_is_as_its_schema_says(shop: TellingShop) {
        let schemas = schemas();
        everything_happens(&shop).await;
        let mut told = BTreeSet::new();
        for arrival in shop.report().await.events {
            let kind = arrival.event["type"].as_str().expect("a type").to_owned();
            let schema = schemas.get(&kind).unwrap_or_else(|| panic!("{kind} has a schema"));
            let errors = validator(schema)
                .iter_errors(&arrival.event)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect::<Vec<_>>();
            assert!(errors.is_empty(), "{errors:#?} {:#}", arrival.event);

            // The schema would notice: of a sum that is a text, of something more, of something less.
            for change in [
                |event: &mut Value| event["data"]["orderId"] = json!("order_1"),
                |event: &mut Value| event["data"]["more"] = json!(1),
                |event: &mut Value| drop(event["data"].as_object_mut().expect("data").remove("currency")),
                |event: &mut Value| drop(event.as_object_mut().expect("an event").remove("subject")),
            ] {
                let mut changed = arrival.event.clone();
                change(&mut changed);
                assert!(!validator(schema).is_valid(&changed), "{changed:#}");
            }
            told.insert(kind);
        }
        assert_eq!(told, schemas.into_keys().collect(), "a schema of each that is told, and of no other");
    }

    async fn what_is_told_of_money_is_what_there_is(shop: TellingShop) {
        everything_happens(&shop).await;
        let report = shop.report().await;
        let sum = |topic: &str, is_meant: &dyn Fn(&Value) -> bool, amount: &str| {
            let data = report.events.iter().map(|arrival| &arrival.event);
            let data = data.filter(|event| event["type"] == format!("jangteo.{topic}.v1")).map(|event| &event["data"]);
            data.filter(|data| is_meant(data)).filter_map(|data| data[amount].as_i64()).sum::<i64>()
        };
        let by = |method: &'static str| move |data: &Value| data["method"] == method;
        let db = shop.paying.shop.app().db.reader();
        let payments = payment::Entity::find().all(db).await.expect("payments");
        assert_eq!(sum("order.paid", &|_| true, "amountDue"), payments.iter().map(|it| it.taken.0).sum::<i64>());
        let at_gateways = sum("order.refunded", &by("GATEWAY"), "amount");
        assert_eq!(at_gateways, payments.iter().map(|it| it.refunded.0).sum::<i64>());
        assert_eq!(at_gateways, 14_000);
        let entries = point_entry::Entity::find().all(db).await.expect("entries");
        let of = |action| entries.iter().filter(|it| it.action == action).map(|it| it.amount.0).sum::<i64>();
        let in_points = sum("order.paid", &|_| true, "pointsUsed") - sum("order.refunded", &by("POINTS"), "amount");
        assert_eq!(in_points, -of(point_entry::PointAction::Use) - of(point_entry::PointAction::Refund));
        assert_eq!(
            sum("order.canceled", &|_| true, "refund"),
            sum("order.refunded", &|_| true, "amount"),
        );
        shop.paying.assert_adds_up().await;
    }

    async fn what_a_console_gave_back_is_told_when_it_is_known(shop: TellingShop) {
        let mina = shop.paying.shop.member().await;
        let order = shop.paying.order(&mina, "TOSS", 1, 0, "key").await;
        shop.paying.pay("TOSS", &order).await;
        let refund = sandbox::control::ConsoleRefund { amount: Some(3_000) };
        let path = format!("{}/console-refund", crate::payments::path("TOSS", &order));
        shop.paying.control(&path, &refund).await;
        shop.until("it is told", |rows| rows.len() == 2).await;
        // The rest goes back because the member cancels.
        shop.paying.cancel(&mina, &order).await;
        shop.paying.settle().await;
        shop.let_time_pass_until_all_is_delivered().await;
        let report = shop.report().await;
        let told = report.events.iter().map(|arrival| &arrival.event);
        let told = told.map(|event| (event["type"].as_str().expect("a type"), event["data"]["amount"].as_i64()));
        assert_eq!(told.collect::<Vec<_>>(), [
            ("jangteo.order.paid.v1", None),
            ("jangteo.order.refunded.v1", Some(3_000)),
            ("jangteo.order.canceled.v1", None),
            ("jangteo.order.refunded.v1", Some(7_000)),
        ]);
    }
}
