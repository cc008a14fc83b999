-- Slow queries of the kinds that people really write. Each of them can be at least twice as fast.
-- Open this file with the connection embedded:?init=examples/shop/shop.sql

-- 1. Orders above what the customer usually spends
SELECT o.order_id, o.customer_id, o.total
FROM orders o
WHERE o.total > (SELECT avg(o2.total) FROM orders o2 WHERE o2.customer_id = o.customer_id)
  AND o.status <> 'cancelled';

-- 2. Chargebacks that were the last thing that happened to their order
SELECT p.payment_id, p.order_id, p.amount
FROM payments p
WHERE p.status = 'chargeback'
  AND p.attempted_at = (SELECT max(latest.attempted_at) FROM payments latest WHERE latest.order_id = p.order_id);

-- 3. Business customers in Spain who have written fewer than two reviews
SELECT c.customer_id, c.email
FROM customers c
WHERE c.country_code = 'ES'
  AND c.segment = 'business'
  -- most of them wrote none at all
  AND (SELECT count(*) FROM reviews r WHERE r.customer_id = c.customer_id) < 2;

-- 4. Orders in trouble: the money went back, or the parcel left late and never arrived
SELECT o.order_id, o.order_number, o.status
FROM orders o
WHERE o.placed_at >= '2025-12-03'
  AND (EXISTS (SELECT 1
               FROM payments p
               WHERE p.order_id = o.order_id
                 AND p.status IN ('refunded', 'chargeback')
                 AND p.amount >= o.total)
    OR EXISTS (SELECT 1
               FROM shipments s
               WHERE s.order_id = o.order_id
                 AND s.delivered_at IS NULL
                 AND s.shipped_at > o.placed_at + interval '3 days'));

-- 5. Everything of one customer, and whatever a drone carried
SELECT o.order_id, o.placed_at, o.total, count(*) AS lines, sum(i.quantity) AS pieces
FROM orders o
JOIN order_items i ON i.order_id = o.order_id
WHERE o.customer_id = 4711
   OR o.order_id IN (SELECT s.order_id FROM shipments s WHERE s.carrier = 'Drone' AND s.shipped_at < '2023-01-01')
GROUP BY o.order_id, o.placed_at, o.total;

-- 6. Product pages of one brand that nobody has looked at this year
SELECT p.product_id, p.sku, p.name
FROM products p
WHERE p.brand = 'Terra'
  AND p.path NOT IN (SELECT e.path FROM page_events e);

-- 7. One product's sales beside those of the product that replaced it
WITH sales AS (
  SELECT i.product_id,
         o.placed_at,
         o.channel,
         i.quantity,
         i.quantity * i.unit_price AS revenue
  FROM order_items i
  JOIN orders o ON o.order_id = i.order_id
)
SELECT 'old' AS product, s.channel, sum(s.quantity) AS pieces, sum(s.revenue) AS revenue
FROM sales s
WHERE s.product_id = 2301
GROUP BY s.channel
UNION ALL
SELECT 'new', s.channel, sum(s.quantity), sum(s.revenue)
FROM sales s
WHERE s.product_id = 2302
GROUP BY s.channel;

-- 8. Orders of a month
SELECT count(*) AS orders, sum(total) AS revenue
FROM orders
WHERE date_trunc('month', placed_at) = '2023-02-01';

-- 9. Orders of Black Friday
SELECT o.order_id, o.customer_id, o.total
FROM orders o
WHERE o.placed_at::date = DATE '2024-11-29'
ORDER BY o.total DESC;

-- 10. Orders of the first year, by channel
SELECT o.channel, count(*) AS orders
FROM orders o
WHERE EXTRACT(YEAR FROM o.placed_at) = 2022
GROUP BY o.channel;

-- 11. Parcels that left in May 2022, by carrier
SELECT s.carrier, count(*) AS parcels
FROM shipments s
WHERE to_char(s.shipped_at, 'YYYY-MM') = '2022-05'
GROUP BY s.carrier;

