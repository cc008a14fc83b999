/** PARTITION BY of MySQL and MariaDB. */
import type { Expression, PartitionDefinition, Partitioning } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression } from './expressions.ts';
import { closeParens, parseName } from './names.ts';

/** PARTITION BY [LINEAR] RANGE | LIST | HASH | KEY | SYSTEM_TIME …, the current token being PARTITION. */
export function parsePartitioning(c: Cursor): Partitioning {
  const { start } = c.advance();
  c.advance();
  c.accept('LINEAR');
  const method = c.advance().upper;
  while (c.token.kind === 'word' && c.is('COLUMNS')) c.advance();
  // KEY ALGORITHM = 2 (a)
  if (c.is('ALGORITHM')) while (!c.atClose && !c.isSymbol('(')) c.advance();
  const keys = c.isSymbol('(') ? parseValues(c) : [];
  // SYSTEM_TIME INTERVAL 1 MONTH, LIMIT 1000, PARTITIONS 4, SUBPARTITION BY HASH (a) SUBPARTITIONS 2
  while (!c.atClose && !c.isSymbol('(') && !c.is('AS') && !c.atQueryWord) {
    const subpartition = c.isWords('SUBPARTITION', 'BY');
    c.advance();
    if (subpartition) while (!c.atClose && !c.isSymbol('(')) c.advance();
    if (subpartition) c.skip();
  }
  const partitions = atDefinitions(c) ? parsePartitionDefinitions(c) : [];
  return { kind: 'partitioning', start, end: c.lastEnd, method, keys, partitions };
}

function atDefinitions(c: Cursor): boolean {
  return c.isSymbol('(') && c.peek(1).upper === 'PARTITION';
}

/** `(PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES IN (1, 2) ENGINE = InnoDB)` */
export function parsePartitionDefinitions(c: Cursor): PartitionDefinition[] {
  const partitions: PartitionDefinition[] = [];
  c.expectSymbol('(');
  do {
    const { start } = c.token;
    c.expect('PARTITION');
    const name = parseName(c);
    const values = c.accept('VALUES') ? readBounds(c) : [];
    // options of storage, subpartitions
    while (!c.atClose && !c.isSymbol(',')) c.skip();
    partitions.push({ kind: 'partitionDefinition', start, end: c.lastEnd, name, values });
  } while (c.acceptSymbol(','));
  closeParens(c);
  return partitions;
}

/** LESS THAN (10), LESS THAN MAXVALUE, IN (1, 2) */
function readBounds(c: Cursor): Expression[] {
  if (!c.acceptWords('LESS', 'THAN')) c.accept('IN');
  if (c.accept('MAXVALUE')) return [];
  return c.isSymbol('(') ? parseValues(c) : [];
}

/** Expressions in parentheses, none of them for MAXVALUE; KEY () has none at all. */
function parseValues(c: Cursor): Expression[] {
  const values: Expression[] = [];
  c.advance();
  if (!c.isSymbol(')')) {
    do {
      if (!c.accept('MAXVALUE')) values.push(parseExpression(c));
    } while (c.acceptSymbol(','));
  }
  closeParens(c);
  return values;
}
