//! 10: gateways whose records are not ours.

use jangteo::audit::{
    Findings,
    gateway::compare,
    report::{Format, Report},
};
use sandbox::{Fault, Step, control::ConsoleRefund};
use serde_json::Value;

use super::hand::{execute, sql};
use crate::payments::{PROVIDERS, PayingShop, path, text};

/// What a comparison tells, a line for each payment, sorted; and what came of the gateways.
async fn told(shop: &PayingShop) -> (Vec<String>, Findings) {
    let app = shop.shop.app();
    let mut lines = Vec::new();
    let mut report = Report::new(&mut lines, Format::Text);
    let gateways = &app.payments.gateways;
    let findings = compare(&app.db, gateways, &app.clock, |row| report.tell(row)).await;
    let lines = String::from_utf8(lines).expect("text");
    let mut lines = lines.lines().map(str::to_owned).collect::<Vec<_>>();
    lines.sort_unstable();
    (lines, findings.expect("a comparison is possible"))
}

fn payment(order: &Value) -> String {
    text(&order["payments"][0]["id"])
}

both! {
    async fn gateways_whose_records_are_ours_are_silent(shop: PayingShop) {
        assert_eq!(told(&shop).await.0, [""; 0]);
        for provider in PROVIDERS {
            let mina = shop.shop.member().await;
            let paid = shop.order(&mina, provider, 1, 0, "paid").await;
            shop.pay(provider, &paid).await;
            shop.order(&mina, provider, 1, 0, "waiting").await;
            let input = serde_json::json!({ "orderId": paid["id"] });
            mina.mutate("cancelOrder", input, "order { id }").await;
            shop.settle().await;
        }
        let (lines, findings) = told(&shop).await;
        assert_eq!(lines, [""; 0]);
        assert_eq!(findings.failed, []);
        let counted = findings.tallies.iter().map(|tally| (tally.rows, tally.checked, tally.broken));
        let expected = [("payments at PortOne", 2, 0), ("payments at Toss", 2, 0), ("payments at KakaoPay", 2, 0)];
        assert!(counted.eq(expected), "{findings:#?}");
    }

    async fn a_refund_in_the_console_that_nobody_told_of_is_found(shop: PayingShop) {
        shop.sandbox.send_webhooks_to(None, None);
        let mut expected = Vec::new();
        for provider in PROVIDERS {
            let mina = shop.shop.member().await;
            let order = shop.order(&mina, provider, 1, 0, "key").await;
            shop.pay(provider, &order).await;
            let console = format!("{}/console-refund", path(provider, &order));
            shop.control(&console, &ConsoleRefund { amount: Some(3_000) }).await;
            expected.push(format!("10 {}: given back: expected 0, found 3000", payment(&order)));
        }
        expected.sort_unstable();
        let (lines, findings) = told(&shop).await;
        assert_eq!(lines, expected);
        assert_eq!(findings.tallies.iter().map(|tally| tally.broken).sum::<u64>(), 3);
    }

    async fn money_that_only_one_of_both_knows_of_is_found(shop: PayingShop) {
        // Nobody else looks up.
        shop.sandbox.send_webhooks_to(None, None);
        let mina = shop.shop.member().await;
        let jun = shop.shop.member().await;
        let taken = shop.order(&mina, "TOSS", 1, 0, "key").await;
        shop.pay("TOSS", &taken).await;
        let waiting = shop.order(&jun, "KAKAOPAY", 1, 0, "key").await;
        let db = &shop.shop.app().db;
        let id = |order: &Value| sql(db, payment(order).parse::<entity::id::PaymentId>().expect("an id"));
        for statement in [
            format!("UPDATE payment SET status = 'FAILED', paid_at = NULL WHERE id = {}", id(&taken)),
            format!("UPDATE payment SET status = 'PAID', paid_at = created_at WHERE id = {}", id(&waiting)),
        ] {
            execute(db, &statement).await;
        }
        let (lines, _) = told(&shop).await;
        let mut expected = [
            format!("10 {}: state: expected not PAID, found PAID", payment(&taken)),
            format!("10 {}: state: expected PAID, found OPEN", payment(&waiting)),
        ];
        expected.sort_unstable();
        assert_eq!(lines, expected);
    }

    async fn amount_currency_and_merchant_are_compared(shop: PayingShop) {
        // Nobody else looks up.
        shop.sandbox.send_webhooks_to(None, None);
        let mina = shop.shop.member().await;
        let order = shop.order(&mina, "PORTONE", 1, 0, "key").await;
        shop.pay("PORTONE", &order).await;
        let id = payment(&order);
        for (fault, found) in [
            (Fault::TamperAmount { by: -1 }, "taken: expected 10000, found 9999"),
            (Fault::TamperCurrency, "currency: expected KRW, found USD"),
            (Fault::OtherMerchant, "whose payment: expected ours, found another's"),
        ] {
            shop.fault("PORTONE", Step::LookUp, 1, fault).await;
            assert_eq!(told(&shop).await.0, [format!("10 {id}: {found}")]);
        }
        assert_eq!(told(&shop).await.0, [""; 0]);
    }

    async fn a_gateway_that_does_not_answer_is_not_a_clean_one(shop: PayingShop) {
        // Nobody else looks up.
        shop.sandbox.send_webhooks_to(None, None);
        let mina = shop.shop.member().await;
        for provider in ["PORTONE", "TOSS"] {
            let order = shop.order(&mina, provider, 1, 0, provider).await;
            shop.pay(provider, &order).await;
        }
        let fault = Fault::ErrorBefore { status: 503, code: "-".into() };
        shop.fault("TOSS", Step::LookUp, 1, fault).await;
        let (lines, findings) = told(&shop).await;
        assert_eq!(lines, [""; 0]);
        let failed = findings.failed.iter().map(|check| (check.invariant, check.rows));
        assert_eq!(failed.collect::<Vec<_>>(), [(10, "payments at Toss")]);
        assert!(findings.failed[0].error.starts_with("1 of 1 could not be asked about ("), "{findings:#?}");
        assert_eq!(findings.tallies[0].checked, 1, "{findings:#?}");
    }
}
