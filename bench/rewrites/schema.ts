/** The two databases of the rewrite benchmark: a star schema and a normalized shop with tickets and events. */

export interface Sizes {
  /** rows of the star's largest table; the other tables follow */
  readonly sales: number;
  /** rows of the shop's order items */
  readonly items: number;
}

/** Rows at scale 1: what the committed report is made with. */
export const FULL: Sizes = { sales: 3_000_000, items: 3_000_000 };

export function sizesAt(scale: number): Sizes {
  return { sales: Math.round(FULL.sales * scale), items: Math.round(FULL.items * scale) };
}

/** Statements that create and fill the star schema, for PostgreSQL. The same sizes give the same rows. */
export function starStatements({ sales }: Sizes): string[] {
  const customers = Math.round(sales / 15);
  const products = Math.max(200, Math.round(sales / 150));
  return [
    'SELECT setseed(0.42)',
    `CREATE TABLE dim_date (
      date_key int PRIMARY KEY, day date NOT NULL UNIQUE, year int NOT NULL, quarter int NOT NULL, month int NOT NULL,
      weekday int NOT NULL, is_holiday boolean NOT NULL)`,
    `INSERT INTO dim_date SELECT to_char(d, 'YYYYMMDD')::int, d, extract(year FROM d), extract(quarter FROM d),
      extract(month FROM d), extract(isodow FROM d), extract(doy FROM d) IN (1, 121, 359, 360)
      FROM generate_series(date '2020-01-01', date '2024-12-31', interval '1 day') AS d`,
    `CREATE TABLE dim_store (
      store_key int PRIMARY KEY, code text NOT NULL UNIQUE, name text NOT NULL, city text NOT NULL, region text NOT NULL,
      opened date NOT NULL, closed date, square_meters int)`,
    `INSERT INTO dim_store SELECT g, 'S' || lpad(g::text, 4, '0'), 'Store ' || g, 'City ' || g % 60,
      (ARRAY['North', 'South', 'East', 'West', 'Online'])[1 + g % 5], date '2005-01-01' + g * 20,
      CASE WHEN g % 17 = 0 THEN date '2023-06-30' END, CASE WHEN g % 9 > 0 THEN 200 + g * 7 % 3000 END
      FROM generate_series(1, 240) AS g`,
    `CREATE TABLE dim_product (
      product_key int PRIMARY KEY, sku text NOT NULL UNIQUE, name text NOT NULL, brand text NOT NULL,
      category text NOT NULL, list_price numeric(10,2) NOT NULL, discontinued_on date)`,
    `INSERT INTO dim_product SELECT g, 'SKU' || lpad(g::text, 7, '0'), 'Product ' || g, 'Brand ' || g % 180,
      'Category ' || g % 24, 1 + (random() * 400)::numeric(10,2), CASE WHEN g % 11 = 0 THEN date '2022-01-01' + g % 900 END
      FROM generate_series(1, ${products}) AS g`,
    `CREATE TABLE dim_customer (
      customer_key int PRIMARY KEY, email text NOT NULL UNIQUE, segment text NOT NULL, country text NOT NULL,
      joined date NOT NULL, birth_year int)`,
    `INSERT INTO dim_customer SELECT g, 'customer' || g || '@example.com',
      (ARRAY['Consumer', 'Consumer', 'Consumer', 'Small business', 'Enterprise'])[1 + (random() * 4)::int],
      (ARRAY['DE', 'FR', 'US', 'GB', 'JP', 'BR', 'IN', 'SE'])[1 + (random() * 7)::int], date '2015-01-01' + (random() * 3600)::int,
      CASE WHEN random() < 0.8 THEN 1940 + (random() * 65)::int END
      FROM generate_series(1, ${customers}) AS g`,
    `CREATE TABLE dim_promotion (
      promotion_key int PRIMARY KEY, name text NOT NULL, kind text NOT NULL, starts date NOT NULL, ends date NOT NULL)`,
    `INSERT INTO dim_promotion SELECT g, 'Promotion ' || g, (ARRAY['coupon', 'bundle', 'clearance', 'loyalty'])[1 + g % 4],
      date '2020-01-01' + g * 3, date '2020-01-15' + g * 3 FROM generate_series(1, 600) AS g`,
    `CREATE TABLE fact_sales (
      sale_id bigint PRIMARY KEY, date_key int NOT NULL REFERENCES dim_date, store_key int NOT NULL REFERENCES dim_store,
      product_key int NOT NULL REFERENCES dim_product, customer_key int NOT NULL REFERENCES dim_customer,
      promotion_key int REFERENCES dim_promotion, quantity int NOT NULL, unit_price numeric(10,2) NOT NULL,
      discount numeric(10,2), amount numeric(12,2) NOT NULL, sold_at timestamp NOT NULL, channel text NOT NULL)`,
    `INSERT INTO fact_sales
      SELECT g, to_char(moment, 'YYYYMMDD')::int, store, product, customer, promotion, quantity, price, off,
        quantity * price - coalesce(off, 0), moment, (ARRAY['store', 'store', 'web', 'app', 'phone'])[1 + g % 5]
      FROM (
        SELECT g, timestamp '2020-01-01' + g * (interval '1826 days' / ${sales + 1}) AS moment, 1 + (random() ^ 2 * 239)::int AS store,
          1 + (random() ^ 2 * ${products - 1})::int AS product, 1 + (random() * ${customers - 1})::int AS customer,
          CASE WHEN random() < 0.2 THEN 1 + (random() * 599)::int END AS promotion, 1 + (random() ^ 3 * 11)::int AS quantity,
          (1 + random() * 400)::numeric(10,2) AS price, CASE WHEN random() < 0.3 THEN (random() * 20)::numeric(10,2) END AS off
        FROM generate_series(1, ${sales}) AS g) AS drawn`,
    'CREATE INDEX ON fact_sales (date_key)',
    'CREATE INDEX ON fact_sales (store_key)',
    'CREATE INDEX ON fact_sales (product_key)',
    'CREATE INDEX ON fact_sales (customer_key)',
    'CREATE INDEX ON fact_sales (sold_at)',
    `CREATE TABLE fact_returns (
      return_id bigint PRIMARY KEY, sale_id bigint NOT NULL REFERENCES fact_sales, date_key int NOT NULL REFERENCES dim_date,
      quantity int NOT NULL, reason text)`,
    `INSERT INTO fact_returns SELECT row_number() OVER (ORDER BY sale_id), sale_id, date_key, 1,
      (ARRAY['damaged', 'wrong size', 'late', NULL])[1 + (sale_id / 20 % 4)::int] FROM fact_sales WHERE sale_id % 20 = 7`,
    'CREATE INDEX ON fact_returns (sale_id)',
    `CREATE TABLE fact_inventory (
      date_key int NOT NULL REFERENCES dim_date, store_key int NOT NULL REFERENCES dim_store,
      product_key int NOT NULL REFERENCES dim_product, on_hand int NOT NULL, on_order int,
      PRIMARY KEY (date_key, store_key, product_key))`,
    `INSERT INTO fact_inventory SELECT d.date_key, s.store_key, p, (random() * 90)::int, CASE WHEN random() < 0.4 THEN (random() * 40)::int END
      FROM dim_date AS d, dim_store AS s, generate_series(1, ${Math.max(4, Math.round(sales / 100_000))}) AS p
      WHERE d.day >= '2024-01-01' AND extract(day FROM d.day) IN (1, 15)`,
    'VACUUM ANALYZE',
  ];
}

