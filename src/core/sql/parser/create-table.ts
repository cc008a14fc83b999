/** CREATE TABLE. */
import type {
  ColumnDefinition,
  CreateTable,
  Opaque,
  Partitioning,
  Property,
  Query,
  TableConstraint,
} from '../ast.ts';
import { parseColumnDefinition } from './column-definition.ts';
import { acceptIfNotExists } from './create.ts';
import type { Cursor } from './cursor.ts';
import { closeParens, parseQualifiedName } from './names.ts';
import { parsePartitioning } from './partitioning.ts';
import { readProperty } from './properties.ts';
import { parseQuery } from './query.ts';
import { atTableConstraint, parseTableConstraint } from './table-constraint.ts';

interface Parts {
  readonly columns: ColumnDefinition[];
  readonly constraints: TableConstraint[];
  readonly options: (Property | Opaque)[];
  partitionBy: Partitioning | Opaque | null;
  query: Query | null;
}

/** What follows CREATE [TEMPORARY] TABLE. */
export function parseCreateTable(c: Cursor, start: number, temporary: boolean): CreateTable {
  const ifNotExists = acceptIfNotExists(c);
  const name = parseQualifiedName(c);
  const parts: Parts = { columns: [], constraints: [], options: [], partitionBy: null, query: null };
  while (!c.atClose) {
    const before = c.index;
    readPart(c, parts);
    if (c.index === before) break;
  }
  if (c.lastEnd === name.at(-1)?.end) c.problem('the columns of the table are missing');
  const { columns, constraints, query, partitionBy, options } = parts;
  return {
    kind: 'createTable',
    start,
    end: c.lastEnd,
    name,
    temporary,
    ifNotExists,
    columns,
    constraints,
    query,
    partitionBy,
    options,
  };
}

function readPart(c: Cursor, parts: Parts): void {
  // T-SQL: AS NODE
  const made = c.grammar.transact && c.is('AS') ? readProperty(c) : null;
  if (made !== null) {
    parts.options.push(made);
    return;
  }
  if (parts.query === null && c.accept('AS')) {
    if (c.atQueryWord || c.atQueryInParens) parts.query = parseQuery(c);
    else if (!c.atClose) parts.options.push(c.keptUntil(() => false, 'the source of the rows'));
    return;
  }
  if (c.atQueryWord && !c.is('WITH') && parts.query === null) {
    // MySQL: AS may be left out
    parts.query = parseQuery(c);
    return;
  }
  if (c.isSymbol('(')) {
    readElements(c, parts);
    return;
  }
  if (parts.partitionBy === null && c.isWords('PARTITION', 'BY')) {
    parts.partitionBy = c.grammar.properties
      ? parsePartitioning(c)
      : c.keptUntil(() => endsPartition(c), 'the partitioning');
    return;
  }
  if (c.grammar.properties && c.isSymbol(',')) {
    // commas between options may be left out
    c.advance();
    return;
  }
  // IGNORE and REPLACE before a query say what happens to rows that break a key
  const property = readProperty(c);
  if (property !== null) {
    parts.options.push(property);
    return;
  }
  const stop = () => c.is('AS') || c.isSymbol('(') || c.isWords('PARTITION', 'BY');
  parts.options.push(keepOption(c, stop));
}

/** PARTITION OF parent (columns) FOR VALUES …, INHERITS (…), WITH (…), ENGINE = … */
function keepOption(c: Cursor, stop: () => boolean): Opaque {
  const { upper } = c.token;
  if (!OPTION_WORDS.has(upper) && c.peek(1).text !== '=' && !c.isSymbol(',')) return c.unexpectedUntil(stop);
  // PARTITION OF parent and OF type stand before the elements of the table, everything else after them.
  const beforeElements = upper === 'PARTITION' || upper === 'OF';
  const next = () => c.is('AS') || c.isWords('PARTITION', 'BY');
  const end = beforeElements ? () => stop() || c.is('FOR') || c.is('DEFAULT') : next;
  return c.keptUntil(end, 'options of the table');
}

const OPTION_WORDS: ReadonlySet<string> = new Set([
  'PARTITION',
  'OF',
  'INHERITS',
  'USING',
  'WITH',
  'WITHOUT',
  'ON',
  'TABLESPACE',
  'FOR',
  'DEFAULT',
  'SERVER',
  'OPTIONS',
  'ENGINE',
  'CHARSET',
  'CHARACTER',
  'COLLATE',
  'COMMENT',
  'AUTO_INCREMENT',
  'ROW_FORMAT',
  'LIKE',
  'TEXTIMAGE_ON',
]);

function endsPartition(c: Cursor): boolean {
  switch (c.token.upper) {
    case 'WITH':
    case 'TABLESPACE':
    case 'ON':
    case 'AS':
    case 'USING':
      return true;
    default:
      return false;
  }
}

/** `(column, constraint, …)` of a table variable; the current token is the opening parenthesis. */
export function parseTableElements(c: Cursor): Pick<CreateTable, 'columns' | 'constraints'> {
  const parts: Parts = { columns: [], constraints: [], options: [], partitionBy: null, query: null };
  if (c.isSymbol('(')) readElements(c, parts);
  else c.problem('the columns of the table are missing');
  return { columns: parts.columns, constraints: parts.constraints };
}

function readElements(c: Cursor, parts: Parts): void {
  c.advance();
  if (!c.isSymbol(')')) {
    do readElement(c, parts);
    while (c.acceptSymbol(','));
  }
  closeParens(c);
}

function readElement(c: Cursor, parts: Parts): void {
  const stop = () => c.isSymbol(',');
  const property = c.is('LIKE') || c.is('PERIOD') ? readProperty(c) : null;
  if (property !== null) parts.options.push(property);
  else if (c.is('LIKE')) parts.options.push(c.keptUntil(stop, 'the columns of another table'));
  else if (c.is('PERIOD') && c.peek(1).upper === 'FOR') {
    parts.options.push(c.keptUntil(stop, 'the period of a temporal table'));
  } else if (atTableConstraint(c)) parts.constraints.push(parseTableConstraint(c));
  else if (c.isSymbol(',') || c.atClose) c.problem('a column is missing');
  else parts.columns.push(parseColumnDefinition(c));
  if (!c.isSymbol(',') && !c.atClose) parts.options.push(c.unexpectedUntil(stop));
}
