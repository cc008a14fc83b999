-- A web shop, as small as possible and as large as needed to make slow queries slow.
-- For PostgreSQL 13 to 18 and for the embedded database. `data.sql` fills it.

CREATE TABLE countries (
  country_code char(2) PRIMARY KEY,
  name         text NOT NULL UNIQUE,
  currency     char(3) NOT NULL
);

CREATE TABLE customers (
  customer_id    integer PRIMARY KEY,
  email          text NOT NULL UNIQUE,
  full_name      text NOT NULL,
  phone          text,
  country_code   char(2) NOT NULL REFERENCES countries,
  segment        text NOT NULL DEFAULT 'retail' CHECK (segment IN ('retail', 'business', 'vip')),
  loyalty_points integer NOT NULL DEFAULT 0 CHECK (loyalty_points >= 0),
  referred_by    integer REFERENCES customers,
  newsletter     boolean NOT NULL DEFAULT false,
  created_at     timestamp with time zone NOT NULL,
  deleted_at     timestamp with time zone
);
CREATE INDEX customers_country_code_idx ON customers (country_code);
CREATE INDEX customers_referred_by_idx ON customers (referred_by);

CREATE TABLE addresses (
  address_id   integer PRIMARY KEY,
  customer_id  integer NOT NULL REFERENCES customers,
  kind         text NOT NULL CHECK (kind IN ('billing', 'shipping')),
  street       text NOT NULL,
  city         text NOT NULL,
  postal_code  text NOT NULL,
  country_code char(2) NOT NULL REFERENCES countries,
  is_default   boolean NOT NULL DEFAULT false
);
CREATE INDEX addresses_customer_id_idx ON addresses (customer_id);

-- A tree: the three levels are department, category, subcategory.
CREATE TABLE categories (
  category_id integer PRIMARY KEY,
  parent_id   integer REFERENCES categories,
  name        text NOT NULL,
  slug        text NOT NULL UNIQUE
);
CREATE INDEX categories_parent_id_idx ON categories (parent_id);

CREATE TABLE products (
  product_id   integer PRIMARY KEY,
  sku          text NOT NULL UNIQUE,
  name         text NOT NULL,
  path         text NOT NULL UNIQUE,
  category_id  integer REFERENCES categories,
  brand        text NOT NULL,
  price        numeric(10, 2) NOT NULL CHECK (price >= 0),
  cost         numeric(10, 2) CHECK (cost >= 0),
  weight_grams integer CHECK (weight_grams > 0),
  is_active    boolean NOT NULL DEFAULT true,
  added_on     date NOT NULL
);
CREATE INDEX products_category_id_idx ON products (category_id);

CREATE TABLE warehouses (
  warehouse_id integer PRIMARY KEY,
  code         text NOT NULL UNIQUE,
  city         text NOT NULL,
  country_code char(2) NOT NULL REFERENCES countries
);

