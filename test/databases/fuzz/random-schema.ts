/** Schemas by chance: nullable columns, keys of one and several columns, foreign keys, checks, indexes. */
import type { Random } from '../../../src/core/verification/generate/random.ts';

/** Columns that a table may have beside its keys: the same names in several tables, so that names collide. */
const COLUMNS: readonly (readonly [name: string, types: readonly string[]])[] = [
  ['q', ['int', 'int', 'bigint', 'smallint']],
  ['n', ['int']],
  ['amount', ['numeric(10,2)', 'numeric', 'int']],
  ['kind', ['text', 'text', 'varchar(20)', 'text COLLATE "C"']],
  ['name', ['text', 'varchar(30)']],
  ['day', ['date']],
  ['at', ['timestamp', 'timestamp', 'timestamptz']],
  ['flag', ['boolean']],
  ['weight', ['double precision']],
];

const CHECKS: Readonly<Record<string, readonly string[]>> = {
  q: ['q >= 0', 'q IN (1, 2, 3)', 'q > 0 AND q < 6'],
  amount: ['amount >= 0', 'amount IS NOT NULL'],
  kind: ["kind IN ('a', 'b', 'c')", "kind <> ''"],
  day: ["day >= '2023-01-01'"],
};

/** Names of tables in the order in which they may reference each other. */
const TABLES = ['customers', 'products', 'orders', 'items', 'events'] as const;

interface Made {
  readonly name: string;
  readonly key: readonly string[];
}

/** DDL of three to five tables, for PostgreSQL. */
export function randomSchema(random: Random): string {
  const made: Made[] = [];
  const statements: string[] = [];
  for (const name of TABLES.slice(0, random.between(3, TABLES.length))) {
    const { ddl, table } = createTable(name, made, random);
    statements.push(...ddl);
    made.push(table);
  }
  return `${statements.join(';\n')};\n`;
}

function createTable(name: string, above: readonly Made[], random: Random): { ddl: string[]; table: Made } {
  const lines: string[] = [];
  const columns: string[] = [];
  const notNull = (share: number): string => (random.chance(share) ? ' NOT NULL' : '');
  const add = (column: string, text: string): void => {
    columns.push(column);
    lines.push(`${column} ${text}`);
  };
  const keyed = above.filter(({ key }) => key.length > 0);
  const parents = random.sample(keyed, random.between(keyed.length > 0 ? 1 : 0, 2));
  const late = random.chance(0.06) ? ' DEFERRABLE INITIALLY DEFERRED' : '';
  const foreign: string[] = [];
  for (const parent of parents) {
    const own = parent.key.map((column) => `${parent.name.slice(0, -1)}_${column}`);
    const must = notNull(0.5);
    for (const column of own) add(column, `int${must}`);
    foreign.push(
      `FOREIGN KEY (${own.join(', ')}) REFERENCES ${parent.name} (${parent.key.join(', ')})${late}`,
    );
  }
  const dice = random.next();
  let key: string[] = [];
  if (dice < 0.65) {
    add('id', 'int PRIMARY KEY');
    key = ['id'];
  } else if (dice < 0.85) {
    add('id', 'int NOT NULL');
    add('line', 'int NOT NULL');
    lines.push('PRIMARY KEY (id, line)');
    key = ['id', 'line'];
  } else add('id', `int${notNull(0.5)}`);
  for (const [column, types] of random.sample(COLUMNS, random.between(4, COLUMNS.length))) {
    const unique = random.chance(0.08) ? ' UNIQUE' : '';
    add(column, `${random.pick(types)}${notNull(0.45)}${unique}`);
    const check = random.chance(0.3) ? random.pick(CHECKS[column] ?? []) : undefined;
    if (check) lines.push(`CHECK (${check})`);
  }
  if (random.chance(0.2)) lines.push(`UNIQUE (${random.sample(columns, 2).join(', ')})`);
  const indexes = random
    .sample(columns, random.between(2, 4))
    .map((column) => `CREATE INDEX ON ${name} (${column}${random.chance(0.2) ? ', id' : ''})`);
  return {
    ddl: [`CREATE TABLE ${name} (\n  ${[...lines, ...foreign].join(',\n  ')}\n)`, ...indexes],
    table: { name, key },
  };
}
