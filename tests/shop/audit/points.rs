//! 2: purses that are not what their entries say.

use super::{busy::BusyShop, printed};

both! {
    async fn a_purse_that_is_not_what_its_entries_say_is_found(shop: BusyShop) {
        shop.take_guards_away().await;
        let (mina, jun) = (shop.mina, shop.jun);
        let [m, j] = [shop.sql(mina), shop.sql(jun)];
        for (table, sql, found) in [
            (
                "user_point",
                format!("UPDATE user_point SET balance = 130001 WHERE id = {m}"),
                vec![format!("2 {mina}: balance: expected 130000, found 130001")],
            ),
            (
                "user_point",
                format!("UPDATE user_point SET balance = -1 WHERE id = {m}"),
                vec![format!("2 {mina}: balance: expected 130000, found -1; \
                              balance: expected at least 0, found -1")],
            ),
            (
                "user_point",
                format!("UPDATE user_point SET last_sequence = 7 WHERE id = {m}"),
                vec![format!("2 {mina}: last sequence: expected 6, found 7")],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET amount = 100001 WHERE user_point_id = {m} AND sequence = 1"),
                vec![
                    format!("2 {} {mina}: balance after: expected 100001, found 100000", shop.entry(mina, 1).await),
                    format!("2 {mina}: balance: expected 130001, found 130000"),
                ],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET balance_after = 150001 WHERE user_point_id = {m} AND sequence = 2"),
                vec![
                    format!("2 {} {mina}: balance after: expected 150000, found 150001", shop.entry(mina, 2).await),
                    format!("2 {} {mina}: balance after: expected 127001, found 127000", shop.entry(mina, 3).await),
                ],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET balance_after = -1 WHERE user_point_id = {j} AND sequence = 3"),
                vec![format!("2 {} {jun}: balance after: expected 55000, found -1; \
                              balance after: expected at least 0, found -1", shop.entry(jun, 3).await)],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET sequence = 4 WHERE user_point_id = {j} AND sequence = 3"),
                vec![format!("2 {} {jun}: sequence: expected 3, found 4", shop.entry(jun, 3).await)],
            ),
            (
                "point_entry",
                format!("DELETE FROM point_entry WHERE user_point_id = {j} AND sequence = 1"),
                vec![
                    format!("2 {} {jun}: sequence: expected 1, found 2; \
                             balance after: expected -30000, found 70000", shop.entry(jun, 2).await),
                    format!("2 {jun}: balance: expected -45000, found 55000; last sequence: expected 2, found 3"),
                ],
            ),
            (
                "point_entry",
                format!("UPDATE point_entry SET order_id = NULL WHERE user_point_id = {j} AND sequence = 2"),
                vec![
                    format!("2 {} {jun}: orders and gifts named: expected 1, found 0", shop.entry(jun, 2).await),
                    format!("3 {}: points taken: expected at least 30000, found 0; \
                             points given back: expected -30000, found 0", shop.third),
                ],
            ),
        ] {
            shop.check(table, &sql, &found).await;
        }
        assert_eq!(printed(shop.db()).await.0, [""; 0], "all is mended");
    }

    async fn a_sum_beyond_thirty_two_bits_is_exact(shop: BusyShop) {
        shop.take_guards_away().await;
        let jun = shop.jun;
        // What fits into 53 bits and into no half of 64.
        let much = (1_i64 << 52) + 12_345;
        shop.check(
            "point_entry",
            &format!(
                "UPDATE point_entry SET amount = {much} WHERE user_point_id = {} AND sequence = 1",
                shop.sql(jun)
            ),
            &[
                format!("2 {} {jun}: balance after: expected {much}, found 100000", shop.entry(jun, 1).await),
                format!("2 {jun}: balance: expected {}, found 55000", much - 45_000),
            ],
        ).await;
    }
}
