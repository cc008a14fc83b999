/** Random PostgreSQL statements from a grammar, the same ones for the same seed. */

/** A source of random numbers that can be repeated (mulberry32). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** At least 0, less than 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** An integer from 0 to `bound - 1`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }
}

const NAMES = ['a', 'b', 'c', 'id', 'name', 'total', 'created_at', '"Mixed Case"', 'value', 'type', 'year_1'];
const TABLES = ['t', 'u', 'orders', 'public.items', '"T"', 's.v'];
const ALIASES = ['x', 'y', 'z', 'o', 'i', 'l1', '"Al"'];
const TYPES = [
  'int',
  'text',
  'numeric(10, 2)',
  'timestamp with time zone',
  'varchar(5)',
  'int[]',
  'date',
  'double precision',
];
const FUNCTIONS = ['f', 'lower', 'coalesce', 'greatest', 'pg_catalog.length', 'date_trunc'];
const AGGREGATES = ['count', 'sum', 'max', 'array_agg', 'string_agg'];
const COMPARISONS = ['=', '<>', '!=', '<', '>', '<=', '>='];
const ARITHMETIC = ['+', '-', '*', '/', '%', '^'];
const OTHERS = [
  '||',
  '->',
  '->>',
  '@>',
  '<@',
  '&&',
  '~',
  '!~*',
  '<->',
  '#>>',
  '|',
  '&',
  '<<',
  'OPERATOR(pg_catalog.+)',
];

/** Writes statements of every kind. */
export class StatementGenerator {
  private readonly random: Random;
  private depth = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** A statement; most are queries. */
  statement(): string {
    this.depth = 0;
    const kind = this.random.below(20);
    if (kind === 0) return this.insert();
    if (kind === 1) return this.update();
    if (kind === 2) return this.delete();
    if (kind === 3) return this.merge();
    if (kind === 4) return `EXPLAIN (ANALYZE, BUFFERS) ${this.query()}`;
    if (kind === 5) return this.createTable();
    return this.query();
  }

  private deeper<T>(make: () => T): T {
    this.depth++;
    const made = make();
    this.depth--;
    return made;
  }

  private get deep(): boolean {
    return this.depth > 4 || this.random.chance(this.depth * 0.12);
  }

  private list(make: () => string, most: number, separator = ', '): string {
    const count = 1 + this.random.below(most);
    return Array.from({ length: count }, make).join(separator);
  }

  private maybe(probability: number, make: () => string): string {
    return this.random.chance(probability) ? make() : '';
  }

  private name(): string {
    return this.random.pick(NAMES);
  }

  private alias(): string {
    return this.random.pick(ALIASES);
  }

  column(): string {
    return this.random.chance(0.4) ? `${this.alias()}.${this.name()}` : this.name();
  }

  private literal(): string {
    const { random } = this;
    return random.pick([
      () => String(random.below(1000)),
      () => `${random.below(100)}.${random.below(100)}`,
      () => "'text'",
      () => "'it''s'",
      () => 'NULL',
      () => 'TRUE',
      () => "DATE '2024-01-01'",
      () => "INTERVAL '1' DAY",
      () => "INTERVAL '1 day'",
      () => '$tag$x$tag$',
      () => "E'a\\n'",
      () => `$${1 + random.below(3)}`,
      () => "numeric(3, 1) '1.5'",
    ])();
  }

  expression(): string {
    if (this.deep) return this.random.chance(0.6) ? this.column() : this.literal();
    return this.deeper(() => this.random.pick(this.forms)());
  }

