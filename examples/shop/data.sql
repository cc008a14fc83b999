-- About 260,000 rows, made in the database itself, the same on every run and every version.
-- Skewed on purpose: a few customers place most orders, a few products sell most; there are NULLs,
-- duplicates and parents without children.

-- Evenly spread over 0 to 1 and always the same for a number `n` of a series `salt`.
-- (random() with setseed() gives other values since PostgreSQL 15.)
CREATE FUNCTION shop_noise(salt integer, n bigint) RETURNS double precision
  LANGUAGE sql IMMUTABLE
  AS 'SELECT (hashint8extended(n, salt) & 1073741823)::double precision / 1073741824';

INSERT INTO countries (country_code, name, currency) VALUES
  ('DE', 'Germany', 'EUR'), ('FR', 'France', 'EUR'), ('GB', 'United Kingdom', 'GBP'), ('US', 'United States', 'USD'),
  ('ES', 'Spain', 'EUR'), ('IT', 'Italy', 'EUR'), ('NL', 'Netherlands', 'EUR'), ('PL', 'Poland', 'PLN'),
  ('SE', 'Sweden', 'SEK'), ('JP', 'Japan', 'JPY'), ('BR', 'Brazil', 'BRL'), ('IS', 'Iceland', 'ISK'),
  ('LI', 'Liechtenstein', 'CHF'), ('AQ', 'Antarctica', 'USD');

INSERT INTO customers (customer_id, email, full_name, phone, country_code, segment, loyalty_points, referred_by,
                       newsletter, created_at, deleted_at)
SELECT i,
       lower(first_name || '.' || last_name) || i || '@' ||
         (ARRAY['example.com', 'example.net', 'example.org'])[1 + floor(shop_noise(1, i) * 3)::integer],
       first_name || ' ' || last_name,
       CASE WHEN shop_noise(2, i) < 0.6 THEN '+49 30 ' || lpad((i * 7919 % 1000000)::text, 6, '0') END,
       -- the last countries of the list are rare, the very last has nobody
       (ARRAY['DE', 'FR', 'GB', 'US', 'ES', 'IT', 'NL', 'PL', 'SE', 'JP', 'BR', 'IS', 'LI'])
         [1 + floor(12.3 * shop_noise(3, i) ^ 1.6)::integer],
       CASE WHEN shop_noise(4, i) < 0.02 THEN 'vip' WHEN shop_noise(4, i) < 0.15 THEN 'business' ELSE 'retail' END,
       floor(5000 * shop_noise(5, i) ^ 4)::integer,
       CASE WHEN i > 100 AND shop_noise(6, i) < 0.2 THEN 1 + floor((i - 1) * shop_noise(7, i))::integer END,
       shop_noise(8, i) < 0.4,
       timestamptz '2021-01-01 00:00:00+00' + i * interval '327 minutes',
       CASE WHEN shop_noise(9, i) < 0.03 THEN timestamptz '2025-06-01 00:00:00+00' + i * interval '20 minutes' END
FROM generate_series(1, 8000) AS i,
LATERAL (SELECT (ARRAY['Ana', 'Ben', 'Chloe', 'David', 'Elif', 'Farid', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Karin',
                       'Liam', 'Mia', 'Noah', 'Olga', 'Pablo', 'Rosa', 'Sven', 'Tara', 'Yuki'])
                  [1 + floor(shop_noise(10, i) * 20)::integer] AS first_name,
                (ARRAY['Anders', 'Bauer', 'Costa', 'Dubois', 'Evans', 'Fischer', 'Garcia', 'Haas', 'Ito', 'Jansen',
                       'Kowalski', 'Lopez', 'Moreau', 'Novak', 'Olsen', 'Peters', 'Rossi', 'Smith', 'Tanaka', 'Weber'])
                  [1 + floor(shop_noise(11, i) * 20)::integer] AS last_name) AS names;

INSERT INTO addresses (address_id, customer_id, kind, street, city, postal_code, country_code, is_default)
SELECT row_number() OVER (ORDER BY c.customer_id, k),
       c.customer_id,
       CASE k WHEN 1 THEN 'billing' ELSE 'shipping' END,
       (ARRAY['Main Street', 'Station Road', 'Harbour Lane', 'Mill Street', 'Park Avenue', 'Church Road'])
         [1 + floor(shop_noise(20, c.customer_id * 3 + k) * 6)::integer] || ' ' || (c.customer_id % 180 + 1),
       (ARRAY['Northport', 'Eastville', 'Westham', 'Southfield', 'Middleton', 'Lakeside', 'Hillcrest', 'Rivermouth'])
         [1 + floor(shop_noise(21, c.customer_id) * 8)::integer],
       lpad((c.customer_id * 37 % 100000)::text, 5, '0'),
       c.country_code,
       k = 1
