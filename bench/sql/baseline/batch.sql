-- Many orders in one call of a function.
\set first :client_id * :batch
SELECT bench_place(:batch, :first, :hot = 1);
