-- Transactional work and reports over the normalized shop. Each statement stands below its title.

-- # Customers with a cancelled order, each once
SELECT DISTINCT c.id, c.email
FROM customers c
JOIN orders o ON o.customer_id = c.id
WHERE o.status = 'cancelled';

-- # Customers with their number of orders, tickets and their spending
SELECT c.id, c.name,
       (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS orders,
       (SELECT coalesce(sum(o.total), 0) FROM orders o WHERE o.customer_id = c.id) AS spent,
       (SELECT count(*) FROM tickets t WHERE t.customer_id = c.id) AS tickets
FROM customers c
WHERE c.country = 'JP';

-- # Orders above the average of their customer
SELECT o.id, o.total
FROM orders o
WHERE o.total > (SELECT avg(x.total) FROM orders x WHERE x.customer_id = o.customer_id)
  AND o.status = 'paid';

-- # Customers who have at least one open ticket
SELECT c.id, c.email
FROM customers c
WHERE (SELECT count(*) FROM tickets t WHERE t.customer_id = c.id AND t.status = 'open') > 0;

-- # Customers without orders this year
SELECT c.id
FROM customers c
LEFT JOIN orders o ON o.customer_id = c.id AND o.placed_at >= '2024-01-01'
WHERE o.id IS NULL AND c.status = 'active';

-- # Orders whose product list has a returned line
SELECT o.id, o.placed_at
FROM orders o
WHERE o.id IN (SELECT i.order_id FROM order_items i WHERE i.returned)
  AND o.placed_at >= '2024-06-01';

-- # Orders without a payment
SELECT o.id FROM orders o WHERE o.id NOT IN (SELECT p.order_id FROM payments p);

-- # Open orders of a customer found by mail in capitals
SELECT o.id, o.total FROM orders o JOIN customers c ON c.id = o.customer_id
WHERE lower(c.email) = 'user512@example.org' AND o.status = 'new';

-- # Page 4,000 of the order list
SELECT o.id, o.customer_id, o.placed_at, o.total, o.note
FROM orders o
ORDER BY o.placed_at DESC, o.id DESC
LIMIT 25 OFFSET 100000;

-- # Next page by the last one seen
SELECT o.id, o.placed_at, o.total
FROM orders o
WHERE o.placed_at < '2023-03-01' OR (o.placed_at = '2023-03-01' AND o.id < 500000)
ORDER BY o.placed_at DESC, o.id DESC
LIMIT 25;

-- # Latest order of each customer, joined with the customer
SELECT c.id, c.name, o.id AS order_id, o.placed_at
FROM customers c
JOIN orders o ON o.customer_id = c.id
WHERE o.placed_at = (SELECT max(x.placed_at) FROM orders x WHERE x.customer_id = c.id)
  AND c.country = 'FR';

-- # Latest event of each customer
SELECT DISTINCT ON (e.customer_id) e.customer_id, e.kind, e.at
FROM events e
ORDER BY e.customer_id, e.at DESC;

-- # Latest event of each customer by rank
SELECT customer_id, kind, at
FROM (SELECT e.customer_id, e.kind, e.at, row_number() OVER (PARTITION BY e.customer_id ORDER BY e.at DESC) AS rn FROM events e) r
WHERE rn = 1;

-- # Events of the last day, found through an interval on the column
SELECT count(*) FROM events e WHERE e.at + interval '1 day' > timestamp '2024-12-25';

-- # Logins on one day
SELECT e.customer_id, count(*) AS logins FROM events e
WHERE date(e.at) = '2024-08-08' AND e.kind = 'login'
GROUP BY e.customer_id;

-- # Sales of the orders of a week, by text
SELECT o.status, count(*) FROM orders o WHERE to_char(o.placed_at, 'YYYY-MM-DD') BETWEEN '2024-02-05' AND '2024-02-11' GROUP BY o.status;

-- # Products by the beginning of their number
SELECT p.id, p.title FROM products p WHERE left(p.sku, 4) = 'P000';

-- # Order lines with product names that nobody reads
SELECT i.order_id, i.quantity * i.price AS value
FROM order_items i
JOIN products p ON p.id = i.product_id
JOIN orders o ON o.id = i.order_id
LEFT JOIN customers c ON c.id = o.customer_id
WHERE o.placed_at >= '2024-11-01';

-- # Order count with joins for nothing
SELECT count(*)
FROM orders o
JOIN customers c ON c.id = o.customer_id
LEFT JOIN customers r ON r.id = c.referred_by;

-- # Orders by number or by the customer's mail
SELECT o.id, o.total FROM orders o JOIN customers c ON c.id = o.customer_id
WHERE o.id = 4711 OR c.email = 'user99@example.org';

-- # Orders with a note, or that have a ticket
SELECT o.id FROM orders o
WHERE o.coupon = 'C7' OR EXISTS (SELECT 1 FROM tickets t WHERE t.order_id = o.id AND t.priority = 5);

-- # Newest orders and payments in one feed
SELECT id, at, what FROM (
  SELECT o.id, o.placed_at AS at, 'order' AS what FROM orders o
  UNION ALL
  SELECT p.id, p.paid_at, 'payment' FROM payments p
) feed
ORDER BY at DESC, id DESC, what
LIMIT 20;

-- # Revenue by customer with a materialized table of paid orders
WITH paid AS MATERIALIZED (
  SELECT o.id, o.customer_id, o.total, o.placed_at FROM orders o WHERE o.status IN ('paid', 'shipped')
)
SELECT p.id, p.total FROM paid p WHERE p.customer_id = 1234;

-- # Orders of customers who were referred and pay by card
SELECT o.id, o.total
FROM orders o
WHERE o.customer_id IN (SELECT c.id FROM customers c WHERE c.referred_by IS NOT NULL AND c.status = 'closed')
  AND EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id AND p.method = 'card' AND p.refunded);

