//! The demo shop, and those who live there.

use super::*;

#[tokio::test]
async fn the_demo_shop_is_loaded_once() {
    let place = Place::new();
    let server = place.serve(&["--demo"], &[]);
    assert_eq!(place.log(), "", "nothing but the greeting is seen at first");
    let shown = look_around(&server).await;
    assert_eq!(server.stop("INT"), Some(0));
    let counts = place.counts().await;

    let server = place.serve(&["--demo"], &[]);
    assert_eq!(look_around(&server).await, shown);
    assert_eq!(server.stop("TERM"), Some(0));
    assert_eq!(place.counts().await, counts);
    place.ok(&["seed"]);
    assert_eq!(place.counts().await, counts);

    assert_eq!(shown["products"]["totalCount"], 60);
    assert_eq!(shown["stores"]["totalCount"], 3);
    assert_eq!(
        shown["popularProducts"].as_array().expect("products").len(),
        10
    );
    let count = |table| {
        counts
            .iter()
            .find(|(name, _)| *name == table)
            .expect("a count")
            .1
    };
    assert_eq!(
        (count("member"), count("store"), count("product")),
        (7, 3, 60)
    );
    assert!(
        (120..=240).contains(&count("product_option")),
        "2 to 4 options each"
    );
    assert_eq!(count("stock"), count("product_option"));
    assert!(count("order") >= 100, "a week of orders");
}

async fn look_around(server: &Serving) -> Value {
    let query = "{
        products(first: 100) { totalCount nodes { id name price imageUrl store { name }
            options { id name price stockQuantity } } }
        stores { totalCount nodes { id name isOpen } }
        popularProducts(days: 7, first: 10) { rank quantitySold product { id } } }";
    server.run(None, query, json!({})).await
}

#[tokio::test]
async fn every_demo_account_signs_in_with_its_role_and_buyers_have_points() {
    let place = Place::with_demo().await;
    let server = place.serve(&["--demo"], &[]);
    for (user_id, role) in [
        ("mina", "MEMBER"),
        ("jun", "MEMBER"),
        ("sora", "MEMBER"),
        ("banana", "MERCHANT"),
        ("yuja", "MERCHANT"),
        ("plum", "MERCHANT"),
        ("admin", "ADMIN"),
    ] {
        assert_eq!(server.role(user_id, DEMO_PASSWORD).await, role, "{user_id}");
        let token = server.sign_in(user_id, DEMO_PASSWORD).await;
        let query = "{ me { store { products { totalCount } } userPoint { balance } orders { totalCount } } }";
        let me = server.run(token.as_deref(), query, json!({})).await["me"].clone();
        assert_eq!(me["store"].is_object(), role == "MERCHANT", "{user_id}");
        if role == "MEMBER" {
            assert!(
                me["userPoint"]["balance"]
                    .as_i64()
                    .is_some_and(|won| won >= 1_000_000),
                "{me}"
            );
            assert!(
                me["orders"]["totalCount"]
                    .as_i64()
                    .is_some_and(|orders| orders > 0),
                "{me}"
            );
        }
    }
    server.signal("TERM");
    let (code, said) = server.ended();
    assert_eq!(code, Some(0));
    for name in [
        "mina",
        "jun",
        "sora",
        "banana",
        "yuja",
        "plum",
        "admin",
        DEMO_PASSWORD,
        "Ctrl-C",
    ] {
        assert!(said.contains(name), "{name} is told: {said}");
    }
    assert!(said.ends_with("Stopped.\n"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_platform_hears_of_orders_and_an_operator_sees_what_is_on_its_way() {
    let place = Place::with_demo().await;
    // A sandbox of the test's, that the program knows by its settings.
    let keys = sandbox::Settings::demo(([127, 0, 0, 1], 0).into());
    let sandbox = Sandbox::start(keys.clone()).await.expect("a sandbox");
    let url = sandbox.url("/platform");
    let secrets = keys.platform.secrets.join(",");
    let settings = [("PLATFORM_URL", &*url), ("PLATFORM_SECRETS", &*secrets)];
    let document = |arguments: &[&str]| {
        let arguments = [&["outbox"], arguments, &["--json"]].concat();
        serde_json::from_str::<Value>(&place.ok(&arguments)).expect("one JSON document")
    };
    place.ok(&["outbox", "purge", "--days", "0", "--undelivered"]);
    assert_eq!(document(&["list"]), json!({ "events": [] }));
    place.ok(&["audit"]);

    let server = place.serve(&["--instant-charge", "true"], &settings);
    let token = server
        .sign_in("mina", DEMO_PASSWORD)
        .await
        .expect("signed in");
    let query = "mutation { placeOrder(input: { lines: [{ optionId: \"option_01m6g6r500exntfad3h321a6fw\", quantity: 1 }],
        idempotencyKey: \"outbox\" }) { order { id } userErrors { code } } }";
    let charge = "mutation { chargePoints(input: { amount: 1000000, idempotencyKey: \"outbox\" }) {
        userErrors { code } } }";
    server.run(Some(&token), charge, json!({})).await;
    let placed = server.run(Some(&token), query, json!({})).await;
    let order = placed["placeOrder"]["order"]["id"].as_str();
    let order = order.expect("an order");
    let begun = Instant::now();
    let events = loop {
        let events = document(&["list", "--order", order])["events"].take();
        if events[0]["state"] == "delivered" {
            break events;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{events:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(events.as_array().map(Vec::len), Some(1));
    let id = events[0]["id"].as_str().expect("an id");
    let shown = document(&["show", id]);
    assert_eq!(shown["event"]["topic"], "order.paid.v1");
    assert_eq!(shown["event"]["data"]["orderId"], order);
    assert!(
        place
            .ok(&["outbox", "show", id])
            .contains("state      delivered")
    );
    let list = place.ok(&["outbox", "list", "--state", "delivered"]);
    assert!(list.contains(id), "{list}");
    assert_eq!(
        place.ok(&["outbox", "retry", "--dead"]),
        "0 events are tried again.\n"
    );
    let nothing = "event_01h2xcejqtf2nbrexx3vqjhp41";
    let ended = place.run(&["outbox", "show", nothing], &[], "");
    assert_eq!(
        ended.errors,
        format!("jangteo: there is no event with the id {nothing}\n")
    );
    for id in [nothing, id] {
        let ended = place.run(&["outbox", "retry", id], &[], "");
        assert_eq!(ended.code, Some(1));
        let told = format!("jangteo: there is no event with the id {id} that is to be delivered\n");
        assert_eq!(ended.errors, told);
    }
    assert_eq!(server.stop("TERM"), Some(0));
    let arrived = reqwest::get(sandbox.url("/sandbox/events"))
        .await
        .expect("an answer");
    let arrived = arrived.json::<Value>().await.expect("a report");
    assert_eq!(arrived["events"][0]["id"], id);
}
