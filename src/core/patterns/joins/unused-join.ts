import type { ForeignKey, Table } from '../../catalog/catalog.ts';
import { equalitiesOf } from '../../sql/properties/equalities.ts';
import { keyCoveredByEquality } from '../../sql/properties/keys.ts';
import { isLocked } from '../../sql/properties/locking.ts';
import { isUnused } from '../../sql/properties/usage.ts';
import { isDeterministic } from '../../sql/properties/volatility.ts';
import type {
  AnalyzedStatement,
  Block,
  Conjunct,
  JoinStep,
  ResolvedColumn,
  Source,
} from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { source, sql } from '../../sql/writing/fragment.ts';
import { isMembership, removesDuplicates } from '../duplicates.ts';
import { allEngines } from '../engines.ts';
import { offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/**
 * Matches a LEFT JOIN whose right side is not used, and which adds no rows: it is joined on a unique key (of a table, or of
 * a grouped derived table), or nobody sees the copies.
 */
export const unusedLeftJoin: Pattern = {
  id: 'unused-left-join',
  title: 'LEFT JOIN whose columns nobody uses: leave it out',
  category: 'joins',
  engines: allEngines(
    'where the planner does not remove the join itself: MySQL, and under DISTINCT every engine',
  ),
  severity: 'info',
  description:
    'The joined table adds no column that is used and removes no row, so reading it is for nothing. Under DISTINCT it even multiplies the rows that must be made distinct.',
  source: 'Paulley, "Exploiting functional dependence in query optimization", 2000; PostgreSQL join removal',
  precondition:
    'No column of the right side is used outside of its ON, and it is joined on all columns of a unique key, or copies of a row do not show: SELECT DISTINCT, GROUP BY with only MIN, MAX or COUNT(DISTINCT), a subquery of IN or EXISTS.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL); CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before: 'SELECT o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id;',
    after: 'SELECT o.id FROM orders o;',
  },
  rewrites: true,
  needs: ['outer join'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const step of block.joins) {
        const [right] = step.right;
        if (step.type !== 'left' || !step.node || step.using || !right || step.right.length !== 1) continue;
        if (!step.node.on || !isUnused(right, statement, [step.node.on])) continue;
        const reason = harmless(statement, block, step, right);
        if (reason !== null) yield withoutJoin(statement, step, right, reason);
      }
    }
  },
};

/** Why the join changes nothing, or null. */
function harmless(statement: AnalyzedStatement, block: Block, step: JoinStep, right: Source): string | null {
  if (isLocked(block) || right.lateral) return null;
  if (step.on.some((conjunct) => !isDeterministic(conjunct.expression, statement))) return null;
  if (right.query && !isDeterministic(right.query, statement)) return null;
  if (right.kind === 'function' || right.kind === 'unknown') return null;
  const key = keyCoveredByEquality(right, step.on, statement);
  if (key) return `${right.alias} (${key.columns.join(', ')}) is unique, so the join adds no rows`;
  if (isMembership(block, statement)) return 'the subquery is only asked whether it has such a row';
  return removesDuplicates(block, statement);
}

function withoutJoin(statement: AnalyzedStatement, step: JoinStep, right: Source, reason: string): Match {
  const range = { start: step.node?.joinRange.start ?? right.node.start, end: right.node.end };
  return offer(
    range,
    `No column of ${right.alias} is used and the LEFT JOIN keeps every row, so it can be left out.`,
    () => editing(statement).removeSource(right).done() ?? 'a part of the join would be lost',
    reason,
  );
}

/**
 * Matches an inner join to the parent of a foreign key when nothing of the parent is used: the foreign key already says
 * that there is exactly one.
 */
export const redundantForeignKeyJoin: Pattern = {
  id: 'redundant-foreign-key-join',
  title: 'Join to a foreign key’s parent that nobody uses: leave it out',
  category: 'joins',
  engines: allEngines(
    'wherever the parent is large or many rows are joined; SQL Server removes the join itself when the foreign key is trusted',
  ),
  severity: 'info',
  description:
    'Every row has exactly one parent, as the foreign key guarantees, and no column of the parent is used. The join only costs time.',
  source:
    'King, "QUIST: A system for semantic query optimization", VLDB 1981; measured 1.4 times on PostgreSQL 15, 3.2 on MariaDB 10.11',
  precondition:
    'A validated, not deferrable foreign key covers the join columns, the parent is an ordinary table without row security, and nothing else of it is used. For a nullable column IS NOT NULL is added.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, total numeric);',
    before: 'SELECT o.id, o.total FROM orders o JOIN customers c ON c.id = o.customer_id;',
    after: 'SELECT o.id, o.total FROM orders o;',
  },
  rewrites: true,
  needs: ['several sources'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const parent of block.sources) {
        const link = linkTo(statement, block, parent);
        if (link) yield withoutParent(statement, block, parent, link);
      }
    }
  },
};

