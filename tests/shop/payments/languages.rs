//! What members are told of payments, in the API and on the pages that browsers see: in their language.

use reqwest::header::ACCEPT_LANGUAGE;

use super::*;

const LANGUAGES: [&str; 2] = ["en", "ko"];

impl PayingShop {
    /// Asks why the order's payment failed, and has it confirmed: gives both answers.
    async fn why(&self, buyer: &Client, order: &Value, language: &str) -> (Value, Value) {
        let id = text(&order["payments"][0]["id"]);
        let query = format!(
            "mutation {{ confirmPayment(input: {{ paymentId: \"{id}\" }}) {{ payment {{ id }} userErrors {{ code message path }} }} }}"
        );
        let confirmed = self.ask(buyer, &query, language).await;
        let payload = &confirmed["data"]["confirmPayment"];
        assert_eq!(refusal(payload).0, "PAYMENT_DECLINED");
        let query = format!("{{ node(id: \"{id}\") {{ ... on Payment {{ failure }} }} }}");
        let payment = self.ask(buyer, &query, language).await;
        (
            payment["data"]["node"]["failure"].clone(),
            payload["userErrors"][0]["message"].clone(),
        )
    }

    async fn ask(&self, buyer: &Client, query: &str, language: &str) -> Value {
        let request = self
            .http
            .post(self.shop.url("/graphql"))
            .header(ACCEPT_LANGUAGE, language)
            .bearer_auth(buyer.token.as_ref().expect("a token"))
            .json(&json!({ "query": query }));
        let answer = request.send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// A page's status, and its HTML, which must be in the language asked for.
    async fn page(&self, path: &str, language: &str) -> (StatusCode, String) {
        let request = self.http.get(self.shop.url(path));
        let request = request.header(ACCEPT_LANGUAGE, language);
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        assert_eq!(answer.headers()["content-language"], language);
        assert_eq!(answer.headers()["vary"], "accept-language");
        let html = answer.text().await.expect("a page");
        assert!(
            html.contains(&format!("<html lang=\"{language}\">")),
            "{html}"
        );
        (status, html)
    }
}

both! {
    async fn why_a_payment_failed_is_told_in_the_language_that_is_asked_for(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let order = shop.order(&mina, "TOSS", 1, 0, "key").await;
        shop.give_up(&mina, &order).await;
        for (language, words) in LANGUAGES.into_iter().zip(["The payment was given up.", "취소한 결제예요."]) {
            let (failure, message) = shop.why(&mina, &order, language).await;
            assert_eq!((failure, message), (json!(words), json!(words)));
        }
    }

    async fn a_gateways_own_words_are_the_same_in_every_language(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let order = shop.order(&mina, "TOSS", 1, 0, "key").await;
        shop.open_window("TOSS", &order).await;
        let back = shop.press("TOSS", &order, Button::Decline).await;
        let words = back.query_pairs().find(|(name, _)| name == "message").expect("words").1.into_owned();
        shop.come_back(back).await;
        for (language, before) in LANGUAGES.into_iter().zip(["The payment did not succeed: ", "결제하지 못했어요: "]) {
            let (failure, message) = shop.why(&mina, &order, language).await;
            assert_eq!(failure, json!(words));
            assert_eq!(message, json!(format!("{before}{words}")));
        }
    }

    async fn the_pages_of_a_payment_are_in_the_language_of_the_browser(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let order = shop.order(&mina, "TOSS", 1, 0, "key").await;
        let query = format!("?payment={}", text(&order["payments"][0]["id"]));
        let opening = ["Opening the payment window.", "결제창을 열고 있어요."];
        let over = ["The payment did not succeed.", "결제하지 못했어요."];
        let amounts = ["10,000 won", "10,000원"];
        for (index, language) in LANGUAGES.into_iter().enumerate() {
            let (status, html) = shop.page(&format!("/payments/window{query}"), language).await;
            assert_eq!(status, 200);
            assert!(html.contains(opening[index]) && html.contains(amounts[index]), "{html}");
        }
        shop.give_up(&mina, &order).await;
        for (index, language) in LANGUAGES.into_iter().enumerate() {
            let (status, html) = shop.page(&format!("/payments/result{query}"), language).await;
            assert_eq!(status, 200);
            assert!(html.contains(over[index]) && html.contains(amounts[index]), "{html}");
        }
    }

    async fn who_comes_back_without_what_a_gateway_gives_sees_a_page_and_changes_nothing(shop: PayingShop) {
        let mina = shop.shop.member().await;
        let order = shop.order(&mina, "TOSS", 1, 0, "key").await;
        let id = text(&order["payments"][0]["id"]);
        let before = shop.shop.contents().await;
        for path in [
            "toss/success".to_owned(),
            format!("toss/success?payment={id}&paymentKey=key&orderId={id}&amount=much"),
            format!("toss/success?payment={id}&paymentKey=key&orderId={id}"),
            "toss/fail".to_owned(),
            format!("toss/fail?payment={id}&payment={id}"),
            format!("kakaopay/approve?payment={id}"),
            "kakaopay/cancel".to_owned(),
            "kakaopay/fail?".to_owned(),
            "portone/return?code=FAILED".to_owned(),
        ] {
            let url = shop.shop.url(&format!("/payments/{path}")).parse().expect("an address");
            let landed = shop.come_back(url).await;
            assert_eq!((landed.path(), landed.query()), ("/payments/result", None), "{path}");
        }
        for page in ["window", "result", "window?payment=nonsense", "result?payment=a&payment=b"] {
            for (language, words) in LANGUAGES.into_iter().zip(["There is no such payment.", "결제를 찾을 수 없어요."]) {
                let (status, html) = shop.page(&format!("/payments/{page}"), language).await;
                assert_eq!(status, 404, "{page}");
                assert!(html.contains(words), "{html}");
            }
        }
        shop.shop.contents().await.assert_same(&before);
    }
}
