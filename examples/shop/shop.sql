-- The whole sample: psql -f shop.sql, or the connection embedded:?init=examples/shop/shop.sql
\ir schema.sql
\ir data.sql
