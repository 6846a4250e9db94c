-- Years of orders, all paid, two lines each: order n is of member n % 10,000 and was placed n / :orders of the way
-- through the last 180 days. References are right by construction, and not checked row by row.
SET session_replication_role = replica;
SET work_mem = '256MB';
SET maintenance_work_mem = '512MB';
SET synchronous_commit = off;

CREATE FUNCTION past_id(kind integer, at timestamptz, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8000' || lpad(to_hex(n), 12, '0'))::uuid;

CREATE FUNCTION past_row(kind integer, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN ('019ab0000000700' || to_hex(kind) || '8000' || lpad(to_hex(number), 12, '0'))::uuid;

CREATE UNLOGGED TABLE past AS
WITH numbered AS (
    SELECT n, n % 10000 AS member, n / 10000 + 2 AS sequence,
        date_trunc('second', now() - interval '180 days' + n * (interval '180 days' / :orders)) AS at,
        1 + n * 7919 % 2999 AS a, 1 + (n * 7919 % 2999 + 1 + n / 7 % 2998) % 2999 AS b
    FROM generate_series(0::bigint, :orders - 1) AS n
), priced AS (
    SELECT n, member, sequence, at, past_id(8, at, n) AS order_id, past_id(9, at, n) AS item_a, past_id(10, at, n) AS item_b,
        oa.id AS option_a, oa.name AS name_a, oa.price AS price_a, pa.id AS product_a, pa.name AS title_a, pa.store_id AS store_a,
        ob.id AS option_b, ob.name AS name_b, ob.price AS price_b, pb.id AS product_b, pb.name AS title_b, pb.store_id AS store_b,
        oa.price + ob.price AS total,
        to_char(at AT TIME ZONE 'Asia/Seoul', 'YYYYMMDD') || '-' || upper(lpad(to_hex(n), 7, '0')) AS order_key
    FROM numbered
    JOIN product_option oa ON oa.id = past_row(4, a) JOIN product pa ON pa.id = oa.product_id
    JOIN product_option ob ON ob.id = past_row(4, b) JOIN product pb ON pb.id = ob.product_id
)
SELECT priced.*, user_point.id AS user_point_id, user_point.member_id,
    user_point.balance - sum(total) OVER (PARTITION BY user_point.id ORDER BY n) AS balance
FROM priced JOIN user_point ON user_point.id = past_row(6, member);

INSERT INTO "order" (id, order_key, member_id, status, items_total, discount, points_used, amount_due, refunded,
    idempotency_key, request_hash, placed_at, last_sequence)
SELECT order_id, order_key, member_id, 'PAID', total, 0, total, 0, 0, 'past-' || n, sha256(uuid_send(order_id)), at, 1
FROM past ORDER BY n;

INSERT INTO order_item (id, order_id, position, option_id, product_id, store_id, product_name, option_name,
    unit_price, quantity, line_total, status, paid_at)
SELECT line.id, order_id, position, line.option_id, line.product_id, line.store_id, line.title, line.name,
    line.price, 1, line.price, 'PAID', at
FROM past, LATERAL (VALUES
    (0, item_a, option_a, product_a, store_a, title_a, name_a, price_a),
    (1, item_b, option_b, product_b, store_b, title_b, name_b, price_b)
) AS line (position, id, option_id, product_id, store_id, title, name, price)
ORDER BY n, position;

INSERT INTO order_event (order_id, sequence, status, item_ids, at)
SELECT order_id, 1, 'PAID', json_build_array(item_a, item_b), at FROM past ORDER BY n;

INSERT INTO point_entry (id, user_point_id, sequence, action, amount, balance_after, order_id, created_at)
SELECT past_id(11, at, n), user_point_id, sequence, 'USE', -total, balance, order_id, at FROM past ORDER BY n;

INSERT INTO outbox (id, topic, order_id, sequence, payload, created_at, attempts, delivered_at)
SELECT past_id(12, at, n), 'order.paid.v1', order_id, 1, json_build_object('orderId', order_id, 'orderKey', order_key,
    'memberId', member_id, 'currency', 'KRW', 'itemsTotal', total, 'discount', 0, 'pointsUsed', total, 'amountDue', 0,
    'placedAt', at, 'items', json_build_array(
        json_build_object('id', item_a, 'storeId', store_a, 'productId', product_a, 'optionId', option_a,
            'productName', title_a, 'optionName', name_a, 'unitPrice', price_a, 'quantity', 1, 'lineTotal', price_a),
        json_build_object('id', item_b, 'storeId', store_b, 'productId', product_b, 'optionId', option_b,
            'productName', title_b, 'optionName', name_b, 'unitPrice', price_b, 'quantity', 1, 'lineTotal', price_b))),
    at, 1, at + interval '1 second'
FROM past ORDER BY n;

INSERT INTO product_sales (hour, product_id, quantity)
SELECT date_trunc('hour', at), product_id, count(*)
FROM (SELECT at, product_a AS product_id FROM past UNION ALL SELECT at, product_b FROM past) AS sold
GROUP BY 1, 2 ORDER BY 1, 2;

UPDATE stock SET quantity = quantity - sold.pieces
FROM (SELECT option_id, count(*) AS pieces FROM (SELECT option_a AS option_id FROM past UNION ALL SELECT option_b FROM past) AS line GROUP BY option_id) AS sold
WHERE sold.option_id = stock.option_id;

UPDATE user_point SET balance = balance - spent.points, last_sequence = last_sequence + spent.orders
FROM (SELECT user_point_id, sum(total) AS points, count(*) AS orders FROM past GROUP BY user_point_id) AS spent
WHERE spent.user_point_id = user_point.id;

DROP TABLE past;
DROP FUNCTION past_id;
DROP FUNCTION past_row;
