//! What an audit tells, and when it cannot.

use jangteo::audit::{
    audit,
    report::{Format, Report},
};
use serde_json::{Value, json};

use super::{busy::BusyShop, printed};

both! {
    async fn a_check_that_fails_leaves_the_others_and_no_verdict(shop: BusyShop) {
        shop.execute("ALTER TABLE outbox RENAME TO mislaid").await;
        shop.execute("UPDATE stock SET quantity = quantity + 1").await;
        let mut document = Vec::new();
        let mut report = Report::new(&mut document, Format::Json);
        let findings = audit(shop.db(), |row| report.tell(row)).await.expect("an audit is possible");
        assert_eq!(report.end(&findings).expect("memory takes everything"), None);
        let document: Value = serde_json::from_slice(&document).expect("one JSON document");
        assert_eq!(document["clean"], Value::Null);
        assert_eq!(document["broken"].as_array().map(Vec::len), Some(3));
        let failed = document["failed"].as_array().expect("failed checks");
        let which = failed.iter().map(|check| (&check["invariant"], &check["rows"]));
        assert_eq!(
            which.collect::<Vec<_>>(),
            [(&json!(8), &json!("orders' messages")), (&json!(9), &json!("outbox messages"))]
        );
        for check in failed {
            assert!(check["error"].as_str().is_some_and(|error| error.contains("outbox")), "{check}");
        }
        // What was checked after the first that failed.
        let (_, after) = findings.tallies.split_at(20);
        assert_eq!(after.len(), 28, "{after:#?}");
        assert!(after.iter().all(|tally| tally.broken == 0), "{after:#?}");

        let mut text = Vec::new();
        Report::new(&mut text, Format::Text).end(&findings).expect("memory takes everything");
        let text = String::from_utf8(text).expect("text");
        assert!(text.contains("\n8 outbox   orders' messages                 -      failed\n"), "{text}");
        assert!(text.contains("\nCould not check orders' messages (8 outbox): "), "{text}");
        assert!(!text.contains("Everything adds up"), "{text}");
    }

    async fn a_report_counts_and_ends_with_what_is_broken(shop: BusyShop) {
        shop.execute("UPDATE stock SET quantity = quantity + 1").await;
        let (lines, table) = printed(shop.db()).await;
        assert_eq!(lines.len(), 3);
        let rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let rows = rows.collect::<Vec<_>>();
        assert_eq!(rows[0], ["invariant", "checked", "rows", "broken"]);
        assert_eq!(rows[1], ["1", "stock", "options", "3", "3"]);
        assert_eq!(rows[2], ["2", "points", "point", "entries", "9", "0"]);
        assert_eq!(rows[rows.len() - 1], ["3", "rows", "are", "broken."]);

        let mut document = Vec::new();
        let mut report = Report::new(&mut document, Format::Json);
        let findings = audit(shop.db(), |row| report.tell(row)).await.expect("an audit is possible");
        assert_eq!(report.end(&findings).expect("memory takes everything"), Some(false));
        let document: Value = serde_json::from_slice(&document).expect("one JSON document");
        assert_eq!(document["clean"], false);
        assert_eq!(document["broken"].as_array().map(Vec::len), Some(3));
        let medium = shop.tee.options[0].to_string();
        let broken = document["broken"].as_array().expect("rows").iter();
        let broken = broken.filter(|row| row["key"]["optionId"] == medium).collect::<Vec<_>>();
        assert_eq!(broken, [&json!({
            "invariant": 1,
            "rows": "options",
            "key": { "optionId": medium },
            "discrepancies": [{ "what": "quantity in stock", "expected": 50, "found": 51 }],
        })]);
        assert_eq!(document["checks"][0], json!({
            "invariant": 1, "name": "stock", "rows": "options", "checked": 3, "broken": 3,
        }));
        assert_eq!(document["checks"].as_array().map(Vec::len), Some(findings.tallies.len()));
        assert_eq!(document["failed"], json!([]));
    }
}