-- 12. What happened in the shop's last six hours
SELECT e.kind, count(*) AS events
FROM page_events e
WHERE e.occurred_at + interval '6 hours' > timestamptz '2025-12-25 08:00:00+00'
GROUP BY e.kind;

-- 13. Payments of an amount in cents, as the bank writes it
SELECT *
FROM payments p
WHERE p.amount * 100 = 4198;

-- 14. Orders whose number begins as the customer remembers it
SELECT o.order_id, o.order_number, o.status
FROM orders o
WHERE left(o.order_number, 12) = 'SO-2024-0123';

-- 15. Page 1,001 of the order list
SELECT o.order_id,
       o.order_number,
       o.placed_at,
       c.full_name,
       c.email,
       a.city,
       o.total
FROM orders o
JOIN customers c ON c.customer_id = o.customer_id
LEFT JOIN addresses a ON a.address_id = o.shipping_address_id
ORDER BY o.placed_at DESC, o.order_id DESC
LIMIT 20 OFFSET 20000;

-- 16. Countries that have ever ordered
SELECT k.country_code, k.name
FROM countries k
WHERE (SELECT count(*)
       FROM customers c
       JOIN orders o ON o.customer_id = c.customer_id
       WHERE c.country_code = k.country_code) > 0;

-- 17. Traffic of two quarters, by kind
SELECT t.kind, count(*) AS events
FROM (
  SELECT e.event_id, e.kind, e.path, e.occurred_at
  FROM page_events e
  WHERE e.occurred_at < '2025-04-01 00:00:00+00'
  UNION
  SELECT e.event_id, e.kind, e.path, e.occurred_at
  FROM page_events e
  WHERE e.occurred_at >= '2025-10-01 00:00:00+00'
) t
GROUP BY t.kind;

-- 18. Number of rows of a list, for its pager; DISTINCT "to be safe"
SELECT count(*) AS entries
FROM (
  SELECT DISTINCT i.order_id, i.line_number, i.quantity, i.unit_price, p.sku, p.name, p.path
  FROM order_items i
  JOIN products p ON p.product_id = i.product_id
) list;

-- 19. Somebody calls and knows either the e-mail address or the number of the order
SELECT c.customer_id, c.full_name, o.order_id, o.status
FROM customers c
JOIN orders o ON o.customer_id = c.customer_id
WHERE c.email = 'ana.smith1204@example.com'
   OR o.order_number = 'SO-2024-012345';

-- 20. Spending of the customers in Liechtenstein
SELECT o.customer_id, count(*) AS orders, sum(o.total) AS spent
FROM orders o
GROUP BY o.customer_id
HAVING o.customer_id IN (SELECT c.customer_id FROM customers c WHERE c.country_code = 'LI');

-- 21. Very important customers with what they wrote and clicked
SELECT c.customer_id,
       c.full_name,
       (SELECT count(*) FROM reviews r WHERE r.customer_id = c.customer_id) AS reviews,
       (SELECT max(r.created_at) FROM reviews r WHERE r.customer_id = c.customer_id) AS last_review,
       (SELECT count(*) FROM sessions s WHERE s.customer_id = c.customer_id) AS sessions
FROM customers c
WHERE c.segment = 'vip';

-- 22. The three last movements of each warehouse
SELECT m.warehouse_id, m.movement_id, m.product_id, m.quantity, m.moved_at
FROM (
  SELECT im.*,
         row_number() OVER (PARTITION BY im.warehouse_id ORDER BY im.moved_at DESC, im.movement_id DESC) AS rn
  FROM inventory_movements im
) m
WHERE m.rn <= 3;

-- 23. An order whose number somebody typed into a search field
SELECT o.order_id, o.status, o.total
FROM orders o
WHERE o.order_id::text = '20417';

-- 24. Customers in Iceland with orders; the join condition was forgotten and DISTINCT hides it
SELECT DISTINCT c.customer_id, c.email
FROM customers c, orders o
WHERE c.country_code = 'IS';

