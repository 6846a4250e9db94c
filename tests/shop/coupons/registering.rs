//! Registering: by whom, how often, until when; what a member sees of their coupons; and who comes at the same time.

use futures_util::future::join_all;

use super::*;

both! {
    async fn a_code_is_understood_as_people_write_it(shop: Shop) {
        let merchant = shop.seller_of(&shirts(&shop).await).await;
        let mina = shop.member().await;
        let codes = published(&shop, &merchant, json!({ "fixedAmount": 1, "perMemberLimit": 2, "count": 2 })).await;
        let first = registered(&mina, &codes[0]).await;
        let careless = codes[0].to_lowercase().replace('-', " ").replace('1', "l").replace('0', "o");
        let before = shop.contents().await;
        assert_eq!(registered(&mina, &careless).await, first, "it is theirs already");
        shop.contents().await.assert_same(&before);
        registered(&mina, &codes[1].replace('-', "")).await;
    }

    async fn a_code_that_is_not_good_registers_nothing(shop: Shop) {
        let merchant = shop.seller_of(&shirts(&shop).await).await;
        let (mina, jun) = (shop.member().await, shop.member().await);
        let codes = published(&shop, &merchant, json!({ "fixedAmount": 1, "count": 3 })).await;
        registered(&mina, &codes[0]).await;
        let before = shop.contents().await;
        for code in ["", "쿠폰", "0000-0000-0000-0000", "0000-0000-0000-000U", &"0".repeat(10_000)] {
            assert_eq!(problem(&jun, code).await, "UNKNOWN", "{code}");
        }
        assert_eq!(problem(&jun, &codes[0]).await, "ALREADY_REGISTERED");
        assert_eq!(problem(&mina, &codes[1]).await, "LIMIT_REACHED");
        shop.advance(GOOD_FOR);
        assert_eq!(problem(&jun, &codes[2]).await, "EXPIRED");
        shop.contents().await.assert_same(&before);
    }

    async fn a_member_sees_their_coupons_and_nobody_else_s(shop: Shop) {
        let merchant = shop.seller_of(&shirts(&shop).await).await;
        let (mina, jun, admin) = (shop.member().await, shop.member().await, shop.admin().await);
        let fields = json!({ "fixedAmount": 1, "perMemberLimit": 9, "count": 9 });
        let codes = published(&shop, &merchant, fields).await;
        let mut expected = Vec::new();
        for code in &codes[..5] {
            shop.advance(Duration::from_secs(1));
            expected.push(registered(&mina, code).await["id"].clone());
        }
        expected.reverse();
        registered(&jun, &codes[5]).await;

        assert_eq!(coupons_of(&mina, "REGISTERED").await, expected);
        for status in ["ISSUED", "USED", "EXPIRED"] {
            assert!(coupons_of(&mina, status).await.is_empty(), "{status}");
        }
        let query = "query($id: ID!, $after: String) { node(id: $id) { ... on Member {
            coupons(first: 2, after: $after) { totalCount nodes { id } pageInfo { endCursor hasNextPage } } } } }";
        let id = mina.member_id().await.to_string();
        let mut seen = Vec::new();
        let mut after = Value::Null;
        loop {
            let data = admin.run(query, json!({ "id": id, "after": after })).await;
            let page = &data["node"]["coupons"];
            assert_eq!(page["totalCount"], 5);
            seen.extend(page["nodes"].as_array().expect("coupons").iter().map(|coupon| coupon["id"].clone()));
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(seen, expected);
        let foreign = mina.error_code(
            "{ me { coupons(after: \"WyIrMjAwMDAwLTAxLTAxVDAwOjAwOjAwWiIsIjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMCJd\") { totalCount } } }",
            json!({}),
        );
        assert_eq!(foreign.await, "BAD_REQUEST", "a year that no database knows");

        shop.advance(GOOD_FOR);
        assert_eq!(coupons_of(&mina, "EXPIRED").await, expected);
        assert!(coupons_of(&mina, "REGISTERED").await.is_empty());
    }

    async fn the_coupons_of_many_members_are_loaded_together(shop: Shop) {
        let merchant = shop.seller_of(&shirts(&shop).await).await;
        let admin = shop.admin().await;
        let codes = published(&shop, &merchant, json!({ "fixedAmount": 1, "count": 6, "perMemberLimit": 6 })).await;
        let mut ids = Vec::new();
        for number in 0..3 {
            let member = shop.member().await;
            for code in &codes[2 * number..2 * number + 2] {
                registered(&member, code).await;
            }
            ids.push(member.member_id().await.to_string());
        }
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Member {
            coupons(status: REGISTERED) { totalCount nodes { code name status store { name } } } } } }";
        let (data, count) = shop.statements(admin.run(query, json!({ "ids": ids }))).await;
        for member in data["nodes"].as_array().expect("members") {
            assert_eq!(member["coupons"]["totalCount"], 2);
            assert_eq!(member["coupons"]["nodes"][1]["name"], "개업 축하");
        }
        // Members, their coupons, the count, the publication, its store.
        assert_eq!(count, 5);
    }

    async fn of_many_who_type_one_code_at_once_one_has_it(shop: Shop) {
        let merchant = shop.seller_of(&shirts(&shop).await).await;
        let members = join_all((0..64).map(|_| shop.member())).await;
        let code = &published(&shop, &merchant, json!({ "fixedAmount": 1 })).await[0];
        let payloads = join_all(members.iter().map(|member| register(member, code))).await;
        let (had, refused): (Vec<_>, Vec<_>) = payloads.iter().partition(|payload| !payload["coupon"].is_null());
        assert_eq!((had.len(), refused.len()), (1, 63));
        assert!(refused.iter().all(|payload| refusal(payload).0 == "COUPON_NOT_USABLE"));
    }

    async fn a_member_who_types_many_codes_at_once_has_no_more_than_the_limit(shop: Shop) {
        let merchant = shop.seller_of(&shirts(&shop).await).await;
        let mina = shop.member().await;
        for limit in [1, 3] {
            let fields = json!({ "fixedAmount": 1, "count": 64, "perMemberLimit": limit });
            let codes = published(&shop, &merchant, fields).await;
            let payloads = join_all(codes.iter().map(|code| register(&mina, code))).await;
            let had = payloads.iter().filter(|payload| !payload["coupon"].is_null());
            assert_eq!(had.count(), limit);
        }
        assert_eq!(coupons_of(&mina, "REGISTERED").await.len(), 4);
    }

    async fn of_many_who_type_ten_codes_at_once_ten_have_one(shop: Shop) {
        let merchant = shop.seller_of(&shirts(&shop).await).await;
        let members = join_all((0..64).map(|_| shop.member())).await;
        let codes = published(&shop, &merchant, json!({ "fixedAmount": 1, "count": 10 })).await;
        let tries = members.iter().enumerate().map(async |(number, member)| {
            // Everybody tries all of them, each from another one on.
            for place in 0..codes.len() {
                let payload = register(member, &codes[(number + place) % codes.len()]).await;
                if !payload["coupon"].is_null() {
                    return true;
                }
            }
            false
        });
        let lucky = join_all(tries).await.into_iter().filter(|is_lucky| *is_lucky).count();
        assert_eq!(lucky, 10);
    }
}
