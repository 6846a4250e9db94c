-- The same order in one round trip and one statement. PostgreSQL runs the parts that nothing refers to from the
-- last to the first, so what others wait for stands first: it is locked last.
\set a case when :hot = 1 then 1 else random(1, 2999) end
\set b 1 + (:a - 1 + random(1, 2998)) % 2999
\set member :client_id
WITH head AS MATERIALIZED (
    SELECT gen_random_uuid() AS order_id, bench_member(:member) AS member_id
), line AS MATERIALIZED (
    SELECT gen_random_uuid() AS id, wanted.position, wanted.quantity, option.id AS option_id, option.name AS option_name,
        option.price, product.id AS product_id, product.name AS product_name, product.store_id
    FROM (VALUES (0, bench_option(:a), 1), (1, bench_option(:b), 1)) AS wanted (position, option_id, quantity)
    JOIN product_option AS option ON option.id = wanted.option_id
    JOIN product ON product.id = option.product_id AND product.deleted_at IS NULL
    JOIN store ON store.id = product.store_id AND store.is_open
), basket AS MATERIALIZED (
    SELECT sum(price * quantity)::bigint AS total, json_agg(id ORDER BY position) AS item_ids,
        json_agg(json_build_object('id', id, 'storeId', store_id, 'productId', product_id, 'optionId', option_id,
            'productName', product_name, 'optionName', option_name, 'unitPrice', price, 'quantity', quantity,
            'lineTotal', price * quantity) ORDER BY position) AS items
    FROM line
), locked AS MATERIALIZED (
    SELECT stock.option_id, line.quantity FROM stock JOIN line ON line.option_id = stock.option_id
    ORDER BY stock.option_id FOR UPDATE OF stock
), taken AS (
    UPDATE stock SET quantity = stock.quantity - locked.quantity FROM locked WHERE stock.option_id = locked.option_id
), counted AS (
    INSERT INTO product_sales (hour, product_id, quantity)
    SELECT date_trunc('hour', now()), product_id, sum(quantity) FROM line GROUP BY product_id ORDER BY product_id
    ON CONFLICT (hour, product_id) DO UPDATE SET quantity = product_sales.quantity + excluded.quantity
), announced AS (
    INSERT INTO outbox (id, topic, order_id, sequence, payload, created_at, attempts, due_at)
    SELECT gen_random_uuid(), 'order.paid.v1', order_id, 1, json_build_object('orderId', order_id,
        'orderKey', bench_order_key(order_id), 'memberId', member_id, 'currency', 'KRW', 'itemsTotal', total,
        'discount', 0, 'pointsUsed', total, 'amountDue', 0, 'placedAt', now(), 'items', items), now(), 0,
        now() + interval '30 seconds'
    FROM head, basket
), happened AS (
    INSERT INTO order_event (order_id, sequence, status, item_ids, at)
    SELECT order_id, 1, 'PAID', item_ids, now() FROM head, basket
), paid AS (
    UPDATE user_point SET balance = balance - total, last_sequence = last_sequence + 1
    FROM head, basket WHERE user_point.member_id = head.member_id
    RETURNING user_point.id, balance, last_sequence
), entered AS (
    INSERT INTO point_entry (id, user_point_id, sequence, action, amount, balance_after, order_id, created_at)
    SELECT gen_random_uuid(), paid.id, last_sequence, 'USE', -total, balance, order_id, now() FROM paid, head, basket
), itemized AS (
    INSERT INTO order_item (id, order_id, position, option_id, product_id, store_id, product_name, option_name,
        unit_price, quantity, line_total, status, paid_at)
    SELECT id, order_id, position, option_id, product_id, store_id, product_name, option_name,
        price, quantity, price * quantity, 'PAID', now()
    FROM line, head
)
INSERT INTO "order" (id, order_key, member_id, status, items_total, discount, points_used, amount_due, refunded,
    idempotency_key, request_hash, placed_at, last_sequence)
SELECT order_id, bench_order_key(order_id), member_id, 'PAID', total, 0, total, 0, 0,
    right(order_id::text, 16), sha256(uuid_send(order_id)), now(), 1
FROM head, basket
RETURNING id, order_key, status;