-- 25. Number of events; the subquery came from a report that sorted
SELECT count(*) AS events
FROM (
  SELECT e.event_id, e.path, e.occurred_at
  FROM page_events e
  ORDER BY e.path, e.occurred_at DESC
) e;

-- 26. Orders with a coupon, where "none" stands for no coupon
SELECT o.order_id, o.customer_id, o.total
FROM orders o
WHERE COALESCE(o.coupon_code, 'none') = 'SUMMER22';

-- 27. The next page after a known row
SELECT o.order_id, o.placed_at, o.total
FROM orders o
WHERE o.placed_at < '2023-01-10 12:00:00'
   OR (o.placed_at = '2023-01-10 12:00:00' AND o.order_id < 1650)
ORDER BY o.placed_at DESC, o.order_id DESC
LIMIT 20;

-- 28. Orders larger than every order of the shops' tills in 2022
SELECT o.order_id, o.total
FROM orders o
WHERE o.total > ALL (SELECT s.total FROM orders s WHERE s.channel = 'store' AND s.placed_at < '2022-07-01');

-- 29. Last orders with the value of their lines
SELECT o.order_id, o.order_number, t.lines, t.value
FROM orders o
JOIN (
  SELECT i.order_id, count(*) AS lines, sum(i.quantity * i.unit_price) AS value
  FROM order_items i
  GROUP BY i.order_id
) t ON t.order_id = o.order_id
WHERE o.order_id > 24700;

-- 30. Each order with what its customer had spent until then
SELECT o.order_id,
       o.customer_id,
       (SELECT sum(before.total)
        FROM orders before
        WHERE before.customer_id = o.customer_id
          AND before.order_id <= o.order_id) AS spent_until_then
FROM orders o;

-- 31. The shop's news: what was ordered, reviewed and sent last
SELECT news.at, news.what, news.who
FROM (
  SELECT o.placed_at AS at, 'order' AS what, c.full_name AS who, o.order_id AS id
  FROM orders o
  JOIN customers c ON c.customer_id = o.customer_id
  UNION ALL
  SELECT r.created_at, 'review', c.full_name, r.review_id
  FROM reviews r
  JOIN customers c ON c.customer_id = r.customer_id
  UNION ALL
  SELECT s.shipped_at, 'parcel', s.carrier, s.shipment_id
  FROM shipments s
) news
ORDER BY news.at DESC, news.what, news.id
LIMIT 20;

-- 32. How many different pages were visited, by kind of visit
SELECT e.kind, count(DISTINCT e.path) AS pages
FROM page_events e
GROUP BY e.kind;

-- 33. Pieces sold per product; every table was joined because "it belongs to it"
SELECT i.product_id, sum(i.quantity) AS pieces
FROM order_items i
JOIN orders o ON o.order_id = i.order_id
JOIN customers c ON c.customer_id = o.customer_id
JOIN products p ON p.product_id = i.product_id
GROUP BY i.product_id;

-- 34. Number of customers; the joins are left over from an older report
SELECT count(*) AS customers
FROM (
  SELECT DISTINCT c.customer_id, c.email, c.full_name
  FROM customers c
  LEFT JOIN orders o ON o.customer_id = c.customer_id
  LEFT JOIN sessions s ON s.customer_id = c.customer_id
) people;

-- 35. What visitors did with jackets
SELECT steps.step, count(*) AS events
FROM (
  SELECT 'looked' AS step FROM page_events e WHERE e.path ILIKE '%jacket%' AND e.kind = 'view'
  UNION ALL
  SELECT 'searched' FROM page_events e WHERE e.path ILIKE '%jacket%' AND e.kind = 'search'
  UNION ALL
  SELECT 'wanted' FROM page_events e WHERE e.path ILIKE '%jacket%' AND e.kind = 'add to cart'
  UNION ALL
  SELECT 'bought' FROM page_events e WHERE e.path ILIKE '%jacket%' AND e.kind = 'checkout'
) steps
GROUP BY steps.step;