CREATE TABLE orders (
  order_id            bigint PRIMARY KEY,
  order_number        text NOT NULL UNIQUE,
  customer_id         integer NOT NULL REFERENCES customers,
  shipping_address_id integer REFERENCES addresses,
  status              text NOT NULL CHECK (status IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled', 'returned')),
  channel             text NOT NULL CHECK (channel IN ('web', 'app', 'store', 'phone')),
  coupon_code         text,
  placed_at           timestamp without time zone NOT NULL,
  total               numeric(12, 2) NOT NULL CHECK (total >= 0),
  note                text
);
CREATE INDEX orders_customer_id_placed_at_idx ON orders (customer_id, placed_at);
CREATE INDEX orders_placed_at_order_id_idx ON orders (placed_at, order_id);
CREATE INDEX orders_coupon_code_idx ON orders (coupon_code);
-- for LIKE 'prefix%' under any collation
CREATE INDEX orders_order_number_pattern_idx ON orders (order_number text_pattern_ops);

CREATE TABLE order_items (
  order_id    bigint NOT NULL REFERENCES orders,
  line_number integer NOT NULL CHECK (line_number > 0),
  product_id  integer NOT NULL REFERENCES products,
  quantity    integer NOT NULL CHECK (quantity > 0),
  unit_price  numeric(10, 2) NOT NULL CHECK (unit_price >= 0),
  discount    numeric(10, 2) CHECK (discount >= 0),
  PRIMARY KEY (order_id, line_number)
);
CREATE INDEX order_items_product_id_idx ON order_items (product_id);

-- No index on order_id: somebody forgot it, as somebody always does.
CREATE TABLE payments (
  payment_id   bigint PRIMARY KEY,
  order_id     bigint NOT NULL REFERENCES orders,
  method       text NOT NULL CHECK (method IN ('card', 'wallet', 'invoice', 'gift card')),
  status       text NOT NULL CHECK (status IN ('authorized', 'captured', 'failed', 'refunded', 'chargeback')),
  amount       numeric(12, 2) NOT NULL CHECK (amount >= 0),
  attempted_at timestamp with time zone NOT NULL,
  settled_at   timestamp with time zone,
  reference    text UNIQUE
);
CREATE INDEX payments_amount_idx ON payments (amount);

-- No index on order_id here either.
CREATE TABLE shipments (
  shipment_id   bigint PRIMARY KEY,
  order_id      bigint NOT NULL REFERENCES orders,
  warehouse_id  integer NOT NULL REFERENCES warehouses,
  carrier       text NOT NULL,
  tracking_code text UNIQUE,
  shipped_at    timestamp without time zone NOT NULL,
  delivered_at  timestamp without time zone,
  CHECK (delivered_at >= shipped_at)
);
CREATE INDEX shipments_shipped_at_idx ON shipments (shipped_at);

CREATE TABLE reviews (
  review_id     integer PRIMARY KEY,
  product_id    integer NOT NULL REFERENCES products,
  customer_id   integer NOT NULL REFERENCES customers,
  rating        smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
  title         text NOT NULL,
  body          text,
  helpful_votes integer,
  created_at    timestamp without time zone NOT NULL
);
CREATE INDEX reviews_product_id_idx ON reviews (product_id);
CREATE INDEX reviews_created_at_idx ON reviews (created_at);

CREATE TABLE inventory_movements (
  movement_id  bigint PRIMARY KEY,
  warehouse_id integer NOT NULL REFERENCES warehouses,
  product_id   integer NOT NULL REFERENCES products,
  reason       text NOT NULL CHECK (reason IN ('purchase', 'sale', 'return', 'loss', 'stocktake')),
  quantity     integer NOT NULL CHECK (quantity <> 0),
  moved_at     timestamp without time zone NOT NULL
);
CREATE INDEX inventory_movements_warehouse_idx ON inventory_movements (warehouse_id, moved_at, movement_id);
CREATE INDEX inventory_movements_product_id_idx ON inventory_movements (product_id);

CREATE TABLE price_changes (
  product_id integer NOT NULL REFERENCES products,
  valid_from date NOT NULL,
  old_price  numeric(10, 2),
  new_price  numeric(10, 2) NOT NULL,
  PRIMARY KEY (product_id, valid_from)
);
CREATE INDEX price_changes_valid_from_idx ON price_changes (valid_from);

CREATE TABLE sessions (
  session_id   integer PRIMARY KEY,
  customer_id  integer REFERENCES customers,
  device       text NOT NULL CHECK (device IN ('desktop', 'phone', 'tablet')),
  country_code char(2) REFERENCES countries,
  started_at   timestamp with time zone NOT NULL
);
CREATE INDEX sessions_started_at_idx ON sessions (started_at);

CREATE TABLE page_events (
  event_id    bigint NOT NULL,
  session_id  integer NOT NULL,
  product_id  integer,
  kind        text NOT NULL CHECK (kind IN ('view', 'search', 'add to cart', 'checkout')),
  path        text NOT NULL,
  occurred_at timestamp with time zone NOT NULL,
  PRIMARY KEY (event_id, occurred_at)
) PARTITION BY RANGE (occurred_at);
CREATE TABLE page_events_2025q1 PARTITION OF page_events
  FOR VALUES FROM ('2025-01-01 00:00:00+00') TO ('2025-04-01 00:00:00+00');
CREATE TABLE page_events_2025q2 PARTITION OF page_events
  FOR VALUES FROM ('2025-04-01 00:00:00+00') TO ('2025-07-01 00:00:00+00');
CREATE TABLE page_events_2025q3 PARTITION OF page_events
  FOR VALUES FROM ('2025-07-01 00:00:00+00') TO ('2025-10-01 00:00:00+00');
CREATE TABLE page_events_2025q4 PARTITION OF page_events
  FOR VALUES FROM ('2025-10-01 00:00:00+00') TO ('2026-01-01 00:00:00+00');
CREATE INDEX page_events_occurred_at_idx ON page_events (occurred_at);
CREATE INDEX page_events_product_id_idx ON page_events (product_id);