FROM customers AS c
CROSS JOIN generate_series(1, 3) AS k
WHERE shop_noise(22, c.customer_id * 3 + k) < (ARRAY[0.95, 0.25, 0.05])[k];

INSERT INTO categories (category_id, parent_id, name, slug)
SELECT d, NULL, department, lower(department)
FROM unnest(ARRAY['Clothing', 'Home', 'Garden', 'Electronics', 'Sports', 'Books', 'Toys', 'Outlet'])
     WITH ORDINALITY AS departments (department, d);

INSERT INTO categories (category_id, parent_id, name, slug)
SELECT 8 + (d - 1) * 12 + k,
       CASE WHEN k <= 4 THEN d ELSE 8 + (d - 1) * 12 + 1 + (k - 5) % 4 END,
       parent.name || ' ' || k,
       parent.slug || '-' || k
FROM generate_series(1, 7) AS d
CROSS JOIN generate_series(1, 12) AS k
JOIN categories AS parent ON parent.category_id = d
ORDER BY 1;

INSERT INTO products (product_id, sku, name, path, category_id, brand, price, cost, weight_grams, is_active, added_on)
SELECT i,
       (ARRAY['CLO', 'HOM', 'GAR', 'ELE', 'SPO', 'BOO', 'TOY'])[1 + i % 7] || '-' || lpad((i / 10)::text, 4, '0') || '-' ||
         lpad(i::text, 5, '0'),
       adjective || ' ' || colour || ' ' || noun || ' ' || i,
       '/shop/' || lower(adjective || '-' || colour || '-' || noun) || '/item-' || lpad(i::text, 5, '0') ||
         '/product-details-delivery-and-return-information-customer-questions-and-reviews',
       CASE WHEN shop_noise(33, i) < 0.96 THEN 9 + floor(84 * shop_noise(34, i) ^ 1.5)::integer END,
       (ARRAY['Acorn', 'Boreal', 'Cinder', 'Delta', 'Ember', 'Fjord', 'Grove', 'Harbor', 'Iris', 'Juniper', 'Kestrel',
              'Lumen', 'Maple', 'Nimbus', 'Onyx', 'Pioneer', 'Quartz', 'Ridge', 'Sable', 'Terra'])
         [1 + floor(20 * shop_noise(35, i) ^ 1.8)::integer],
       -- most prices end in .99
       1 + floor(300 * shop_noise(36, i) ^ 3) + CASE WHEN shop_noise(37, i) < 0.7 THEN 0.99 ELSE 0.49 END,
       CASE WHEN shop_noise(38, i) < 0.9 THEN round((1 + 120 * shop_noise(36, i) ^ 3)::numeric, 2) END,
       CASE WHEN shop_noise(39, i) < 0.8 THEN 20 + floor(4000 * shop_noise(40, i) ^ 3)::integer END,
       shop_noise(41, i) < 0.9,
       date '2021-01-01' + (i * 3 / 5)
FROM generate_series(1, 3000) AS i,
LATERAL (SELECT (ARRAY['Classic', 'Light', 'Warm', 'Compact', 'Smart', 'Robust'])
                  [1 + floor(shop_noise(30, i) * 6)::integer] AS adjective,
                (ARRAY['blue', 'red', 'green', 'black', 'white', 'yellow', 'grey'])
                  [1 + floor(shop_noise(31, i) * 7)::integer] AS colour,
                (ARRAY['jacket', 'lamp', 'chair', 'phone', 'racket', 'novel', 'puzzle', 'tent', 'kettle'])
                  [1 + floor(shop_noise(32, i) * 9)::integer] AS noun) AS words;

INSERT INTO warehouses (warehouse_id, code, city, country_code) VALUES
  (1, 'NORTH', 'Northport', 'DE'), (2, 'EAST', 'Eastville', 'PL'), (3, 'WEST', 'Westham', 'GB'),
  (4, 'SOUTH', 'Southfield', 'ES'), (5, 'LAKE', 'Lakeside', 'US'), (6, 'SPARE', 'Hillcrest', 'IS');

-- The lines first, so that an order's total is the sum of its lines. One order in 50 has none.
CREATE TEMPORARY TABLE draft_items AS
SELECT o AS order_id,
       line AS line_number,
       product_id,
       1 + floor(6 * shop_noise(51, o * 8 + line) ^ 4)::integer AS quantity,
       p.price AS unit_price,
       CASE WHEN shop_noise(52, o * 8 + line) < 0.15 THEN round(p.price * 0.1, 2) END AS discount
FROM generate_series(1, 25000) AS o
CROSS JOIN generate_series(1, 7) AS line
CROSS JOIN LATERAL (SELECT 1 + floor(2850 * shop_noise(50, o * 8 + line) ^ 2)::integer AS product_id) AS choice
JOIN products AS p USING (product_id)
WHERE line <= floor(1 + 7 * shop_noise(53, o) ^ 4)
  AND o % 50 <> 7;
