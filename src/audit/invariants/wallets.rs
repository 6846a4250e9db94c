//! 11: stores' wallets are what they sold and were paid out.

use entity::id::{OrderId, SettlementId, StoreId, StoreWalletId, WalletEntryId};

use super::check::{Check, at_least, equal, id, sum};

/// 11: stores' wallets are what they sold and were paid out.
pub fn wallets() -> [Check; 4] {
    [entries(), balances(), earnings(), settlements()]
}

/// Each entry follows from the one before, and names what it comes from.
fn entries() -> Check {
    let select = "
SELECT id, store_wallet_id, sequence, balance_after, action,
    CASE WHEN order_id IS NULL THEN 0 ELSE 1 END AS orders,
    CASE WHEN settlement_id IS NULL THEN 0 ELSE 1 END AS settlements,
    CAST(COALESCE(LAG(sequence) OVER ledger, 0) AS NUMERIC) + 1 AS next_sequence,
    CAST(COALESCE(LAG(balance_after) OVER ledger, 0) AS NUMERIC) + amount AS next_balance
FROM wallet_entry
WINDOW ledger AS (PARTITION BY store_wallet_id ORDER BY sequence)";
    Check {
        invariant: 11,
        name: "wallets",
        rows: "wallet entries",
        counted: "wallet_entry",
        select: select.into(),
        key: vec![
            id::<WalletEntryId>("entryId", "id"),
            id::<StoreWalletId>("walletId", "store_wallet_id"),
        ],
        rules: vec![
            equal("sequence", "next_sequence", "sequence"),
            equal("balance after", "next_balance", "balance_after"),
            at_least("balance after", "0", "balance_after"),
            equal(
                "orders named",
                "CASE action WHEN 'SALE' THEN 1 ELSE 0 END",
                "orders",
            ),
            equal(
                "settlements named",
                "CASE action WHEN 'SALE' THEN 0 ELSE 1 END",
                "settlements",
            ),
        ],
    }
}

/// A wallet holds the sum of its entries.
fn balances() -> Check {
    let amounts = sum("entry.amount");
    let select = format!(
        "
SELECT wallet.id, wallet.balance, wallet.last_sequence,
    COUNT(entry.id) AS entries,
    COALESCE({amounts}, 0) AS amounts
FROM store_wallet AS wallet
LEFT JOIN wallet_entry AS entry ON entry.store_wallet_id = wallet.id
GROUP BY wallet.id"
    );
    Check {
        invariant: 11,
        name: "wallets",
        rows: "wallets",
        counted: "store_wallet",
        select,
        key: vec![id::<StoreWalletId>("walletId", "id")],
        rules: vec![
            equal("balance", "amounts", "balance"),
            at_least("balance", "0", "balance"),
            equal("last sequence", "entries", "last_sequence"),
        ],
    }
}

/// What a store earned with an order is what it handed over of it, less what it bears of the discounts.
fn earnings() -> Check {
    let [sold, earned] = ["sold", "earned"].map(sum);
    let select = format!(
        "
SELECT store_id, order_id, {sold} AS sold, {earned} AS earned
FROM (
    SELECT store_id, order_id, line_total - store_discount AS sold, 0 AS earned
    FROM order_item
    WHERE status = 'COMPLETED'
    UNION ALL
    SELECT wallet.store_id, entry.order_id, 0, entry.amount
    FROM wallet_entry AS entry
    JOIN store_wallet AS wallet ON wallet.id = entry.store_wallet_id
    WHERE entry.action = 'SALE'
) AS moved
GROUP BY store_id, order_id"
    );
    Check {
        invariant: 11,
        name: "wallets",
        rows: "orders' earnings",
        counted: r#""order""#,
        select,
        key: vec![
            id::<StoreId>("storeId", "store_id"),
            id::<OrderId>("orderId", "order_id"),
        ],
        rules: vec![equal("earned", "sold", "earned")],
    }
}

/// A settlement begins where the one before ended, and paid out what its entries earned, in one entry of its own.
fn settlements() -> Check {
    let sold = sum("CASE WHEN entry.settlement_id IS NULL THEN entry.amount ELSE 0 END");
    let paid_out =
        sum("CASE WHEN entry.settlement_id = settlement.id THEN 0 - entry.amount ELSE 0 END");
    let select = format!(
        "
SELECT settlement.id, settlement.amount, settlement.first_sequence, settlement.next_sequence,
    COALESCE({sold}, 0) AS sold,
    COALESCE({paid_out}, 0) AS paid_out
FROM (
    SELECT id, store_wallet_id, amount, first_sequence, last_sequence,
        CAST(COALESCE(LAG(last_sequence) OVER periods, 0) AS NUMERIC) + 1 AS next_sequence
    FROM settlement
    WINDOW periods AS (PARTITION BY store_wallet_id ORDER BY period_end)
) AS settlement
LEFT JOIN wallet_entry AS entry
    ON entry.store_wallet_id = settlement.store_wallet_id
    AND (
        entry.settlement_id = settlement.id
        OR entry.settlement_id IS NULL
            AND entry.sequence BETWEEN settlement.first_sequence AND settlement.last_sequence
    )
GROUP BY settlement.id, settlement.amount, settlement.first_sequence, settlement.next_sequence"
    );
    Check {
        invariant: 11,
        name: "wallets",
        rows: "settlements",
        counted: "settlement",
        select,
        key: vec![id::<SettlementId>("settlementId", "id")],
        rules: vec![
            equal("first sequence", "next_sequence", "first_sequence"),
            equal("amount", "sold", "amount"),
            equal("paid out", "amount", "paid_out"),
        ],
    }
}
