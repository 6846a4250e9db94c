//! Who sees what of a gift.

use serde_json::{Value, json};

use super::GivingShop;
use crate::support::{Client, refusal};

both! {
    async fn a_gift_is_its_senders_its_receivers_and_admins(shop: GivingShop) {
        let mina = shop.shop.member_with_points(30_000).await;
        let jun = shop.shop.member_named("jun").await;
        let sora = shop.shop.member_with_points(1_000).await;
        let admin = shop.shop.admin().await;
        let gift = shop.send(&mina, "jun", "birthday").await;
        let id = json!({ "id": gift["id"] });
        let query = "query($id: ID!) { node(id: $id) { ... on Gift { message } } }";
        for client in [&mina, &jun, &admin] {
            assert_eq!(client.run(query, id.clone()).await["node"]["message"], "맛있게 먹어!");
        }
        assert_eq!(sora.run(query, id.clone()).await["node"], Value::Null);
        assert_eq!(shop.shop.anonymous().error_code(query, id.clone()).await, "UNAUTHENTICATED");

        let query = "query($id: ID!) { node(id: $id) { ... on Gift { amount returned } } }";
        for client in [&mina, &admin] {
            assert_eq!(client.run(query, id.clone()).await["node"], json!({ "amount": 12_000, "returned": 0 }));
        }
        let answer = jun.send(query, id.clone()).await;
        assert_eq!(answer.body["data"]["node"], json!({ "amount": null, "returned": null }));
        for error in answer.body["errors"].as_array().expect("errors") {
            assert_eq!(error["extensions"]["code"], "FORBIDDEN");
        }
    }

    async fn the_coupon_is_the_receivers_and_its_code_for_them_alone(shop: GivingShop) {
        let mina = shop.shop.member_with_points(30_000).await;
        let jun = shop.shop.member_named("jun").await;
        let gift = shop.send(&mina, "jun", "birthday").await;
        let id = json!({ "id": gift["id"] });
        let query = "query($id: ID!) { node(id: $id) { ... on Gift { coupon { id name code status expiresAt
            discount { ... on FreeItem { quantity option { id } } } store { id } } } } }";
        let seen = async |client: &Client| client.run(query, id.clone()).await["node"]["coupon"].clone();

        let own = seen(&jun).await;
        let option = json!({ "id": shop.melon.options[0].to_string() });
        assert_eq!(own["discount"], json!({ "quantity": 1, "option": option }));
        assert_eq!((&own["name"], &own["status"]), (&json!("참외"), &json!("REGISTERED")));
        assert_eq!((&own["expiresAt"], &own["store"]["id"]), (&gift["expiresAt"], &json!(shop.melon.store_id.to_string())));
        let code = own["code"].as_str().expect("a code");
        assert!(code.len() == 19 && !code.contains('*'), "{code}");
        let mut others = own.clone();
        others["code"] = json!("****-****-****-****");
        assert_eq!(seen(&mina).await, others);
        let coupons = "{ me { coupons(status: REGISTERED) { totalCount nodes { id code } } } }";
        let nodes = json!([{ "id": own["id"], "code": own["code"] }]);
        let data = jun.run(coupons, json!({})).await;
        assert_eq!(data["me"]["coupons"], json!({ "totalCount": 1, "nodes": nodes }));
        assert_eq!(mina.run(coupons, json!({})).await["me"]["coupons"]["totalCount"], 0);

        let query = "query($id: ID!) { node(id: $id) { id } }";
        assert_eq!(mina.run(query, json!({ "id": own["id"] })).await["node"], Value::Null);
        let payload = mina.mutate("registerCoupon", json!({ "code": own["code"] }), "coupon { id }").await;
        assert_eq!(refusal(&payload), ("COUPON_NOT_USABLE", "code".to_owned()));
    }

    async fn of_each_other_they_see_id_and_nickname(shop: GivingShop) {
        let mina = shop.shop.member_with_points(30_000).await;
        let jun = shop.shop.member_named("jun").await;
        let gift = shop.send(&mina, "jun", "birthday").await;
        let id = json!({ "id": gift["id"] });
        let query = "query($id: ID!) { node(id: $id) { ... on Gift { to { id nickname role } } } }";
        let data = mina.run(query, id.clone()).await;
        let to = json!({ "id": jun.member_id().await.to_string(), "nickname": "jun", "role": "MEMBER" });
        assert_eq!(data["node"]["to"], to);
        let secrets = ["userId", "userPoint { balance }", "orders { totalCount }", "gifts { totalCount }", "sentGifts { totalCount }"];
        for secret in secrets {
            let query = format!("query($id: ID!) {{ node(id: $id) {{ ... on Gift {{ from {{ {secret} }} }} }} }}");
            assert_eq!(jun.error_code(&query, id.clone()).await, "FORBIDDEN", "{secret}");
            let own = query.replace("from", "to");
            assert!(jun.run(&own, id.clone()).await["node"]["to"].is_object(), "{secret}");
        }
    }

    async fn whoever_signs_up_sees_themselves(shop: GivingShop) {
        let query = "mutation { signUp(input: { userId: \"sora\", password: \"correct horse\", nickname: \"소라\" }) {
            session { member { userId userPoint { balance } gifts { totalCount } } } } }";
        let data = shop.shop.anonymous().run(query, json!({})).await;
        let member = json!({ "userId": "sora", "userPoint": { "balance": 0 }, "gifts": { "totalCount": 0 } });
        assert_eq!(data["signUp"]["session"]["member"], member);
    }
}
