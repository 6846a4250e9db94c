//! Money, as an operator looks after it: pay-outs, audits, payments.

use super::*;

#[tokio::test]
async fn stores_are_paid_out_once_and_get_their_sheets() {
    let place = Place::with_demo().await;
    let ended = place.run(&["settle", "--until", "2999-01-01"], &[], "");
    assert_eq!(ended.code, Some(1));
    assert!(ended.errors.contains("not over yet"), "{}", ended.errors);
    let ended = place.run(&["settle", "--until", "yesterday"], &[], "");
    assert_eq!(ended.code, Some(2));
    assert!(ended.errors.contains("2026-12-01"), "{}", ended.errors);

    let until = Clock::system().now().to_rfc3339();
    let settle = ["settle", "--until", &until, "--out", "sheets"];
    let rehearsed = place.ok(&[&settle[..], &["--dry-run"]].concat());
    assert!(!place.file("sheets").exists(), "a rehearsal writes nothing");
    let sheets = || {
        let files = fs::read_dir(place.file("sheets")).expect("a folder");
        let mut files = files
            .map(|file| {
                let path = file.expect("a file").path();
                let text = fs::read_to_string(&path).expect("text");
                (path, text)
            })
            .collect::<Vec<_>>();
        files.sort();
        files
    };
    let told = place.ok(&settle);
    let (first, sum) = (sheets(), told.lines().last().expect("a sum"));
    assert_eq!(first.len(), 3, "{told}");
    assert!(
        sum.starts_with("Paid ") && !sum.starts_with("Paid 0 "),
        "{told}"
    );
    assert_eq!(
        rehearsed.lines().last(),
        Some(&*sum.replacen("Paid", "Would pay", 1))
    );
    let again = place.ok(&settle);
    assert_eq!(again.matches(", settled before").count(), 3, "{again}");
    assert!(
        again
            .lines()
            .last()
            .is_some_and(|sum| sum.starts_with("Paid 0 won to 0 stores")),
        "{again}"
    );
    assert_eq!(sheets(), first, "once more, they are the same");
    let paid = first.iter().flat_map(|(_, text)| text.lines().skip(1));
    let paid = paid.map(|line| {
        line.rsplit(',')
            .next()
            .expect("an amount")
            .parse::<i64>()
            .expect("won")
    });
    assert!(
        sum.contains(&format!(" {} won ", paid.sum::<i64>())),
        "{sum}"
    );
    place.ok(&["audit"]);
}

#[tokio::test]
async fn an_audit_runs_beside_the_server_and_its_exit_tells_what_it_found() {
    let place = Place::with_demo().await;
    let server = place.serve(&["--demo"], &[]);
    let told = place.ok(&["audit"]);
    assert!(told.starts_with("invariant  checked"), "{told}");
    assert!(told.ends_with("\nEverything adds up.\n"), "{told}");
    let document: Value = serde_json::from_str(&place.ok(&["audit", "--json"])).expect("JSON");
    assert_eq!(
        (&document["clean"], &document["broken"]),
        (&json!(true), &json!([]))
    );
    let orders = &document["checks"][4];
    assert_eq!(
        (&orders["rows"], &orders["checked"]),
        (&json!("orders"), &json!(300))
    );

    let url = format!("sqlite://{}", place.file("jangteo.db").display());
    let db = Db::connect(&url, 1).await.expect("the database opens");
    let some = stock::Entity::find().one(db.reader()).await;
    let some = some.expect("the table reads").expect("some stock");
    let (option, quantity) = (some.option_id, some.quantity);
    let more = stock::ActiveModel {
        option_id: Set(option),
        quantity: Set(quantity + 1),
    };
    stock::Entity::update(more)
        .exec(db.writer())
        .await
        .expect("more stock");

    let found = format!(
        "1 {option}: quantity in stock: expected {quantity}, found {}\n\ninvariant  checked",
        quantity + 1
    );
    let ended = place.run(&["audit"], &[], "");
    assert_eq!((ended.code, &*ended.errors), (Some(1), ""));
    assert!(ended.output.starts_with(&found), "{}", ended.output);
    assert!(
        ended.output.ends_with("\n1 row is broken.\n"),
        "{}",
        ended.output
    );
    let ended = place.run(&["audit", "--json"], &[("DATABASE_URL", &url)], "");
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    let document: Value = serde_json::from_str(&ended.output).expect("JSON");
    assert_eq!(document["clean"], false);
    assert_eq!(document["broken"][0]["key"]["optionId"], option.to_string());
    assert_eq!(server.status("/readyz").await, 200);
}