  /** Operands are not put in parentheses: what binds to what is left to the parsers. */
  private readonly forms: readonly (() => string)[] = [
    () => this.column(),
    () => this.literal(),
    () => `${this.expression()} ${this.random.pick(ARITHMETIC)} ${this.expression()}`,
    () => `${this.expression()} ${this.random.pick(ARITHMETIC)} ${this.expression()}`,
    () => `${this.expression()} ${this.random.pick(OTHERS)} ${this.expression()}`,
    () => `${this.expression()} ${this.random.pick(COMPARISONS)} ${this.expression()}`,
    () => `${this.expression()} AND ${this.expression()}`,
    () => `${this.expression()} OR ${this.expression()}`,
    () => `NOT ${this.expression()}`,
    () => `- ${this.expression()}`,
    () => `${this.random.pick(['@', '~', '|/'])} ${this.expression()}`,
    () => `(${this.expression()})`,
    () => `(${this.expression()})`,
    () => `(${this.expression()}, ${this.expression()})`,
    () => `ROW(${this.list(() => this.expression(), 3)})`,
    () =>
      `${this.expression()} IS ${this.not()}${this.random.pick(['NULL', 'TRUE', 'FALSE', 'UNKNOWN', 'DOCUMENT', 'JSON'])}`,
    () => `${this.expression()} ${this.random.pick(['ISNULL', 'NOTNULL'])}`,
    () => `${this.expression()} IS ${this.not()}DISTINCT FROM ${this.expression()}`,
    () => `${this.expression()} ${this.not()}BETWEEN ${this.expression()} AND ${this.expression()}`,
    () => `${this.expression()} ${this.not()}IN (${this.list(() => this.expression(), 4)})`,
    () => `${this.expression()} ${this.not()}IN (${this.query()})`,
    () =>
      `${this.expression()} ${this.not()}${this.random.pick(['LIKE', 'ILIKE', 'SIMILAR TO'])} ${this.expression()}${this.maybe(0.2, () => ` ESCAPE ${this.expression()}`)}`,
    () =>
      `${this.expression()} ${this.random.pick([...COMPARISONS, 'LIKE', 'NOT ILIKE'])} ${this.random.pick(['ANY', 'ALL', 'SOME'])} (${this.random.chance(0.5) ? this.expression() : this.query()})`,
    () => `${this.expression()}::${this.random.pick(TYPES)}`,
    () => `CAST(${this.expression()} AS ${this.random.pick(TYPES)})`,
    () => `${this.expression()} AT TIME ZONE ${this.expression()}`,
    () => `${this.expression()} COLLATE "C"`,
    () => `EXISTS (${this.query()})`,
    () => `(${this.query()})`,
    () => `ARRAY[${this.list(() => this.expression(), 3)}]`,
    () => `ARRAY(${this.query()})`,
    () => `(${this.expression()})[${this.expression()}]`,
    () => `${this.column()}[${this.expression()} : ${this.expression()}]`,
    () => `(${this.expression()}).${this.name()}`,
    () => this.case(),
    () => `NULLIF(${this.expression()}, ${this.expression()})`,
    () => `${this.random.pick(FUNCTIONS)}(${this.list(() => this.expression(), 3)})`,
    () => this.aggregate(),
    () => `EXTRACT(${this.random.pick(['year', 'epoch', 'MONTH'])} FROM ${this.expression()})`,
    () => `SUBSTRING(${this.expression()} FROM ${this.expression()} FOR ${this.expression()})`,
    () =>
      `TRIM(${this.random.pick(['', 'BOTH ', 'LEADING '])}${this.expression()} FROM ${this.expression()})`,
    () => `OVERLAY(${this.expression()} PLACING ${this.expression()} FROM ${this.expression()})`,
    () => this.random.pick(['CURRENT_DATE', 'CURRENT_TIMESTAMP(3)', 'LOCALTIME', 'current_user']),
  ];

  private not(): string {
    return this.maybe(0.3, () => 'NOT ');
  }

  private case(): string {
    const operand = this.maybe(0.4, () => `${this.expression()} `);
    const branches = this.list(() => `WHEN ${this.expression()} THEN ${this.expression()}`, 2, ' ');
    return `CASE ${operand}${branches}${this.maybe(0.5, () => ` ELSE ${this.expression()}`)} END`;
  }

  private aggregate(): string {
    const { random } = this;
    if (random.chance(0.2)) return 'count(*)';
    const distinct = this.maybe(0.2, () => 'DISTINCT ');
    const order = this.maybe(0.2, () => ` ORDER BY ${this.orderItem()}`);
    const filter = this.maybe(0.2, () => ` FILTER (WHERE ${this.expression()})`);
    const over = this.maybe(0.3, () => ` OVER (${this.window()})`);
    return `${random.pick(AGGREGATES)}(${distinct}${this.list(() => this.expression(), 2)}${order})${filter}${over}`;
  }

  private window(): string {
    const partition = this.maybe(0.5, () => `PARTITION BY ${this.list(() => this.expression(), 2)} `);
    const order = this.maybe(0.6, () => `ORDER BY ${this.list(() => this.orderItem(), 2)} `);
    const bound = () =>
      this.random.pick(['CURRENT ROW', 'UNBOUNDED PRECEDING', '1 PRECEDING', `${this.column()} PRECEDING`]);
    const frame = this.maybe(
      0.3,
      () => `${this.random.pick(['ROWS', 'RANGE', 'GROUPS'])} BETWEEN ${bound()} AND UNBOUNDED FOLLOWING`,
    );
    return partition + order + frame;
  }

