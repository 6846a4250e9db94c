-- The rows that the benchmark loaded, by their numbers: ids are made of them.
CREATE FUNCTION bench_member(number integer) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN ('019ab000-0000-7001-8000-' || lpad(to_hex(number), 12, '0'))::uuid;

CREATE FUNCTION bench_option(number integer) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN ('019ab000-0000-7004-8000-' || lpad(to_hex(number), 12, '0'))::uuid;

-- As long as one of Jangteo's, and as good as never drawn twice.
CREATE FUNCTION bench_order_key(order_id uuid) RETURNS text LANGUAGE sql STABLE
RETURN to_char(now(), 'YYYYMMDD') || '-' || right(order_id::text, 12);
