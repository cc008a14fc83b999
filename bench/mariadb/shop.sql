-- What MariaDB plans badly, as people write it. Each statement stands below its title.

-- # Orders above the average of their customer
SELECT o.id, o.total
FROM orders o
WHERE o.total > (SELECT avg(x.total) FROM orders x WHERE x.customer_id = o.customer_id);

-- # Events above the average of their customer, without a key
SELECT e.id
FROM events e
WHERE e.kind = 'cart' AND e.value > (SELECT avg(x.value) FROM events x WHERE x.customer_id = e.customer_id);

-- # Customers with at least one cancelled order, by counting
SELECT c.id, c.email
FROM customers c
WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id AND o.status = 'cancelled') > 0;

-- # Customers who searched, by counting, without a key
SELECT c.id
FROM customers c
WHERE (SELECT count(*) FROM events e WHERE e.customer_id = c.id AND e.kind = 'search') > 0;

-- # Spending per customer from a derived table, for one country
SELECT c.id, t.spent
FROM customers c
JOIN (SELECT o.customer_id, sum(o.total) AS spent FROM orders o GROUP BY o.customer_id) t ON t.customer_id = c.id
WHERE c.country = 'JP' AND c.id < 50;

-- # Key figures of each customer of a country, one subquery each
SELECT c.id,
       (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS orders,
       (SELECT sum(o.total) FROM orders o WHERE o.customer_id = c.id) AS spent,
       (SELECT max(o.placed_at) FROM orders o WHERE o.customer_id = c.id) AS latest
FROM customers c
WHERE c.country = 'DE';

-- # Key figures of a dashboard, one subquery each
SELECT (SELECT count(*) FROM events WHERE kind = 'view') AS views,
       (SELECT count(*) FROM events WHERE kind = 'cart') AS carts,
       (SELECT count(*) FROM events WHERE kind = 'search') AS searches;

-- # Orders of a coupon or of a day: OR over two tables
SELECT o.id
FROM orders o
JOIN customers c ON c.id = o.customer_id
WHERE o.coupon = 'C7' OR c.email = 'user512@example.org';

-- # Orders of a coupon or a customer: OR over two indexes
SELECT o.id, o.total
FROM orders o
WHERE o.coupon = 'C7' OR o.customer_id = 7;

-- # Orders of one day by a function
SELECT o.id, o.total FROM orders o WHERE date(o.placed_at) = '2021-05-03';

-- # Orders of one year by a function
SELECT count(*), sum(o.total) FROM orders o WHERE year(o.placed_at) = 2021;

-- # Orders of a month by its text
SELECT o.id FROM orders o WHERE date_format(o.placed_at, '%Y-%m') = '2021-05';

-- # A page far down the list
SELECT o.id, o.customer_id, o.total, o.note
FROM orders o
ORDER BY o.placed_at DESC, o.id DESC
LIMIT 25 OFFSET 8000;

-- # The next page after the last one seen
SELECT o.id, o.placed_at
FROM orders o
WHERE o.placed_at < '2021-03-01' OR (o.placed_at = '2021-03-01' AND o.id < 500)
ORDER BY o.placed_at DESC, o.id DESC
LIMIT 25;

-- # Latest order of each customer
SELECT o.id, o.customer_id, o.total
FROM orders o
WHERE o.placed_at = (SELECT max(x.placed_at) FROM orders x WHERE x.customer_id = o.customer_id);

-- # Customers without an event, by an outer join
SELECT c.id
FROM customers c
LEFT JOIN events e ON e.customer_id = c.id
WHERE e.id IS NULL;

-- # Customers with returned lines, each once
SELECT DISTINCT c.id, c.name
FROM customers c
JOIN orders o ON o.customer_id = c.id
JOIN order_items i ON i.order_id = o.id
WHERE i.returned = 1;

-- # Customers of two countries, united
SELECT id, name FROM customers WHERE country = 'DE'
UNION
SELECT id, name FROM customers WHERE country = 'FR';

-- # Orders of active customers, all columns counted over a sorted list
SELECT count(*) FROM (SELECT o.id, o.total, o.note FROM orders o ORDER BY o.total, o.note) t;

-- # Products never ordered in quantity, by NOT IN
SELECT p.id, p.sku
FROM products p
WHERE p.id NOT IN (SELECT i.product_id FROM order_items i WHERE i.quantity > 7);