  private orderItem(): string {
    const direction = this.random.pick(['', ' ASC', ' DESC', ' USING >']);
    return `${this.expression()}${direction}${this.random.pick(['', '', ' NULLS FIRST', ' NULLS LAST'])}`;
  }

  query(): string {
    return this.deeper(() => {
      const clause = this.maybe(this.depth > 2 ? 0.02 : 0.15, () => this.with());
      const body = this.body();
      const order = this.maybe(0.25, () => ` ORDER BY ${this.list(() => this.orderItem(), 2)}`);
      const limit = this.random.pick([
        '',
        '',
        '',
        ' LIMIT 5',
        ' LIMIT $1 OFFSET 2',
        ' OFFSET 1 FETCH NEXT 2 ROWS ONLY',
      ]);
      const locking = this.maybe(
        0.05,
        () => ` FOR ${this.random.pick(['UPDATE', 'SHARE', 'NO KEY UPDATE'])} SKIP LOCKED`,
      );
      return `${clause}${body}${order}${limit}${locking}`;
    });
  }

  private with(): string {
    const cte = () => {
      const columns = this.maybe(0.2, () => ` (${this.list(() => this.name(), 2)})`);
      const materialized = this.random.pick(['', '', 'MATERIALIZED ', 'NOT MATERIALIZED ']);
      const write = this.depth < 3 && this.random.chance(0.1);
      return `${this.alias()}${columns} AS ${materialized}(${write ? this.delete() : this.query()})`;
    };
    return `WITH ${this.maybe(0.2, () => 'RECURSIVE ')}${this.list(cte, 2)} `;
  }

  private body(): string {
    const { random } = this;
    if (this.deep || random.chance(0.75)) return this.select();
    if (random.chance(0.15))
      return `VALUES ${this.list(() => `(${this.list(() => this.expression(), 2)})`, 2)}`;
    if (random.chance(0.05)) return `TABLE ${random.pick(TABLES)}`;
    const branch = () => (random.chance(0.3) ? `(${this.query()})` : this.select());
    const operators = ['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT', 'EXCEPT ALL', 'UNION DISTINCT'];
    let body = branch();
    for (let i = random.below(3); i >= 0; i--) body += ` ${random.pick(operators)} ${branch()}`;
    return body;
  }

  private select(): string {
    const { random } = this;
    const distinct = random.pick(['', '', '', 'DISTINCT ', `DISTINCT ON (${this.column()}) `, 'ALL ']);
    const item = () => {
      if (random.chance(0.1)) return random.pick(['*', `${this.alias()}.*`]);
      return this.expression() + this.maybe(0.3, () => ` AS ${this.name()}`);
    };
    let text = `SELECT ${distinct}${this.list(item, 3)}`;
    if (random.chance(0.85)) text += ` FROM ${this.list(() => this.fromItem(), 2)}`;
    if (random.chance(0.6)) text += ` WHERE ${this.expression()}`;
    if (random.chance(0.2)) text += ` GROUP BY ${this.list(() => this.groupItem(), 2)}`;
    if (random.chance(0.1)) text += ` HAVING ${this.expression()}`;
    if (random.chance(0.05)) text += ` WINDOW w AS (${this.window()})`;
    return text;
  }

  private groupItem(): string {
    const expressions = () => this.list(() => this.expression(), 2);
    return this.random.pick([
      () => this.expression(),
      () => this.expression(),
      () => `ROLLUP (${expressions()})`,
      () => `CUBE (${expressions()})`,
      () => `GROUPING SETS ((${expressions()}), ${this.column()}, ())`,
    ])();
  }

  fromItem(): string {
    if (this.deep) return this.random.pick(TABLES);
    return this.deeper(() => this.random.pick(this.fromForms)());
  }

  private aliased(): string {
    return this.random.pick([' ', ' AS ']) + this.alias();
  }