/** The foreign key that makes the join certain, with the conjuncts that state it. */
interface Link {
  readonly key: ForeignKey;
  readonly child: Source;
  readonly columns: readonly ResolvedColumn[];
  readonly conjuncts: readonly Conjunct[];
}

function linkTo(statement: AnalyzedStatement, block: Block, parent: Source): Link | null {
  if (!isPlainTable(parent) || isLocked(block) || block.sources.length < 2) return null;
  const joining = joiningConjuncts(block, parent);
  if (
    !joining ||
    !isUnused(
      parent,
      statement,
      joining.map((conjunct) => conjunct.range),
    )
  )
    return null;
  for (const child of block.sources) {
    if (child === parent || child.kind !== 'table' || !child.table) continue;
    for (const key of child.table.foreignKeys) {
      const columns = columnsFor(statement, key, child, parent, joining);
      if (columns) return { key, child, columns, conjuncts: joining };
    }
  }
  return null;
}

function isPlainTable(parent: Source): boolean {
  const { table, node } = parent;
  return (
    table !== null &&
    parent.kind === 'table' &&
    (table.kind === 'table' || table.kind === 'partitioned') &&
    !table.rowSecurity &&
    !parent.nullSupplied &&
    node.kind === 'table' &&
    !node.only &&
    node.modifiers.length === 0
  );
}

/** The conjuncts that mention the parent: all of an inner join's ON, or those of WHERE for a list. Null for outer joins. */
function joiningConjuncts(block: Block, parent: Source): readonly Conjunct[] | null {
  const touching = block.joins.filter((step) => step.left.includes(parent) || step.right.includes(parent));
  const own = block.joins.find((step) => step.right.length === 1 && step.right[0] === parent);
  if (!own || !['inner', 'comma', 'cross'].includes(own.type) || own.using) return null;
  if (touching.some((step) => step !== own && step.on.some((conjunct) => conjunct.sources.includes(parent))))
    return null;
  const inWhere = block.where.filter((conjunct) => conjunct.sources.includes(parent));
  const all = [...own.on, ...inWhere];
  return all.every((conjunct) => conjunct.sources.includes(parent)) ? all : null;
}

/** The child's columns of the foreign key when the conjuncts are exactly its equalities. */
function columnsFor(
  statement: AnalyzedStatement,
  key: ForeignKey,
  child: Source,
  parent: Source,
  conjuncts: readonly Conjunct[],
): ResolvedColumn[] | null {
  if (
    !key.validated ||
    key.deferrable ||
    !refersTo(key, parent.table) ||
    !isKey(parent.table, key.references.columns) ||
    conjuncts.length !== key.columns.length
  )
    return null;
  const columns: ResolvedColumn[] = [];
  for (const [i, column] of key.columns.entries()) {
    const target = key.references.columns[i];
    const equality = conjuncts
      .flatMap((conjunct) => equalitiesOf(conjunct, statement))
      .find(
        (e) =>
          e.column.source === parent &&
          e.column.name === target &&
          isColumn(statement, e.value, child, column),
      );
    const reference = equality?.value.kind === 'column' ? statement.resolve(equality.value) : null;
    if (!reference) return null;
    columns.push(reference);
  }
  return columns;
}

function refersTo(key: ForeignKey, table: Table | null): boolean {
  return table !== null && key.references.table === table.name && key.references.schema === table.schema;
}

/** The columns are a key of all rows that a scan of the table reads, those of inheriting tables included. */
function isKey(table: Table | null, columns: readonly string[]): boolean {
  return (
    table?.keys.some(
      (key) =>
        !key.deferrable &&
        key.columns.length === columns.length &&
        key.columns.every((column) => columns.includes(column)),
    ) ?? false
  );
}

function isColumn(
  statement: AnalyzedStatement,
  value: Parameters<typeof isDeterministic>[0],
  of: Source,
  name: string,
): boolean {
  if (value.kind !== 'column') return false;
  const column = statement.resolve(value);
  return column?.source === of && column.name === name;
}

function withoutParent(statement: AnalyzedStatement, block: Block, parent: Source, link: Link): Match {
  const edits = () => {
    const written = editing(statement).removeSource(parent);
    for (const conjunct of link.conjuncts) if (conjunct.place === 'where') written.removeConjunct(conjunct);
    for (const column of link.columns) {
      if (!column.notNull)
        written.addConjunct(block, sql`${source(statement, column.reference)} IS NOT NULL`);
    }
    return written.done() ?? 'a part of the join would be lost';
  };
  return offer(
    { start: parent.node.start, end: parent.node.end },
    `Nothing of ${parent.alias} is used, and the foreign key ${link.key.name} guarantees its row. The join can be left out.`,
    edits,
    `the foreign key ${link.key.name} on ${link.child.alias} (${link.key.columns.join(', ')}) is validated and not deferrable`,
  );
}
