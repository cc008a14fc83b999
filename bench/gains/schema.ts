/** The tables that gains are measured on: 20,000 customers, 200,000 orders, 400,000 items and tickets, indexes where rows are joined and filtered. */

const INDEXES = `
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_placed ON orders (placed_at, id);
CREATE INDEX orders_status ON orders (status);
CREATE INDEX orders_code ON orders (code);
CREATE INDEX orders_quantity ON orders (quantity);
CREATE INDEX orders_total ON orders (total);
CREATE INDEX customers_name ON customers (name);
CREATE INDEX items_product ON items (product);
CREATE INDEX items_added ON items (added_at);
CREATE INDEX tickets_number ON tickets (number);
CREATE INDEX tickets_kind ON tickets (kind, opened_at);
`;

/** @param collation of the columns whose values are told apart by rules */
function tables(moment: string, collation: string): string {
  return `
CREATE TABLE regions (id int PRIMARY KEY, name varchar(20) NOT NULL);
CREATE TABLE customers (id int PRIMARY KEY, name varchar(40) NOT NULL, joined date NOT NULL, balance numeric(14,2));
CREATE TABLE orders (
  id int PRIMARY KEY, customer_id int NOT NULL, region int NOT NULL, status varchar(10)${collation} NOT NULL, code varchar(20) NOT NULL,
  placed_at ${moment} NOT NULL, quantity int, total numeric(10,2) NOT NULL, note varchar(200)${collation} NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (id));
CREATE TABLE items (
  order_id int NOT NULL, line int NOT NULL, product int NOT NULL, quantity int NOT NULL, price numeric(10,2) NOT NULL,
  added_at ${moment} NOT NULL, note varchar(40) NOT NULL, PRIMARY KEY (order_id, line), FOREIGN KEY (order_id) REFERENCES orders (id));
CREATE TABLE tickets (id int PRIMARY KEY, number varchar(12) NOT NULL, kind int NOT NULL, opened_at ${moment} NOT NULL);
`;
}

/** Functions in SQL that look something up: PostgreSQL's. */
const FUNCTIONS = [
  'CREATE FUNCTION spent(customer int) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT sum(o.total) FROM orders o WHERE o.customer_id = customer $$',
  'CREATE FUNCTION name_of(customer int) RETURNS varchar LANGUAGE sql STABLE STRICT AS $$ SELECT c.name FROM customers c WHERE c.id = customer $$',
];

/** DDL alone, for the catalog. */
const POSTGRES_DDL = tables('timestamp', '') + INDEXES;
export const MARIADB_DDL = tables('datetime', ' CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci') + INDEXES;

interface Words {
  readonly ddl: string;
  /** a relation with a column `g` from 1 to n */
  readonly numbers: (n: number) => string;
  readonly pad: (expression: string) => string;
  readonly text: (...parts: readonly string[]) => string;
  /** the moment that many minutes after 2020 began */
  readonly minutes: (expression: string) => string;
  readonly day: (expression: string) => string;
  /** whole-number division by two */
  readonly half: (expression: string) => string;
  readonly last: readonly string[];
}

function fill({ ddl, numbers, pad, text, minutes, day, half, last }: Words): string[] {
  return [
    ...ddl.split(';').filter((statement) => statement.trim() !== '' && !statement.includes('CREATE INDEX')),
    `INSERT INTO regions SELECT g, ${text("'region '", 'g')} FROM ${numbers(60)}`,
    `INSERT INTO customers SELECT g, ${text("'name '", 'g')}, ${day('g % 1800')}, NULL FROM ${numbers(20_000)}`,
    `INSERT INTO orders SELECT g, 1 + (g * 7919) % 20000, 1 + (g * 31) % 50, CASE g % 5 WHEN 0 THEN 'new' WHEN 1 THEN 'paid' ELSE 'shipped' END,
      ${text("'C'", pad('g'))}, ${minutes('g * 13')}, CASE WHEN g % 10 > 0 THEN (g * 17) % 5000 END, (g * 37) % 90000 / 100.0,
      CASE g % 7 WHEN 0 THEN 'a' WHEN 1 THEN 'b' ELSE ${text("'some longer note about order '", 'g % 1000')} END FROM ${numbers(200_000)}`,
    `INSERT INTO items SELECT ${half('g - 1')} + 1, 1 + g % 2, 1 + (g * 7) % 3000, 1 + g % 9, (g * 11) % 30000 / 100.0,
      ${minutes('g * 6')}, ${text("'item '", 'g % 100')} FROM ${numbers(400_000)}`,
    `INSERT INTO tickets SELECT g, ${text('g')}, 1 + g % 8, ${minutes('g * 5')} FROM ${numbers(400_000)}`,
    ...INDEXES.split(';').filter((statement) => statement.trim() !== ''),
    ...last,
  ];
}

/** Statements that build it on PostgreSQL. */
export function postgresStatements(): string[] {
  return fill({
    ddl: POSTGRES_DDL,
    numbers: (n) => `generate_series(1, ${n}) AS s (g)`,
    pad: (expression) => `lpad((${expression})::text, 7, '0')`,
    text: (...parts) => parts.map((part) => `(${part})::text`).join(' || '),
    minutes: (expression) => `timestamp '2020-01-01' + (${expression}) * interval '1 minute'`,
    day: (expression) => `date '2020-01-01' + ${expression}`,
    half: (expression) => `(${expression}) / 2`,
    last: [...FUNCTIONS, 'VACUUM ANALYZE'],
  });
}

/** Statements that build it on MariaDB (the SEQUENCE engine makes the numbers). */
export function mariadbStatements(): string[] {
  return fill({
    ddl: MARIADB_DDL,
    numbers: (n) => `(SELECT seq AS g FROM seq_1_to_${n}) s`,
    pad: (expression) => `lpad(${expression}, 7, '0')`,
    text: (...parts) => `concat(${parts.join(', ')})`,
    minutes: (expression) => `timestamp '2020-01-01 00:00:00' + INTERVAL ${expression} MINUTE`,
    day: (expression) => `date '2020-01-01' + INTERVAL ${expression} DAY`,
    half: (expression) => `(${expression}) DIV 2`,
    last: ['ANALYZE TABLE regions, customers, orders, items, tickets'],
  });
}
