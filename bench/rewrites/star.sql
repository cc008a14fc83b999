-- Analytics over the star schema. Each statement stands below its title.

-- # Revenue of one month, by a function on the time stamp
SELECT count(*) AS sales, sum(amount) AS revenue
FROM fact_sales
WHERE date_trunc('month', sold_at) = DATE '2023-05-01';

-- # Revenue of one year by month
SELECT extract(month FROM s.sold_at) AS month, sum(s.amount) AS revenue
FROM fact_sales s
WHERE extract(year FROM s.sold_at) = 2022
GROUP BY extract(month FROM s.sold_at)
ORDER BY 1;

-- # What was sold on one day
SELECT s.sale_id, s.amount
FROM fact_sales s
WHERE s.sold_at::date = DATE '2024-03-14' AND s.channel = 'web';

-- # Sales of a month picked by its text
SELECT p.category, sum(s.amount) AS revenue
FROM fact_sales s
JOIN dim_product p ON p.product_key = s.product_key
WHERE to_char(s.sold_at, 'YYYY-MM') = '2024-02'
GROUP BY p.category;

-- # Sales above the average of their product, in one quarter
SELECT s.sale_id, s.product_key, s.amount
FROM fact_sales s
WHERE s.sold_at >= '2024-10-01'
  AND s.amount > (SELECT avg(x.amount) FROM fact_sales x WHERE x.product_key = s.product_key);

-- # Products with their number of sales and their last sale
SELECT p.product_key, p.name,
       (SELECT count(*) FROM fact_sales s WHERE s.product_key = p.product_key) AS sales,
       (SELECT max(s.sold_at) FROM fact_sales s WHERE s.product_key = p.product_key) AS last_sale
FROM dim_product p
WHERE p.category = 'Category 7';

-- # Customers who returned something, each once
SELECT DISTINCT c.customer_key, c.email
FROM dim_customer c
JOIN fact_sales s ON s.customer_key = c.customer_key
JOIN fact_returns r ON r.sale_id = s.sale_id
WHERE c.country = 'SE';

-- # Customers who never bought anything
SELECT c.customer_key, c.email
FROM dim_customer c
WHERE c.customer_key NOT IN (SELECT s.customer_key FROM fact_sales s WHERE s.date_key >= 20230101);

-- # Products never returned
SELECT p.sku
FROM dim_product p
WHERE NOT EXISTS (
  SELECT 1 FROM fact_sales s JOIN fact_returns r ON r.sale_id = s.sale_id WHERE s.product_key = p.product_key
);

-- # Stores that sold more than any online store
SELECT t.store_key, t.revenue
FROM (SELECT store_key, sum(amount) AS revenue FROM fact_sales GROUP BY store_key) t
WHERE t.revenue > ALL (
  SELECT sum(s.amount) FROM fact_sales s JOIN dim_store d ON d.store_key = s.store_key
  WHERE d.region = 'Online' GROUP BY s.store_key
);

-- # Revenue per region and year of the last two years
SELECT d.year, st.region, sum(s.amount) AS revenue
FROM fact_sales s
JOIN dim_date d ON d.date_key = s.date_key
JOIN dim_store st ON st.store_key = s.store_key
WHERE d.year IN (2023, 2024)
GROUP BY d.year, st.region
ORDER BY d.year, revenue DESC;

-- # Revenue per brand with the customer joined for nothing
SELECT p.brand, sum(s.amount) AS revenue
FROM fact_sales s
JOIN dim_product p ON p.product_key = s.product_key
JOIN dim_customer c ON c.customer_key = s.customer_key
JOIN dim_store st ON st.store_key = s.store_key
GROUP BY p.brand;

-- # Key figures of a dashboard, one subquery each
SELECT
  (SELECT count(*) FROM fact_sales WHERE channel = 'web') AS web_sales,
  (SELECT sum(amount) FROM fact_sales WHERE channel = 'web') AS web_revenue,
  (SELECT count(*) FROM fact_sales WHERE channel = 'app') AS app_sales,
  (SELECT sum(amount) FROM fact_sales WHERE channel = 'app') AS app_revenue,
  (SELECT avg(amount) FROM fact_sales WHERE discount IS NOT NULL) AS discounted;

-- # Revenue by channel and in total
SELECT channel, sum(amount) AS revenue FROM fact_sales GROUP BY channel
UNION ALL
SELECT NULL, sum(amount) FROM fact_sales;

-- # Latest sale of each store
SELECT s.*
FROM fact_sales s
JOIN (SELECT store_key, max(sold_at) AS last_sold FROM fact_sales GROUP BY store_key) l
  ON l.store_key = s.store_key AND l.last_sold = s.sold_at;

-- # Three best sales of each store in December
SELECT store_key, sale_id, amount
FROM (
  SELECT s.store_key, s.sale_id, s.amount, row_number() OVER (PARTITION BY s.store_key ORDER BY s.amount DESC, s.sale_id) AS place
  FROM fact_sales s
  WHERE s.sold_at >= '2024-12-01'
) ranked
WHERE place <= 3;

-- # Growth against the year before, from one common table
WITH yearly AS (
  SELECT d.year, s.store_key, sum(s.amount) AS revenue
  FROM fact_sales s JOIN dim_date d ON d.date_key = s.date_key
  GROUP BY d.year, s.store_key
)
SELECT cur.store_key, cur.revenue, prev.revenue AS before
FROM yearly cur
JOIN yearly prev ON prev.store_key = cur.store_key AND prev.year = cur.year - 1
WHERE cur.year = 2024 AND prev.year = 2023;

