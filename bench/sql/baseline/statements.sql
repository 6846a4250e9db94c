-- One order a transaction, a round trip a statement: read what is for sale, write the order and its items, pay,
-- write its history and what the world must hear, count the sales, take the stock. What others wait for is locked
-- last, in one order, so that it is held no longer than must be and nobody deadlocks.
\set a case when :hot = 1 then 1 else random(1, 2999) end
\set b 1 + (:a - 1 + random(1, 2998)) % 2999
\set member :client_id
BEGIN;
SELECT gen_random_uuid() AS order_id, gen_random_uuid() AS item_a, gen_random_uuid() AS item_b,
    a.id AS option_a, a.name AS name_a, a.price AS price_a, pa.id AS product_a, pa.name AS title_a, pa.store_id AS store_a,
    b.id AS option_b, b.name AS name_b, b.price AS price_b, pb.id AS product_b, pb.name AS title_b, pb.store_id AS store_b,
    a.price + b.price AS total
FROM product_option a
JOIN product pa ON pa.id = a.product_id AND pa.deleted_at IS NULL
JOIN store sa ON sa.id = pa.store_id AND sa.is_open,
    product_option b
JOIN product pb ON pb.id = b.product_id AND pb.deleted_at IS NULL
JOIN store sb ON sb.id = pb.store_id AND sb.is_open
WHERE a.id = bench_option(:a) AND b.id = bench_option(:b)
\gset
INSERT INTO "order" (id, order_key, member_id, status, items_total, discount, points_used, amount_due, refunded,
    idempotency_key, request_hash, placed_at, last_sequence)
VALUES (:order_id, bench_order_key(:order_id), bench_member(:member), 'PAID', :total, 0, :total, 0, 0,
    right(:order_id::text, 16), sha256(uuid_send(:order_id)), now(), 1);
INSERT INTO order_item (id, order_id, position, option_id, product_id, store_id, product_name, option_name,
    unit_price, quantity, line_total, status, paid_at)
VALUES (:item_a, :order_id, 0, :option_a, :product_a, :store_a, :title_a, :name_a, :price_a, 1, :price_a, 'PAID', now()),
    (:item_b, :order_id, 1, :option_b, :product_b, :store_b, :title_b, :name_b, :price_b, 1, :price_b, 'PAID', now());
WITH paid AS (
    UPDATE user_point SET balance = balance - :total, last_sequence = last_sequence + 1
    WHERE member_id = bench_member(:member)
    RETURNING id, balance, last_sequence
)
INSERT INTO point_entry (id, user_point_id, sequence, action, amount, balance_after, order_id, created_at)
SELECT gen_random_uuid(), id, last_sequence, 'USE', -:total::bigint, balance, :order_id, now() FROM paid;
WITH happened AS (
    INSERT INTO order_event (order_id, sequence, status, item_ids, at)
    VALUES (:order_id, 1, 'PAID', json_build_array(:item_a::uuid, :item_b::uuid), now())
)
INSERT INTO outbox (id, topic, order_id, sequence, payload, created_at, attempts, due_at)
VALUES (gen_random_uuid(), 'order.paid.v1', :order_id, 1, json_build_object(
    'orderId', :order_id::uuid, 'orderKey', bench_order_key(:order_id), 'memberId', bench_member(:member),
    'currency', 'KRW', 'itemsTotal', :total::bigint, 'discount', 0, 'pointsUsed', :total::bigint, 'amountDue', 0,
    'placedAt', now(), 'items', json_build_array(
        json_build_object('id', :item_a::uuid, 'storeId', :store_a::uuid, 'productId', :product_a::uuid,
            'optionId', :option_a::uuid, 'productName', :title_a::text, 'optionName', :name_a::text,
            'unitPrice', :price_a::bigint, 'quantity', 1, 'lineTotal', :price_a::bigint),
        json_build_object('id', :item_b::uuid, 'storeId', :store_b::uuid, 'productId', :product_b::uuid,
            'optionId', :option_b::uuid, 'productName', :title_b::text, 'optionName', :name_b::text,
            'unitPrice', :price_b::bigint, 'quantity', 1, 'lineTotal', :price_b::bigint))), now(), 0,
    now() + interval '30 seconds');
INSERT INTO product_sales (hour, product_id, quantity)
SELECT date_trunc('hour', now()), product_id, count(*)
FROM (VALUES (:product_a::uuid), (:product_b::uuid)) AS sold (product_id)
GROUP BY product_id ORDER BY product_id
ON CONFLICT (hour, product_id) DO UPDATE SET quantity = product_sales.quantity + excluded.quantity;
WITH locked AS MATERIALIZED (
    SELECT option_id FROM stock WHERE option_id IN (:option_a, :option_b) ORDER BY option_id FOR UPDATE
)
UPDATE stock SET quantity = quantity - 1 FROM locked WHERE stock.option_id = locked.option_id;
COMMIT;