-- # Sum of items per order beside the order's total
SELECT o.id, o.total, t.value
FROM orders o
JOIN (SELECT i.order_id, sum(i.quantity * i.price) AS value FROM order_items i GROUP BY i.order_id) t ON t.order_id = o.id
WHERE o.placed_at >= '2024-12-01';

-- # Best customers of a country with items and payments
SELECT c.id, sum(i.quantity) AS pieces
FROM customers c
JOIN orders o ON o.customer_id = c.id
JOIN order_items i ON i.order_id = o.id
WHERE c.country = 'GB' AND o.status = 'shipped'
GROUP BY c.id
ORDER BY pieces DESC
LIMIT 20;

-- # Products that were never sold
SELECT p.id FROM products p WHERE (SELECT count(*) FROM order_items i WHERE i.product_id = p.id) = 0;

-- # Products whose price is the highest of their category
SELECT p.id, p.category, p.price FROM products p
WHERE p.price >= ALL (SELECT q.price FROM products q WHERE q.category = p.category);

-- # Customers who bought the dearest product
SELECT DISTINCT o.customer_id
FROM orders o JOIN order_items i ON i.order_id = o.id
WHERE i.product_id = (SELECT id FROM products ORDER BY price DESC, id LIMIT 1);

-- # Tickets by priority, each counted on its own
SELECT
  (SELECT count(*) FROM tickets WHERE priority = 1) AS p1,
  (SELECT count(*) FROM tickets WHERE priority = 2) AS p2,
  (SELECT count(*) FROM tickets WHERE priority = 3) AS p3,
  (SELECT count(*) FROM tickets WHERE priority = 4) AS p4,
  (SELECT count(*) FROM tickets WHERE priority = 5) AS p5,
  (SELECT count(*) FROM tickets) AS tickets;

-- # Tickets of the busiest customers
SELECT t.customer_id, count(*) AS n FROM tickets t
GROUP BY t.customer_id HAVING count(*) > (SELECT 3 * count(*) / count(DISTINCT customer_id) FROM tickets);

-- # Repeat orders on the same day
SELECT a.id, b.id AS other
FROM orders a JOIN orders b ON b.customer_id = a.customer_id AND b.id > a.id AND b.placed_at - a.placed_at < interval '1 hour'
WHERE a.placed_at >= '2024-06-01';

-- # Customers and suppliers who did something in March
SELECT customer_id FROM orders WHERE placed_at >= '2024-03-01' AND placed_at < '2024-04-01'
UNION
SELECT customer_id FROM tickets WHERE opened_at >= '2024-03-01' AND opened_at < '2024-04-01';

-- # Customers with a status that is not set to closed
SELECT c.id FROM customers c WHERE coalesce(c.status, 'active') = 'paused' AND c.created_at >= '2024-01-01';

-- # Payment of a known order
SELECT p.amount, p.paid_at FROM payments p JOIN orders o ON o.id = p.order_id WHERE o.id = 77777;

-- # Funnel of one month: viewed, put into the cart, ordered
SELECT count(DISTINCT v.customer_id) AS viewers,
       count(DISTINCT CASE WHEN EXISTS (SELECT 1 FROM events k WHERE k.customer_id = v.customer_id AND k.kind = 'cart'
         AND k.at >= '2024-09-01' AND k.at < '2024-10-01') THEN v.customer_id END) AS carts
FROM events v
WHERE v.kind = 'view' AND v.at >= '2024-09-01' AND v.at < '2024-10-01';

-- # Hours between orders of one customer
SELECT o.id, o.placed_at - (SELECT max(p.placed_at) FROM orders p WHERE p.customer_id = o.customer_id AND p.placed_at < o.placed_at) AS since
FROM orders o
WHERE o.customer_id BETWEEN 100 AND 400;

-- # Events by device with unknown ones named
SELECT coalesce(e.device, 'unknown') AS device, count(*) FROM events e WHERE e.at >= '2024-12-01' GROUP BY 1;

-- # Value of events, doubled, above a bound
SELECT e.id FROM events e WHERE e.id * 2 = 200000;

-- # Orders sorted for a list, then counted
SELECT status, count(*) FROM (SELECT * FROM orders ORDER BY placed_at DESC) o GROUP BY status;
