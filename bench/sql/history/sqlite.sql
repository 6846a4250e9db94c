-- Years of orders, all paid, two lines each: order n is of member n % 10,000 and was placed n / :orders of the way
-- through the last 180 days. References are right by construction, and not checked row by row; what a
-- crash would leave of this is thrown away anyway.
PRAGMA foreign_keys = OFF;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -2000000;
PRAGMA temp_store = FILE;

CREATE TABLE past AS
WITH RECURSIVE counter (n) AS (
    SELECT 0 UNION ALL SELECT n + 1 FROM counter WHERE n + 1 < :orders
), numbered AS (
    SELECT n, n % 10000 AS member, n / 10000 + 2 AS sequence,
        CAST(strftime('%s', 'now') AS INTEGER) - 15552000 + n * 15552000 / :orders AS at,
        1 + n * 7919 % 2999 AS a, 1 + (n * 7919 % 2999 + 1 + n / 7 % 2998) % 2999 AS b
    FROM counter
)
SELECT n, member, sequence, at, strftime('%Y-%m-%dT%H:%M:%S+00:00', at, 'unixepoch') AS time,
    unhex(printf('%012x70088000%012x', at * 1000, n)) AS order_id,
    unhex(printf('%012x70098000%012x', at * 1000, n)) AS item_a,
    unhex(printf('%012x700a8000%012x', at * 1000, n)) AS item_b,
    oa.id AS option_a, oa.name AS name_a, oa.price AS price_a, pa.id AS product_a, pa.name AS title_a, pa.store_id AS store_a,
    ob.id AS option_b, ob.name AS name_b, ob.price AS price_b, pb.id AS product_b, pb.name AS title_b, pb.store_id AS store_b,
    oa.price + ob.price AS total,
    strftime('%Y%m%d', at, 'unixepoch', '+9 hours') || printf('-%07X', n) AS order_key
FROM numbered
JOIN product_option oa ON oa.id = unhex(printf('019ab000000070048000%012x', a)) JOIN product pa ON pa.id = oa.product_id
JOIN product_option ob ON ob.id = unhex(printf('019ab000000070048000%012x', b)) JOIN product pb ON pb.id = ob.product_id;

INSERT INTO "order" (id, order_key, member_id, status, items_total, discount, points_used, amount_due, refunded,
    idempotency_key, request_hash, placed_at, last_sequence)
SELECT order_id, order_key, unhex(printf('019ab000000070018000%012x', member)), 'PAID', total, 0, total, 0, 0,
    'past-' || n, randomblob(32), time, 1
FROM past ORDER BY n;

INSERT INTO order_item (id, order_id, position, option_id, product_id, store_id, product_name, option_name,
    unit_price, quantity, line_total, status, paid_at)
SELECT iif(place = 0, item_a, item_b), order_id, place, iif(place = 0, option_a, option_b),
    iif(place = 0, product_a, product_b), iif(place = 0, store_a, store_b), iif(place = 0, title_a, title_b),
    iif(place = 0, name_a, name_b), iif(place = 0, price_a, price_b), 1, iif(place = 0, price_a, price_b), 'PAID', time
FROM past CROSS JOIN (SELECT 0 AS place UNION ALL SELECT 1);

INSERT INTO order_event (order_id, sequence, status, item_ids, at)
SELECT order_id, 1, 'PAID', printf('["%08x-%04x-7009-8000-%012x","%08x-%04x-700a-8000-%012x"]',
    at * 1000 >> 16, at * 1000 & 65535, n, at * 1000 >> 16, at * 1000 & 65535, n), time
FROM past ORDER BY n;

INSERT INTO point_entry (id, user_point_id, sequence, action, amount, balance_after, order_id, created_at)
SELECT unhex(printf('%012x700b8000%012x', at * 1000, n)), user_point.id, past.sequence, 'USE', -total,
    user_point.balance - sum(total) OVER (PARTITION BY member ORDER BY n), order_id, time
FROM past JOIN user_point ON user_point.id = unhex(printf('019ab000000070068000%012x', member));

INSERT INTO outbox (id, topic, order_id, sequence, payload, created_at, attempts, delivered_at)
SELECT unhex(printf('%012x700c8000%012x', at * 1000, n)), 'order.paid.v1', order_id, 1,
    json_object('orderId', lower(hex(order_id)), 'orderKey', order_key,
        'memberId', printf('019ab000000070018000%012x', member), 'currency', 'KRW', 'itemsTotal', total, 'discount', 0,
        'pointsUsed', total, 'amountDue', 0, 'placedAt', time, 'items', json_array(
            json_object('id', lower(hex(item_a)), 'storeId', lower(hex(store_a)), 'productId', lower(hex(product_a)),
                'optionId', lower(hex(option_a)), 'productName', title_a, 'optionName', name_a, 'unitPrice', price_a,
                'quantity', 1, 'lineTotal', price_a),
            json_object('id', lower(hex(item_b)), 'storeId', lower(hex(store_b)), 'productId', lower(hex(product_b)),
                'optionId', lower(hex(option_b)), 'productName', title_b, 'optionName', name_b, 'unitPrice', price_b,
                'quantity', 1, 'lineTotal', price_b))),
    time, 1, strftime('%Y-%m-%dT%H:%M:%S+00:00', at + 1, 'unixepoch')
FROM past ORDER BY n;

INSERT INTO product_sales (hour, product_id, quantity)
SELECT strftime('%Y-%m-%dT%H:00:00+00:00', at, 'unixepoch'), product_id, count(*)
FROM (SELECT at, product_a AS product_id FROM past UNION ALL SELECT at, product_b FROM past)
GROUP BY 1, 2;

UPDATE stock SET quantity = quantity - sold.pieces
FROM (SELECT option_id, count(*) AS pieces FROM (SELECT option_a AS option_id FROM past UNION ALL SELECT option_b FROM past) GROUP BY option_id) AS sold
WHERE sold.option_id = stock.option_id;

UPDATE user_point SET balance = balance - spent.points, last_sequence = last_sequence + spent.orders
FROM (SELECT member, sum(total) AS points, count(*) AS orders FROM past GROUP BY member) AS spent
WHERE user_point.id = unhex(printf('019ab000000070068000%012x', spent.member));

DROP TABLE past;
PRAGMA synchronous = FULL;
PRAGMA journal_mode = WAL;
