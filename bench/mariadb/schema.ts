/** A shop on MariaDB, filled by its sequence engine with the same rows each time. */

/** Rows of the largest tables. */
export interface ShopSizes {
  readonly orders: number;
  readonly items: number;
  readonly events: number;
}

/** @param scale 1 for 30,000 orders */
export function sizesAt(scale: number): ShopSizes {
  const orders = Math.round(30_000 * scale);
  return { orders, items: 3 * orders, events: 2 * orders };
}

/** A number from 0 to `below` that looks random and is the same each time: CRC32 of the row's number. */
const spread = (below: number, salt: string): string => `(crc32(concat(seq, '${salt}')) % ${below})`;

/** Statements that create and fill it. */
export function shopStatements({ orders, items, events }: ShopSizes): string[] {
  const customers = Math.round(orders / 10);
  const products = 600;
  return [
    `CREATE TABLE customers (id int PRIMARY KEY, email varchar(80) NOT NULL, name varchar(60) NOT NULL, country char(2) NOT NULL,
       status varchar(10) NOT NULL, referred_by int NULL, created_at datetime NOT NULL,
       UNIQUE KEY by_email (email), KEY by_created (created_at))`,
    `INSERT INTO customers SELECT seq, concat('user', seq, '@example.org'), concat('User ', seq),
       elt(1 + ${spread(5, 'c')}, 'DE', 'FR', 'US', 'GB', 'JP'), elt(1 + ${spread(4, 's')}, 'active', 'active', 'paused', 'closed'),
       IF(seq > 100 AND seq % 5 = 0, 1 + ${spread(99, 'r')}, NULL), '2019-01-01' + INTERVAL seq HOUR FROM seq_1_to_${customers}`,
    `CREATE TABLE products (id int PRIMARY KEY, sku varchar(20) NOT NULL, category varchar(20) NOT NULL, price decimal(10,2) NOT NULL, active tinyint NOT NULL,
       UNIQUE KEY by_sku (sku))`,
    `INSERT INTO products SELECT seq, concat('P', lpad(seq, 6, '0')), concat('cat-', seq % 40), 1 + ${spread(300, 'p')}, seq % 13 > 0 FROM seq_1_to_${products}`,
    `CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, status varchar(10) NOT NULL, placed_at datetime NOT NULL,
       total decimal(12,2) NOT NULL, coupon varchar(10) NULL, note varchar(100) NOT NULL,
       KEY by_customer (customer_id), KEY by_placed (placed_at), KEY by_coupon (coupon),
       CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers (id))`,
    `INSERT INTO orders SELECT seq, 1 + ${spread(customers, 'o')}, elt(1 + ${spread(6, 't')}, 'new', 'paid', 'shipped', 'shipped', 'shipped', 'cancelled'),
       '2020-01-01' + INTERVAL seq * 50 MINUTE, 5 + ${spread(90_000, 'a')} / 100, IF(seq % 10 = 0, concat('C', ${spread(50, 'u')}), NULL), repeat('n', seq % 90)
       FROM seq_1_to_${orders}`,
    `CREATE TABLE order_items (order_id int NOT NULL, line int NOT NULL, product_id int NOT NULL, quantity int NOT NULL, price decimal(10,2) NOT NULL,
       returned tinyint NULL, PRIMARY KEY (order_id, line), KEY by_product (product_id),
       CONSTRAINT of_order FOREIGN KEY (order_id) REFERENCES orders (id), CONSTRAINT of_product FOREIGN KEY (product_id) REFERENCES products (id))`,
    `INSERT INTO order_items SELECT 1 + (seq - 1) DIV 3, 1 + (seq - 1) % 3, 1 + ${spread(products, 'i')}, 1 + ${spread(8, 'q')}, 1 + ${spread(300, 'm')},
       IF(seq % 10 = 0, NULL, seq % 25 = 0) FROM seq_1_to_${items}`,
    // without a key on the order: what a table looks like that grew out of a log
    `CREATE TABLE events (id bigint PRIMARY KEY, customer_id int NOT NULL, kind varchar(10) NOT NULL, at datetime NOT NULL, device varchar(10) NULL, value int NULL,
       KEY by_at (at), KEY by_kind (kind))`,
    `INSERT INTO events SELECT seq, 1 + ${spread(customers, 'e')}, elt(1 + ${spread(6, 'k')}, 'view', 'view', 'view', 'cart', 'search', 'login'),
       '2024-01-01' + INTERVAL seq * 8 MINUTE, elt(1 + ${spread(4, 'd')}, 'ios', 'android', 'web', NULL), IF(seq % 2 = 0, ${spread(1000, 'v')}, NULL)
       FROM seq_1_to_${events}`,
    'ANALYZE TABLE customers, products, orders, order_items, events',
  ];
}