ANALYZE draft_items;
ANALYZE addresses;

INSERT INTO orders (order_id, order_number, customer_id, shipping_address_id, status, channel, coupon_code, placed_at,
                    total, note)
SELECT o,
       'SO-' || to_char(placed_at, 'YYYY') || '-' || lpad(o::text, 6, '0'),
       customer_id,
       address_id,
       CASE WHEN o > 24800 THEN 'pending'
            WHEN shop_noise(63, o) < 0.02 THEN 'returned'
            WHEN shop_noise(63, o) < 0.06 THEN 'cancelled'
            WHEN shop_noise(63, o) < 0.10 THEN 'paid'
            WHEN shop_noise(63, o) < 0.20 THEN 'shipped'
            ELSE 'delivered' END,
       (ARRAY['web', 'web', 'web', 'app', 'app', 'store', 'phone'])[1 + floor(7 * shop_noise(64, o))::integer],
       CASE WHEN shop_noise(65, o) < 0.12 THEN 'WELCOME'
            WHEN shop_noise(65, o) < 0.14 THEN 'SUMMER' || to_char(placed_at, 'YY')
            WHEN shop_noise(65, o) < 0.142 THEN 'FRIENDS' END,
       placed_at,
       COALESCE(t.total, 0),
       CASE WHEN shop_noise(66, o) < 0.1 THEN 'Please ring twice, then leave the parcel with the neighbours at number '
            || o % 40 END
FROM generate_series(1, 25000) AS o
CROSS JOIN LATERAL (
  SELECT 1 + floor(7400 * shop_noise(61, o) ^ 3)::integer AS customer_id,
         -- business grows: few orders in 2022, many in 2025; every 50th is stored together with the one before
         timestamp '2022-01-01 00:00:00'
           + floor(1461 * 86400 * sqrt((o - (o % 50 = 0)::integer) / 25001.0)) * interval '1 second' AS placed_at
) AS choice
LEFT JOIN (
  SELECT order_id, sum(quantity * unit_price - COALESCE(discount, 0)) AS total FROM draft_items GROUP BY order_id
) AS t ON t.order_id = o
LEFT JOIN (
  SELECT a.customer_id, min(a.address_id) AS address_id FROM addresses AS a GROUP BY a.customer_id
) AS home USING (customer_id);

INSERT INTO order_items (order_id, line_number, product_id, quantity, unit_price, discount)
SELECT order_id, line_number, product_id, quantity, unit_price, discount
FROM draft_items
ORDER BY order_id, line_number;

DROP TABLE draft_items;

INSERT INTO payments (payment_id, order_id, method, status, amount, attempted_at, settled_at, reference)
SELECT row_number() OVER (ORDER BY attempted_at, order_id, attempt),
       order_id, method, status, total, attempted_at,
       CASE WHEN status <> 'failed' THEN attempted_at + interval '2 hours' END,
       CASE WHEN method <> 'gift card' THEN 'P' || order_id || '-' || attempt END
FROM (
  SELECT o.order_id, attempt, o.total,
         (ARRAY['card', 'card', 'card', 'wallet', 'wallet', 'invoice', 'gift card'])
           [1 + floor(7 * shop_noise(70, o.order_id))::integer] AS method,
         -- every attempt but the last failed
         CASE WHEN attempt < attempts THEN 'failed'
              WHEN o.status = 'returned' THEN 'refunded'
              WHEN shop_noise(71, o.order_id) < 0.012 THEN 'chargeback'
              WHEN o.status = 'pending' THEN 'authorized'
              ELSE 'captured' END AS status,
         o.placed_at AT TIME ZONE 'UTC' + attempt * interval '7 minutes' AS attempted_at
  FROM orders AS o
  CROSS JOIN LATERAL (SELECT 1 + floor(4 * shop_noise(72, o.order_id) ^ 6)::integer AS attempts) AS a
  CROSS JOIN generate_series(1, 4) AS attempt
  WHERE attempt <= attempts AND o.status <> 'cancelled'
) AS attempts;

INSERT INTO shipments (shipment_id, order_id, warehouse_id, carrier, tracking_code, shipped_at, delivered_at)
SELECT row_number() OVER (ORDER BY order_id),
       order_id,
       1 + floor(5 * shop_noise(80, order_id) ^ 2)::integer,
       (ARRAY['Swift', 'Swift', 'Swift', 'Parcelly', 'Parcelly', 'Snail', 'Drone'])
         [1 + floor(6.06 * shop_noise(81, order_id))::integer],
       CASE WHEN shop_noise(82, order_id) < 0.95 THEN 'TR' || lpad((order_id * 7919 % 100000000)::text, 8, '0') END,
       placed_at + (2 + 90 * shop_noise(83, order_id) ^ 2) * interval '1 hour',
       CASE WHEN status IN ('delivered', 'returned')
            THEN placed_at + (100 + 200 * shop_noise(84, order_id) ^ 3) * interval '1 hour' END