/** Statements that create and fill the normalized shop, for PostgreSQL. */
export function shopStatements({ items }: Sizes): string[] {
  const orders = Math.round(items / 3);
  const customers = Math.round(orders / 8);
  const products = Math.max(200, Math.round(items / 150));
  const events = Math.round(items / 2);
  const tickets = Math.round(orders / 6);
  return [
    'SELECT setseed(0.17)',
    `CREATE TABLE customers (
      id int PRIMARY KEY, email text NOT NULL UNIQUE, name text NOT NULL, country char(2) NOT NULL, status text NOT NULL,
      referred_by int REFERENCES customers, created_at timestamp NOT NULL, deleted_at timestamp)`,
    `INSERT INTO customers SELECT g, 'user' || g || '@example.org', 'User ' || g,
      (ARRAY['DE', 'FR', 'US', 'GB', 'JP'])[1 + (random() * 4)::int], (ARRAY['active', 'active', 'active', 'paused', 'closed'])[1 + (random() * 4)::int],
      CASE WHEN g > 100 AND random() < 0.2 THEN 1 + (random() * 99)::int END, timestamp '2019-01-01' + g * (interval '2100 days' / ${customers}),
      CASE WHEN random() < 0.05 THEN timestamp '2024-06-01' END FROM generate_series(1, ${customers}) AS g`,
    'CREATE INDEX ON customers (created_at)',
    `CREATE TABLE products (
      id int PRIMARY KEY, sku text NOT NULL UNIQUE, title text NOT NULL, category text NOT NULL, price numeric(10,2) NOT NULL,
      supplier_id int, active boolean NOT NULL)`,
    `INSERT INTO products SELECT g, 'P' || lpad(g::text, 6, '0'), 'Thing ' || g, 'cat-' || g % 40, (1 + random() * 300)::numeric(10,2),
      CASE WHEN g % 7 > 0 THEN g % 300 END, g % 13 > 0 FROM generate_series(1, ${products}) AS g`,
    `CREATE TABLE orders (
      id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, status text NOT NULL, placed_at timestamp NOT NULL,
      shipped_at timestamp, total numeric(12,2) NOT NULL, coupon text, note text)`,
    `INSERT INTO orders SELECT g, 1 + (random() ^ 2 * ${customers - 1})::int,
      (ARRAY['new', 'paid', 'shipped', 'shipped', 'shipped', 'cancelled'])[1 + (random() * 5)::int],
      timestamp '2020-01-01' + g * (interval '1800 days' / ${orders}), CASE WHEN random() < 0.7 THEN timestamp '2020-01-03' + g * (interval '1800 days' / ${orders}) END,
      (5 + random() ^ 3 * 900)::numeric(12,2), CASE WHEN random() < 0.1 THEN 'C' || (random() * 50)::int END, repeat('note ', (random() * 12)::int)
      FROM generate_series(1, ${orders}) AS g`,
    'CREATE INDEX ON orders (customer_id)',
    'CREATE INDEX ON orders (placed_at)',
    'CREATE INDEX ON orders (status, placed_at)',
    `CREATE TABLE order_items (
      order_id int NOT NULL REFERENCES orders, line int NOT NULL, product_id int NOT NULL REFERENCES products,
      quantity int NOT NULL, price numeric(10,2) NOT NULL, returned boolean, PRIMARY KEY (order_id, line))`,
    `INSERT INTO order_items SELECT o, l, 1 + (random() ^ 2 * ${products - 1})::int, 1 + (random() ^ 3 * 8)::int, (1 + random() * 300)::numeric(10,2),
      CASE WHEN random() < 0.9 THEN random() < 0.04 END FROM generate_series(1, ${orders}) AS o, generate_series(1, 3) AS l`,
    'CREATE INDEX ON order_items (product_id)',
    `CREATE TABLE payments (
      id int PRIMARY KEY, order_id int NOT NULL REFERENCES orders, method text NOT NULL, amount numeric(12,2) NOT NULL,
      paid_at timestamp NOT NULL, refunded boolean NOT NULL)`,
    `INSERT INTO payments SELECT id, id, (ARRAY['card', 'card', 'invoice', 'wallet'])[1 + (random() * 3)::int], total, placed_at + interval '1 hour',
      random() < 0.03 FROM orders WHERE status <> 'new'`,
    'CREATE INDEX ON payments (order_id)',
    'CREATE INDEX ON payments (paid_at)',
    `CREATE TABLE tickets (
      id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, order_id int REFERENCES orders, subject text NOT NULL,
      priority int NOT NULL, status text NOT NULL, opened_at timestamp NOT NULL, closed_at timestamp)`,
    `INSERT INTO tickets SELECT g, 1 + (random() * ${customers - 1})::int, CASE WHEN random() < 0.6 THEN 1 + (random() * ${orders - 1})::int END,
      'Subject ' || g, 1 + (random() * 4)::int, (ARRAY['open', 'closed', 'closed', 'closed'])[1 + (random() * 3)::int],
      timestamp '2020-01-01' + g * (interval '1800 days' / ${tickets}), CASE WHEN random() < 0.8 THEN timestamp '2020-01-05' + g * (interval '1800 days' / ${tickets}) END
      FROM generate_series(1, ${tickets}) AS g`,
    'CREATE INDEX ON tickets (customer_id)',
    'CREATE INDEX ON tickets (opened_at)',
    `CREATE TABLE events (
      id bigint PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, kind text NOT NULL, at timestamp NOT NULL, device text, value int)`,
    `INSERT INTO events SELECT g, 1 + (random() * ${customers - 1})::int, (ARRAY['view', 'view', 'view', 'cart', 'search', 'login'])[1 + (random() * 5)::int],
      timestamp '2024-01-01' + g * (interval '360 days' / ${events}), (ARRAY['ios', 'android', 'web', NULL])[1 + (random() * 3)::int],
      CASE WHEN random() < 0.5 THEN (random() * 1000)::int END FROM generate_series(1, ${events}) AS g`,
    'CREATE INDEX ON events (customer_id, at)',
    'CREATE INDEX ON events (at)',
    'CREATE INDEX ON events (kind)',
    'VACUUM ANALYZE',
  ];
}