-- # Channel comparison with a tagged union
WITH totals AS (
  SELECT 's' AS kind, customer_key, sum(amount) AS total FROM fact_sales WHERE channel = 'store' GROUP BY customer_key
  UNION ALL
  SELECT 'w' AS kind, customer_key, sum(amount) AS total FROM fact_sales WHERE channel = 'web' GROUP BY customer_key
)
SELECT a.customer_key, a.total AS in_store, b.total AS on_web
FROM totals a, totals b
WHERE a.kind = 's' AND b.kind = 'w' AND a.customer_key = b.customer_key AND b.total > 3 * a.total;

-- # Customers above the average of their country
WITH spent AS (
  SELECT c.customer_key, c.country, sum(s.amount) AS total
  FROM dim_customer c JOIN fact_sales s ON s.customer_key = c.customer_key
  WHERE s.date_key BETWEEN 20240101 AND 20241231
  GROUP BY c.customer_key, c.country
)
SELECT a.customer_key, a.total
FROM spent a
WHERE a.total > 1.2 * (SELECT avg(b.total) FROM spent b WHERE b.country = a.country);

-- # One customer's revenue out of a grouped view
SELECT v.customer_key, v.revenue
FROM (SELECT customer_key, sum(amount) AS revenue, count(*) AS sales FROM fact_sales GROUP BY customer_key) v
JOIN dim_customer c ON c.customer_key = v.customer_key
WHERE c.email = 'customer77@example.com';

-- # Running total of a store's sales in one month
SELECT s.sale_id, s.sold_at,
       (SELECT sum(x.amount) FROM fact_sales x
        WHERE x.store_key = s.store_key AND x.sold_at <= s.sold_at AND x.sold_at >= '2024-06-01' AND x.sold_at < '2024-07-01') AS running
FROM fact_sales s
WHERE s.store_key = 9 AND s.sold_at >= '2024-06-01' AND s.sold_at < '2024-07-01'
ORDER BY s.sold_at;

-- # Number of different customers
SELECT count(DISTINCT customer_key) AS customers FROM fact_sales WHERE date_key >= 20240101;

-- # Which channels there are
SELECT DISTINCT store_key FROM fact_sales;

-- # Sales in a promotion or of expensive products
SELECT s.sale_id, s.amount
FROM fact_sales s
JOIN dim_product p ON p.product_key = s.product_key
WHERE s.sale_id = 4711 OR p.sku = 'SKU0000042';

-- # Store customers who also buy on the web
SELECT customer_key FROM fact_sales WHERE channel = 'phone' AND date_key >= 20240601
INTERSECT
SELECT customer_key FROM fact_sales WHERE channel = 'web' AND date_key >= 20240601;

-- # Customers of 2022 who did not come back
SELECT customer_key FROM fact_sales WHERE date_key BETWEEN 20220101 AND 20221231
EXCEPT
SELECT customer_key FROM fact_sales WHERE date_key >= 20230101;

-- # All customers of two channels
SELECT s.sale_id, s.customer_key FROM fact_sales s WHERE s.channel = 'web' AND s.sold_at >= '2024-11-01'
UNION
SELECT s.sale_id, s.customer_key FROM fact_sales s WHERE s.channel = 'app' AND s.sold_at >= '2024-11-01';

-- # Big stores by a having that could be a where
SELECT s.store_key, count(*) AS sales
FROM fact_sales s
GROUP BY s.store_key
HAVING s.store_key BETWEEN 10 AND 20;

-- # Inventory against sales of the same product and store
SELECT i.store_key, i.product_key, i.on_hand,
       (SELECT coalesce(sum(s.quantity), 0) FROM fact_sales s
        WHERE s.store_key = i.store_key AND s.product_key = i.product_key AND s.date_key >= 20241201) AS sold
FROM fact_inventory i
WHERE i.date_key = 20241215;

-- # Products with a price gap between sales
SELECT DISTINCT p.product_key
FROM dim_product p
JOIN fact_sales s ON s.product_key = p.product_key
WHERE p.brand = 'Brand 12' AND s.unit_price > p.list_price * 2;

-- # Average basket by segment and holiday
SELECT c.segment, d.is_holiday, avg(s.amount) AS average
FROM fact_sales s
JOIN dim_customer c ON c.customer_key = s.customer_key
JOIN dim_date d ON d.date_key = s.date_key
WHERE d.year = 2024
GROUP BY c.segment, d.is_holiday;

-- # Count of a sorted subquery
SELECT count(*) FROM (
  SELECT s.sale_id, s.amount FROM fact_sales s WHERE s.quantity > 3 ORDER BY s.amount DESC
) AS big;

-- # Share of each channel in its year, by window
SELECT year, channel, revenue, revenue / sum(revenue) OVER (PARTITION BY year) AS share
FROM (
  SELECT d.year, s.channel, sum(s.amount) AS revenue
  FROM fact_sales s JOIN dim_date d ON d.date_key = s.date_key
  GROUP BY d.year, s.channel
) AS x;

-- # First sale of each product by a lateral join
SELECT p.product_key, f.sold_at
FROM dim_product p
CROSS JOIN LATERAL (SELECT s.sold_at FROM fact_sales s WHERE s.product_key = p.product_key ORDER BY s.sold_at LIMIT 1) f
WHERE p.category = 'Category 3';

-- # Promotions that were used, with their revenue
SELECT pr.name, t.revenue
FROM dim_promotion pr
LEFT JOIN (SELECT promotion_key, sum(amount) AS revenue FROM fact_sales GROUP BY promotion_key) t
  ON t.promotion_key = pr.promotion_key
WHERE t.revenue > 10000;

-- # Top ten customers of all time
SELECT c.customer_key, c.email, sum(s.amount) AS total
FROM dim_customer c JOIN fact_sales s ON s.customer_key = c.customer_key
GROUP BY c.customer_key, c.email
ORDER BY total DESC
LIMIT 10;