FROM orders
WHERE status IN ('shipped', 'delivered', 'returned') AND channel <> 'store';

INSERT INTO reviews (review_id, product_id, customer_id, rating, title, body, helpful_votes, created_at)
SELECT i,
       1 + floor(2700 * shop_noise(90, i) ^ 2.5)::integer,
       1 + floor(7800 * shop_noise(91, i) ^ 1.5)::integer,
       (ARRAY[5, 5, 5, 4, 4, 3, 2, 1])[1 + floor(8 * shop_noise(92, i))::integer],
       (ARRAY['Great', 'Good value', 'As described', 'Not for me', 'Broke after a week'])
         [1 + floor(5 * shop_noise(93, i))::integer],
       CASE WHEN shop_noise(94, i) < 0.5 THEN 'I bought this for a friend and it ' ||
         (ARRAY['works very well.', 'is smaller than I thought.', 'arrived late.', 'is loved by the whole family.'])
         [1 + floor(4 * shop_noise(95, i))::integer] END,
       CASE WHEN shop_noise(96, i) < 0.3 THEN floor(40 * shop_noise(97, i) ^ 5)::integer END,
       timestamp '2022-01-01 00:00:00' + 1461 * 86400 * sqrt(i / 9001.0) * interval '1 second'
FROM generate_series(1, 9000) AS i;

INSERT INTO inventory_movements (movement_id, warehouse_id, product_id, reason, quantity, moved_at)
SELECT i,
       1 + floor(5 * shop_noise(100, i) ^ 1.5)::integer,
       1 + floor(3000 * shop_noise(101, i) ^ 2)::integer,
       (ARRAY['purchase', 'sale', 'sale', 'sale', 'return', 'loss', 'stocktake'])
         [1 + floor(7 * shop_noise(102, i))::integer],
       CASE WHEN i % 7 = 0 THEN 1 + i % 40 ELSE -1 - i % 3 END,
       timestamp '2022-01-01 00:00:00' + i * interval '140 minutes'
FROM generate_series(1, 15000) AS i;

INSERT INTO price_changes (product_id, valid_from, old_price, new_price)
SELECT product_id,
       added_on + step * 150 + (product_id % 90),
       CASE WHEN step > 0 THEN round(price * (1 + 0.05 * step), 2) END,
       round(price * (1 + 0.05 * (step - 1)), 2)
FROM products
CROSS JOIN generate_series(0, 4) AS step
WHERE shop_noise(110, product_id * 5 + step) < 0.4;

INSERT INTO sessions (session_id, customer_id, device, country_code, started_at)
SELECT i,
       CASE WHEN shop_noise(120, i) < 0.55 THEN 1 + floor(7900 * shop_noise(121, i) ^ 2)::integer END,
       (ARRAY['phone', 'phone', 'desktop', 'tablet'])[1 + floor(4 * shop_noise(122, i))::integer],
       CASE WHEN shop_noise(123, i) < 0.9
            THEN (ARRAY['DE', 'FR', 'GB', 'US', 'ES', 'IT'])[1 + floor(6 * shop_noise(124, i) ^ 1.5)::integer] END,
       timestamptz '2025-01-01 00:00:00+00' + i * interval '43 minutes'
FROM generate_series(1, 12000) AS i;

INSERT INTO page_events (event_id, session_id, product_id, kind, path, occurred_at)
SELECT e,
       session_id,
       p.product_id,
       CASE WHEN p.product_id IS NULL THEN 'search'
            WHEN shop_noise(132, e) < 0.08 THEN 'add to cart'
            WHEN shop_noise(132, e) < 0.10 THEN 'checkout'
            ELSE 'view' END,
       COALESCE(p.path, '/search?q=' || (ARRAY['jacket', 'lamp', 'chair', 'tent'])[1 + e % 4] || '&sort=price-ascending'
         || '&page=' || e % 9 || '&in=everything-in-the-shop-also-what-is-sold-out-at-the-moment'),
       timestamptz '2025-01-01 00:00:00+00' + session_id * interval '43 minutes' + (e % 29) * interval '31 seconds'
FROM generate_series(1, 70000) AS e
CROSS JOIN LATERAL (SELECT 1 + floor(12000 * shop_noise(130, e))::integer AS session_id) AS s
LEFT JOIN products AS p
  ON p.product_id = 1 + floor(2900 * shop_noise(131, e) ^ 1.7)::integer AND shop_noise(133, e) < 0.9;

DROP FUNCTION shop_noise(integer, bigint);

ANALYZE;