#[tokio::test]
async fn an_audit_that_is_made_in_part_ends_its_document_and_has_no_verdict() {
    let place = Place::with_demo().await;
    let url = format!("sqlite://{}", place.file("jangteo.db").display());
    let db = Db::connect(&url, 1).await.expect("the database opens");
    for sql in [
        "ALTER TABLE outbox RENAME TO mislaid",
        "UPDATE stock SET quantity = quantity + 1",
    ] {
        let executed = db.writer().execute_unprepared(sql).await;
        executed.expect("the shop is broken");
    }
    let ended = place.run(&["audit", "--json"], &[], "");
    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    let why = "jangteo: not every check could be made: the report says why\n";
    assert_eq!(ended.errors, why);
    let document: Value = serde_json::from_str(&ended.output).expect("JSON");
    assert_eq!(document["clean"], Value::Null);
    assert_eq!(document["failed"][0]["rows"], "orders' messages");

    // Nobody reads the broken rows.
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    let mut audit = place.command(&["audit"], &[]);
    let ended = audit.stdout(writer).output().expect("the program runs");
    assert_eq!(ended.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

#[test]
fn an_audit_that_cannot_be_made_is_not_a_clean_one() {
    let place = Place::new();
    let ended = place.run(&["audit"], &[], "");
    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    assert!(
        ended.errors.contains("there is no database at jangteo.db"),
        "{}",
        ended.errors
    );
    assert!(!place.file("jangteo.db").exists(), "an audit makes nothing");

    place.ok(&["migrate", "up"]);
    place.ok(&["audit"]);
    place.ok(&["migrate", "down"]);
    let ended = place.run(&["audit", "--json"], &[], "");
    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    assert!(
        ended.errors.contains("jangteo migrate up"),
        "{}",
        ended.errors
    );
    assert_eq!(ended.output, "");

    let unreachable = [("DATABASE_URL", "postgres://shop:hunter2@127.0.0.1:1/shop")];
    let ended = place.run(&["audit"], &unreachable, "");
    assert_eq!(ended.code, Some(2), "{}", ended.errors);
    assert!(!ended.errors.contains("hunter2"), "{}", ended.errors);
}

/// The settings of a shop that is paid through KakaoPay, as the sandbox plays it.
fn with_kakaopay(sandbox: &Sandbox, keys: &sandbox::Settings) -> Vec<(&'static str, String)> {
    vec![
        ("ACCEPT_TEST_PAYMENTS", "true".to_owned()),
        ("KAKAOPAY_URL", sandbox.url("/kakaopay")),
        ("KAKAOPAY_SECRET_KEY", keys.kakaopay.secret_key.clone()),
        ("KAKAOPAY_CID", keys.kakaopay.cid.clone()),
    ]
}

/// Orders something and agrees in KakaoPay's window, if that is wanted; gives the order's id and the payment's.
async fn order_through_kakaopay(
    server: &Serving,
    sandbox: &Sandbox,
    token: &str,
    is_paid: bool,
) -> [String; 2] {
    let line = json!({ "optionId": cheapest_of_many(server).await, "quantity": 1 });
    let input =
        json!({ "lines": [line], "provider": "KAKAOPAY", "idempotencyKey": is_paid.to_string() });
    let query = "mutation($input: PlaceOrderInput!) { placeOrder(input: $input) {
        order { id payments { id } } userErrors { code } } }";
    let placed = server
        .run(Some(token), query, json!({ "input": input }))
        .await;
    let order = &placed["placeOrder"]["order"];
    let ids = [&order["id"], &order["payments"][0]["id"]];
    let ids = ids.map(|id| id.as_str().expect("an id").to_owned());
    if is_paid {
        let press = sandbox.url(&format!("/sandbox/payments/kakaopay/{}/press", ids[1]));
        let http = reqwest::Client::new();
        let pressed = http.post(press).json(&Press {
            button: Button::Approve,
        });
        let pressed = pressed.send().await.expect("the sandbox answers");
        let report = pressed.json::<PressReport>().await.expect("a report");
        let landed = http.get(report.redirect).send().await;
        assert!(landed.expect("the shop answers").status().is_success());
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_what_became_of_payments_and_which_need_somebody() {
    let place = Place::with_demo().await;
    let keys = sandbox::Settings::demo(([127, 0, 0, 1], 0).into());
    let sandbox = Sandbox::start(keys.clone()).await.expect("a sandbox");
    let settings = with_kakaopay(&sandbox, &keys);
    let settings = settings.iter().map(|(name, value)| (*name, &**value));
    let settings = settings.collect::<Vec<_>>();
    let document = |arguments: &[&str]| {
        let arguments = [&["payment"], arguments, &["--json"]].concat();
        serde_json::from_str::<Value>(&place.ok(&arguments)).expect("one JSON document")
    };
    assert_eq!(document(&["list"]), json!({ "payments": [] }));

    let server = place.serve(&[], &settings);
    let token = server
        .sign_in("mina", DEMO_PASSWORD)
        .await
        .expect("signed in");
    let [order, paid] = order_through_kakaopay(&server, &sandbox, &token, true).await;
    let [_, waiting] = order_through_kakaopay(&server, &sandbox, &token, false).await;
    let list = place.ok(&["payment", "list"]);
    let lines = list.lines().collect::<Vec<_>>();
    assert_eq!(lines.len(), 3, "{list}");
    assert!(
        lines[1].starts_with(&waiting) && lines[1].contains(" READY "),
        "{list}"
    );
    assert!(
        lines[2].starts_with(&paid) && lines[2].contains(" PAID "),
        "{list}"
    );
    let listed = document(&["list", "--limit", "1"]);
    assert_eq!(listed["payments"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["payments"][0]["id"], waiting);
    assert_eq!(document(&["list", "--stuck"]), json!({ "payments": [] }));

    let story = place.ok(&["payment", "show", &paid]);
    for (name, fact) in [
        ("payment", &*paid),
        ("status", "PAID"),
        ("provider", "KAKAOPAY"),
    ] {
        assert!(
            story.contains(&format!("{name:11}{fact}\n")),
            "{name} {fact} in {story}"
        );
    }
    for line in [
        &*order,
        " CREATED ",
        " APPROVAL_ANSWERED ",
        " SETTLED ",
        "nothing: it is over",
    ] {
        assert!(story.contains(line), "{line} in {story}");
    }
    let told = document(&["show", &waiting]);
    let events = told["events"].as_array().expect("events").iter();
    let kinds = events.map(|event| &event["kind"]);
    assert!(kinds.eq(["CREATED", "PREPARED"]), "{told:#}");
    assert_eq!(told["next"][0]["at"], told["payment"]["expiresAt"]);

    // Without the gateway's keys nothing can be given back.
    assert_eq!(server.stop("TERM"), Some(0));
    let server = place.serve(&[], &[("LOG", "error"), ("LOG_FORMAT", "json")]);
    let input = json!({ "input": { "orderId": order } });
    let cancel = "mutation($input: CancelOrderInput!) { cancelOrder(input: $input) { userErrors { code } } }";
    let canceled = server.run(Some(&token), cancel, input).await;
    assert_eq!(canceled["cancelOrder"]["userErrors"], json!([]));
    let stuck = (0..500).find_map(|_| {
        let stuck = document(&["list", "--stuck"]);
        stuck["payments"].get(0).cloned()
    });
    let stuck = stuck.expect("the refund becomes stuck");
    assert_eq!(
        (&stuck["id"], &stuck["status"]),
        (&json!(paid), &json!("PAID"))
    );
    let refund = &stuck["stuckRefunds"][0];
    let failure = "NO_KEYS: This gateway is not configured.";
    assert_eq!(
        (&refund["status"], &refund["failure"]),
        (&json!("STUCK"), &json!(failure))
    );
    let list = place.ok(&["payment", "list", "--stuck"]);
    let line = format!("won is STUCK after 1 attempt ({failure}), next at ");
    assert!(list.contains(&line), "{list}");
    assert!(place.ok(&["payment", "show", &paid]).contains(&line));
    let log = place.log();
    let lines = log
        .lines()
        .filter(|line| line.contains("a refund is stuck"));
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let lines = lines.collect::<Vec<_>>();
    assert_eq!(lines.len(), 1, "{log}");
    assert_eq!(lines[0]["level"], "ERROR");
    assert_eq!(lines[0]["fields"]["payment"], paid);
    assert_eq!(lines[0]["fields"]["reason"], failure);
}

#[test]
fn a_payment_that_there_is_not_has_no_story() {
    let place = Place::new();
    place.ok(&["migrate", "up"]);
    let id = "payment_01h2xcejqtf2nbrexx3vqjhp41";
    let ended = place.run(&["payment", "show", id], &[], "");
    assert_eq!((ended.code, &*ended.output), (Some(1), ""));
    assert_eq!(
        ended.errors,
        format!("jangteo: there is no payment with the id {id}\n")
    );
    let ended = place.run(
        &["payment", "show", "order_01h2xcejqtf2nbrexx3vqjhp41"],
        &[],
        "",
    );
    assert_eq!(ended.code, Some(2), "as whatever else is typed wrong");
    assert!(
        ended.errors.contains("starts with \"payment_\""),
        "{}",
        ended.errors
    );

    let nowhere = [("DATABASE_URL", "sqlite://elsewhere.db")];
    let ended = place.run(&["payment", "list"], &nowhere, "");
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.errors.contains("there is no database"),
        "{}",
        ended.errors
    );
    assert!(!place.file("elsewhere.db").exists(), "a look makes nothing");

    // Nobody reads the list.
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    let mut list = place.command(&["payment", "list"], &[]);
    let ended = list.stdout(writer).output().expect("the program runs");
    assert_eq!((ended.status.code(), &*ended.stderr), (Some(0), &b""[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_asks_the_gateways_when_it_is_told_to() {
    let place = Place::with_demo().await;
    let keys = sandbox::Settings::demo(([127, 0, 0, 1], 0).into());
    let sandbox = Sandbox::start(keys.clone()).await.expect("a sandbox");
    let settings = with_kakaopay(&sandbox, &keys);
    let settings = settings.iter().map(|(name, value)| (*name, &**value));
    let settings = settings.collect::<Vec<_>>();
    let server = place.serve(&[], &settings);
    let token = server.sign_in("mina", DEMO_PASSWORD).await;
    let token = token.expect("signed in");
    let [_, paid] = order_through_kakaopay(&server, &sandbox, &token, true).await;
    order_through_kakaopay(&server, &sandbox, &token, false).await;
    assert_eq!(server.stop("TERM"), Some(0));

    let audit = |settings: &[_]| place.run(&["audit", "--gateway"], settings, "");
    let clean = audit(&settings);
    assert_eq!(clean.code, Some(0), "{}{}", clean.output, clean.errors);
    let counted = format!(
        "10 gateway {:22}{:>12}{:>12}\n",
        "payments at KakaoPay", 2, 0
    );
    assert!(clean.output.contains(&counted), "{}", clean.output);
    assert!(
        clean.output.ends_with("\nEverything adds up.\n"),
        "{}",
        clean.output
    );

    // KakaoPay tells nobody of what is done in its console.
    let console = format!("/sandbox/payments/kakaopay/{paid}/console-refund");
    let refunded = reqwest::Client::new().post(sandbox.url(&console));
    let refunded = refunded.json(&json!({ "amount": 100 })).send().await;
    assert!(refunded.expect("the sandbox answers").status().is_success());
    let broken = audit(&settings);
    assert_eq!(broken.code, Some(1), "{}", broken.errors);
    let line = format!("10 {paid}: given back: expected 0, found 100\n");
    assert!(broken.output.starts_with(&line), "{}", broken.output);
    assert_eq!(
        place.run(&["audit"], &settings, "").code,
        Some(0),
        "nobody was asked"
    );

    sandbox.stop().await.expect("the sandbox stops");
    for (settings, why) in [(&*settings, "UNREACHABLE"), (&[], "NO_KEYS")] {
        let untold = audit(settings);
        assert_eq!(untold.code, Some(2), "{}", untold.output);
        let line =
            "Could not check payments at KakaoPay (10 gateway): 2 of 2 could not be asked about (";
        assert!(
            untold.output.contains(&format!("{line}{why}: ")),
            "{}",
            untold.output
        );
    }
    let wrong = place.run(
        &["audit", "--gateway"],
        &[("KAKAOPAY_CID", "TC0ONETIME")],
        "",
    );
    assert_eq!((wrong.code, &*wrong.output), (Some(2), ""));
    assert!(
        wrong.errors.contains("KAKAOPAY_SECRET_KEY"),
        "{}",
        wrong.errors
    );
}