  private readonly fromForms: readonly (() => string)[] = [
    () => this.random.pick(TABLES),
    () => this.random.pick(TABLES) + this.aliased(),
    () => this.random.pick(TABLES) + this.aliased(),
    () => `ONLY ${this.random.pick(TABLES)} TABLESAMPLE system (10)`,
    () => `${this.maybe(0.3, () => 'LATERAL ')}(${this.query()})${this.aliased()}`,
    () => `(${this.query()}) AS ${this.alias()} (${this.list(() => this.name(), 2)})`,
    () =>
      `${this.maybe(0.3, () => 'LATERAL ')}f(${this.expression()})${this.maybe(0.3, () => ' WITH ORDINALITY')}${this.aliased()}`,
    () => `f() AS ${this.alias()} (a int, b text)`,
    () => `${this.fromItem()} CROSS JOIN ${this.fromItem()}`,
    () => `${this.fromItem()} NATURAL ${this.random.pick(['', 'LEFT '])}JOIN ${this.fromItem()}`,
    () => this.join(),
    () => this.join(),
    () => `(${this.join()})${this.maybe(0.3, () => this.aliased())}`,
    () => `${this.fromItem()} JOIN ${this.join()} ON ${this.expression()}`,
  ];

  private join(): string {
    const type = this.random.pick(['', 'INNER ', 'LEFT ', 'LEFT OUTER ', 'RIGHT ', 'FULL ']);
    const condition = this.random.chance(0.8) ? `ON ${this.expression()}` : `USING (${this.name()})`;
    return `${this.fromItem()} ${type}JOIN ${this.fromItem()} ${condition}`;
  }

  private returning(): string {
    return this.maybe(
      0.3,
      () => ` RETURNING ${this.random.pick(['*', this.expression(), `old.a, new.${this.name()}`])}`,
    );
  }

  private assignments(): string {
    return this.list(
      () =>
        this.random.pick([
          () => `${this.name()} = ${this.expression()}`,
          () => `${this.name()} = DEFAULT`,
          () => `(${this.name()}, b) = (${this.expression()}, ${this.expression()})`,
          () => `(${this.name()}, b) = (${this.query()})`,
        ])(),
      3,
    );
  }

  insert(): string {
    const columns = this.maybe(0.7, () => ` (${this.list(() => this.name(), 3)})`);
    const source = this.random.chance(0.5)
      ? `VALUES ${this.list(() => `(${this.list(() => this.expression(), 3)})`, 3)}`
      : this.query();
    const conflict = this.random.pick([
      () => '',
      () => ' ON CONFLICT DO NOTHING',
      () => ` ON CONFLICT (a, lower(b)) DO UPDATE SET ${this.assignments()} WHERE ${this.expression()}`,
    ])();
    return `INSERT INTO ${this.random.pick(TABLES)}${columns} ${source}${conflict}${this.returning()}`;
  }

  update(): string {
    const from = this.maybe(0.4, () => ` FROM ${this.list(() => this.fromItem(), 2)}`);
    const where = this.maybe(0.8, () => ` WHERE ${this.expression()}`);
    return `UPDATE ${this.random.pick(TABLES)}${this.aliased()} SET ${this.assignments()}${from}${where}${this.returning()}`;
  }

  delete(): string {
    const using = this.maybe(0.4, () => ` USING ${this.list(() => this.fromItem(), 2)}`);
    const where = this.maybe(0.8, () => ` WHERE ${this.expression()}`);
    return `DELETE FROM ${this.random.pick(TABLES)}${this.aliased()}${using}${where}${this.returning()}`;
  }

  merge(): string {
    const condition = () => this.maybe(0.4, () => ` AND ${this.expression()}`);
    const branch = () =>
      this.random.pick([
        () => `WHEN MATCHED${condition()} THEN UPDATE SET ${this.assignments()}`,
        () => `WHEN MATCHED${condition()} THEN DELETE`,
        () => `WHEN NOT MATCHED BY SOURCE${condition()} THEN DO NOTHING`,
        () => `WHEN NOT MATCHED${condition()} THEN INSERT (a, b) VALUES (${this.expression()}, DEFAULT)`,
      ])();
    const branches = this.list(branch, 3, ' ');
    return `MERGE INTO ${this.random.pick(TABLES)} AS x USING ${this.fromItem()} ON ${this.expression()} ${branches}${this.returning()}`;
  }

  createTable(): string {
    const column = () => {
      const constraint = this.random.pick([
        () => '',
        () => ' NOT NULL',
        () => ` DEFAULT (${this.expression()})`,
        () => ` CHECK (${this.expression()})`,
        () => ' REFERENCES u (id) ON DELETE CASCADE',
        () => ` GENERATED ALWAYS AS (${this.expression()}) STORED`,
      ])();
      return `${this.name()} ${this.random.pick(TYPES)}${constraint}`;
    };
    return `CREATE TABLE ${this.random.pick(TABLES)} (${this.list(column, 4)}, PRIMARY KEY (a, b))`;
  }
}
