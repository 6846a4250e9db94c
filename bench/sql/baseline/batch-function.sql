-- As many orders as it is told, of as many members, in one statement: what the tables bear where orders share
-- everything that can be shared.
CREATE FUNCTION bench_place(batch integer, first_member integer, is_hot boolean) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    placed bigint;
BEGIN
    WITH head AS MATERIALIZED (
        SELECT gen_random_uuid() AS order_id, bench_member(first_member + n) AS member_id,
            CASE WHEN is_hot THEN 1 ELSE 1 + floor(random() * 2999)::integer END AS a, 1 + floor(random() * 2998)::integer AS step
        FROM generate_series(0, batch - 1) AS n
    ), wanted AS (
        SELECT order_id, 0 AS position, bench_option(a) AS option_id, 1 AS quantity FROM head
        UNION ALL
        SELECT order_id, 1, bench_option(1 + (a - 1 + step) % 2999), 1 FROM head
    ), line AS MATERIALIZED (
        SELECT gen_random_uuid() AS id, wanted.order_id, wanted.position, wanted.quantity, option.id AS option_id,
            option.name AS option_name, option.price, product.id AS product_id, product.name AS product_name, product.store_id
        FROM wanted
        JOIN product_option AS option ON option.id = wanted.option_id
        JOIN product ON product.id = option.product_id AND product.deleted_at IS NULL
        JOIN store ON store.id = product.store_id AND store.is_open
    ), basket AS MATERIALIZED (
        SELECT order_id, member_id, sum(price * quantity)::bigint AS total, json_agg(id ORDER BY position) AS item_ids,
            json_agg(json_build_object('id', id, 'storeId', store_id, 'productId', product_id, 'optionId', option_id,
                'productName', product_name, 'optionName', option_name, 'unitPrice', price, 'quantity', quantity,
                'lineTotal', price * quantity) ORDER BY position) AS items
        FROM head JOIN line USING (order_id)
        GROUP BY order_id, member_id
    ), need AS MATERIALIZED (
        SELECT option_id, sum(quantity)::integer AS quantity FROM line GROUP BY option_id
    ), locked AS MATERIALIZED (
        SELECT stock.option_id, need.quantity FROM stock JOIN need ON need.option_id = stock.option_id
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
        FROM basket
    ), happened AS (
        INSERT INTO order_event (order_id, sequence, status, item_ids, at)
        SELECT order_id, 1, 'PAID', item_ids, now() FROM basket
    ), paid AS (
        UPDATE user_point SET balance = balance - total, last_sequence = last_sequence + 1
        FROM basket WHERE user_point.member_id = basket.member_id
        RETURNING user_point.id, balance, last_sequence, order_id, total
    ), entered AS (
        INSERT INTO point_entry (id, user_point_id, sequence, action, amount, balance_after, order_id, created_at)
        SELECT gen_random_uuid(), id, last_sequence, 'USE', -total, balance, order_id, now() FROM paid
    ), itemized AS (
        INSERT INTO order_item (id, order_id, position, option_id, product_id, store_id, product_name, option_name,
            unit_price, quantity, line_total, status, paid_at)
        SELECT id, order_id, position, option_id, product_id, store_id, product_name, option_name,
            price, quantity, price * quantity, 'PAID', now()
        FROM line
    ), ordered AS (
        INSERT INTO "order" (id, order_key, member_id, status, items_total, discount, points_used, amount_due, refunded,
            idempotency_key, request_hash, placed_at, last_sequence)
        SELECT order_id, bench_order_key(order_id), member_id, 'PAID', total, 0, total, 0, 0,
            right(order_id::text, 16), sha256(uuid_send(order_id)), now(), 1
        FROM basket
        RETURNING 1
    )
    SELECT count(*) INTO placed FROM ordered;
    RETURN placed;
END
$$;
