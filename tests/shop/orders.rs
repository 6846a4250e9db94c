//! Placing orders, looking at them, and what is refused.

use serde_json::json;

use crate::support::Shop;

both! {
    async fn an_order_takes_stock_and_points(shop: Shop) {
        let shirt = shop.product("셔츠", &[("화이트 M", 30_000, 10), ("네이비 L", 35_000, 5)]).await;
        let mina = shop.member_with_points(100_000).await;
        let input = json!({
            "lines": [
                { "optionId": shirt.options[0].to_string(), "quantity": 1 },
                { "optionId": shirt.options[1].to_string(), "quantity": 1 },
                { "optionId": shirt.options[0].to_string(), "quantity": 1 },
            ],
            "idempotencyKey": "first",
        });

        let placed = mina.place(input).await;

        let order = &placed["order"];
        assert_eq!(placed["userErrors"], json!([]));
        assert_eq!(order["status"], "PAID");
        assert_eq!(order["itemsTotal"], 95_000);
        assert_eq!(order["pointsUsed"], 95_000);
        assert_eq!(order["items"][0]["quantity"], 2, "lines of one option are added up");
        assert_eq!(order["items"][0]["productName"], "셔츠");
        assert_eq!(order["items"][1]["optionName"], "네이비 L");
        assert_eq!(order["history"][0]["sequence"], 1);
        assert_eq!(mina.balance().await, 5_000);
        assert_eq!(shop.stock(&shirt).await, [8, 4]);
    }

    async fn ten_of_sixty_four_members_get_the_last_ten_pieces(shop: Shop) {
        let last = shop.product("한정판", &[("하나", 1_000, 10)]).await;
        let mut members = Vec::new();
        for _ in 0..64 {
            members.push(shop.member_with_points(1_000).await);
        }

        let orders = members.iter().map(|member| member.order(&last, 0, 1, "the one"));
        let answers = futures_util::future::join_all(orders).await;

        let (placed, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer["order"].is_object());
        assert_eq!((placed.len(), refused.len()), (10, 54));
        for answer in refused {
            assert_eq!(answer["userErrors"][0]["code"], "INSUFFICIENT_STOCK");
            assert_eq!(answer["userErrors"][0]["shortages"][0]["available"], 0);
        }
        assert_eq!(shop.stock(&last).await, [0]);
        let mut balances = Vec::new();
        for member in &members {
            balances.push(member.balance().await);
        }
        balances.sort_unstable();
        assert_eq!(balances, [vec![0; 10], vec![1_000; 54]].concat());
    }
}
