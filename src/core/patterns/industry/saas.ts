import type { ForeignKey, Table } from '../../catalog/catalog.ts';
import type { Expression } from '../../sql/ast.ts';
import { equalitiesOf } from '../../sql/properties/equalities.ts';
import { sameEqualitySemantics } from '../../sql/properties/types.ts';
import type { AnalyzedStatement, Conjunct, Scope, Source } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { sql } from '../../sql/writing/fragment.ts';
import { columnOf } from '../../sql/writing/identifiers.ts';
import { allEngines } from '../engines.ts';
import { advice, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';
import { tenancyOf } from './tenant.ts';

/** `orders o JOIN customers c ON c.id = o.customer_id` where (tenant_id, customer_id) refers to (tenant_id, id). */
export const impliedTenantJoin: Pattern = {
  id: 'implied-tenant-join',
  title: 'Join by part of a composite foreign key: add the rest',
  category: 'joins',
  industries: ['saas'],
  engines: allEngines(
    'when the parent is partitioned by the other column, or its index begins with it: then one partition or one range is read',
  ),
  severity: 'info',
  description:
    'The foreign key has two columns, the join uses one. Where that one alone finds the row, the other one is equal anyway, but the planner does not know it: it searches all partitions, and cannot use an index that begins with the tenant.',
  source:
    'https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK; https://www.postgresql.org/docs/current/ddl-partitioning.html',
  precondition:
    'A validated foreign key covers the joined columns and one more that is NOT NULL, and the joined columns of the parent are a unique key by themselves.',
  example: {
    schema: `CREATE TABLE customers (tenant_id int NOT NULL, id int PRIMARY KEY, name text, UNIQUE (tenant_id, id));
CREATE TABLE orders (tenant_id int NOT NULL, id int PRIMARY KEY, customer_id int NOT NULL, FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id));`,
    before:
      'SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.tenant_id = 7',
    after:
      'SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id AND c.tenant_id = o.tenant_id WHERE o.tenant_id = 7',
  },
  rewrites: true,
  needs: ['join step', 'condition'],
  *find(statement) {
    for (const scope of statement.blocks) {
      for (const join of scope.joins) {
        if (join.type !== 'inner' && join.type !== 'left') continue;
        for (const conjunct of join.on) {
          const match = impliedBy(statement, scope, conjunct, join.type === 'left' ? join.right : null);
          if (match) yield match;
        }
      }
    }
  },
};

function impliedBy(
  statement: AnalyzedStatement,
  scope: Scope,
  conjunct: Conjunct,
  onlyParent: readonly Source[] | null,
): Match | null {
  for (const { column, value } of equalitiesOf(conjunct, statement)) {
    const other = value.kind === 'column' ? statement.resolve(value) : null;
    if (
      !other?.table ||
      !column.table ||
      !isPlainTable(column.source, scope) ||
      !isPlainTable(other.source, scope)
    )
      continue;
    // of a LEFT JOIN the parent must be the side that is searched
    if (onlyParent && !onlyParent.includes(column.source)) continue;
    const rest = restOf(other.table, other.name, column.source, column.name);
    if (!rest || isStated(statement, scope, other.source, rest.child, column.source, rest.parent)) continue;
    const [a, b] = [typeOfColumn(column.source, rest.parent), typeOfColumn(other.source, rest.child)];
    if (!sameEqualitySemantics(a, b)) continue;
    const { dialect } = statement;
    const edits = () =>
      editing(statement)
        .insert(
          conjunct.range.end,
          sql` AND ${columnOf(column.source, rest.parent, dialect)} = ${columnOf(other.source, rest.child, dialect)}`,
        )
        .done();
    return offer(
      conjunct.range,
      `By the foreign key ${rest.key.name}, ${column.source.alias}.${rest.parent} is ${other.source.alias}.${rest.child} too. Say so, and the planner can use it.`,
      edits,
      `${rest.key.name} is validated, and ${column.name} alone is a unique key of ${column.table.name}`,
    );
  }
  return null;
}

/** A table of the scope whose columns keep their names. */
function isPlainTable(source: Source, scope: Scope): boolean {
  return (
    source.block === scope && source.node.kind === 'table' && (source.node.alias?.columns.length ?? 0) === 0
  );
}

function typeOfColumn(source: Source, name: string) {
  return source.columns?.find((one) => one.name === name)?.type ?? null;
}

/** The one further pair of columns of a foreign key by which child and parent are joined. */
function restOf(
  child: Table,
  childColumn: string,
  parent: Source,
  parentColumn: string,
): { child: string; parent: string; key: ForeignKey } | null {
  const table = parent.table;
  if (!table || parent.kind !== 'table' || table.rowSecurity) return null;
  if (
    !table.keys.some((key) => key.columns.length === 1 && key.columns[0] === parentColumn && !key.deferrable)
  )
    return null;
  for (const key of child.foreignKeys) {
    const { references } = key;
    const at = key.columns.indexOf(childColumn);
    if (!key.validated || key.deferrable || key.columns.length !== 2 || at < 0) continue;
    if (
      references.table !== table.name ||
      references.schema !== table.schema ||
      references.columns[at] !== parentColumn
    )
      continue;
    const rest = key.columns[1 - at];
    const restOfParent = references.columns[1 - at];
    const isNotNull = child.columns.some((one) => one.name === rest && one.notNull);
    if (rest && restOfParent && isNotNull && child.kind !== 'view')
      return { child: rest, parent: restOfParent, key };
  }
  return null;
}

/** The columns are equated already, or both are equal to the same constant. */
function isStated(
  statement: AnalyzedStatement,
  scope: Scope,
  child: Source,
  childColumn: string,
  parent: Source,
  parentColumn: string,
): boolean {
  const conjuncts = [...scope.where, ...scope.joins.flatMap((join) => join.on)];
  return (
    scope.joins.some((join) => join.using?.includes(parentColumn) || join.node?.natural) ||
    conjuncts.some((conjunct) =>
      equalitiesOf(conjunct, statement).some(({ column, value }) => {
        const other = value.kind === 'column' ? statement.resolve(value) : null;
        return (
          column.source === parent &&
          column.name === parentColumn &&
          (!other || (other.source === child && other.name === childColumn))
        );
      }),
    )
  );
}

/** A join of two tables of tenants that compares everything but the tenant. */
export const crossTenantJoin: Pattern = {
  id: 'cross-tenant-join',
  title: 'Join of tenant tables without the tenant',
  category: 'joins',
  industries: ['saas'],
  engines: allEngines(
    'when indexes or partitions begin with the tenant; above all no row of another tenant is shown',
  ),
  severity: 'warning',
  description:
    'Ids of two tenants may be equal where the key of the table is (tenant, id): the join then shows rows of another tenant. And the planner cannot use what begins with the tenant.',
  source:
    'https://www.citusdata.com/docs: co-located joins need the distribution column; OWASP, multi-tenant security',
  precondition:
    'Both tables have the tenant column of the catalog as NOT NULL, the joined column alone is no key of either, and no condition ties the tenants together or fixes both.',
  example: {
    schema: `CREATE TABLE customers (tenant_id int NOT NULL, id int, PRIMARY KEY (tenant_id, id));
CREATE TABLE orders (tenant_id int NOT NULL, id int, customer_id int, PRIMARY KEY (tenant_id, id));
CREATE TABLE items (tenant_id int NOT NULL, id int, PRIMARY KEY (tenant_id, id));`,
    before: 'SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.tenant_id = 7',
    after: null,
  },
  rewrites: false,
  needs: ['join step', 'condition', 'tenants'],
  *find(statement) {
    const tenancy = tenancyOf(statement.catalog);
    if (!tenancy) return;
    for (const scope of [...statement.blocks, ...statement.writes]) {
      for (const join of scope.joins) {
        for (const conjunct of join.on) {
          const pair = pairOf(statement, conjunct);
          if (!pair) continue;
          const { left, right } = pair;
          const both = [left, right].every(
            (one) => one.table && tenancy.tables.has(one.table) && one.name !== tenancy.column,
          );
          if (!both || [left, right].some((one) => isKey(one.table, one.name))) continue;
          if (tenantsAreTied(statement, scope, tenancy.column, left.source, right.source)) continue;
          yield advice(
            conjunct.range,
            `${left.source.alias} and ${right.source.alias} are joined without ${tenancy.column}: rows of other tenants may match. Add ${left.source.alias}.${tenancy.column} = ${right.source.alias}.${tenancy.column}.`,
          );
        }
      }
    }
  },
};

function pairOf(statement: AnalyzedStatement, { expression }: Conjunct) {
  if (expression.kind !== 'binary' || expression.operator !== '=') return null;
  const [left, right] = [expression.left, expression.right].map((side) =>
    side.kind === 'column' ? statement.resolve(side) : null,
  );
  return left && right && left.source !== right.source ? { left, right } : null;
}

function isKey(table: Table | null, column: string): boolean {
  return table?.keys.some((key) => key.columns.length === 1 && key.columns[0] === column) ?? false;
}

/** A condition compares the two tenant columns, or each of them with a constant. */
function tenantsAreTied(
  statement: AnalyzedStatement,
  scope: Scope,
  column: string,
  left: Source,
  right: Source,
): boolean {
  const conjuncts = [...scope.where, ...scope.joins.flatMap((join) => join.on)];
  const fixed = new Set<Source>();
  let tied = scope.joins.some((join) => join.using?.includes(column) || join.node?.natural);
  for (const { expression } of conjuncts) {
    if (expression.kind !== 'binary' || expression.operator !== '=') continue;
    const sides = [expression.left, expression.right].map((side: Expression) =>
      side.kind === 'column' ? statement.resolve(side) : null,
    );
    const named = sides.flatMap((one) => (one?.name === column ? [one.source] : []));
    if (named.length === 2) tied ||= named.includes(left) && named.includes(right);
    else for (const one of named) fixed.add(one);
  }
  return tied || (fixed.has(left) && fixed.has(right));
}

/** A statement over a table of tenants that does not say which. */
export const missingTenantPredicate: Pattern = {
  id: 'missing-tenant-predicate',
  title: 'Query of a tenant table without the tenant',
  category: 'predicates',
  industries: ['saas'],
  engines: allEngines(
    'when indexes or partitions begin with the tenant; above all no row of another tenant is touched',
  ),
  severity: 'info',
  description:
    'Every other table is read or written for one tenant at a time. Without the tenant the statement touches the rows of all of them, and no index that begins with the tenant helps.',
  source: 'OWASP Cloud Tenant Isolation; https://www.postgresql.org/docs/current/ddl-rowsecurity.html',
  precondition:
    'At least three tables of the catalog share a NOT NULL tenant column; the statement mentions it nowhere, reads such a table with a WHERE that fixes no unique key, and no row security is on.',
  example: {
    schema: `CREATE TABLE tenants (id int PRIMARY KEY);
CREATE TABLE customers (tenant_id int NOT NULL REFERENCES tenants (id), id int PRIMARY KEY);
CREATE TABLE orders (tenant_id int NOT NULL REFERENCES tenants (id), id int PRIMARY KEY, state text);
CREATE TABLE items (tenant_id int NOT NULL REFERENCES tenants (id), id int PRIMARY KEY);`,
    before: "SELECT id FROM orders WHERE state = 'open'",
    after: null,
  },
  rewrites: false,
  needs: ['where', 'tenants'],
  *find(statement) {
    const tenancy = tenancyOf(statement.catalog);
    if (!tenancy) return;
    const scopes: readonly Scope[] = [...statement.writes, ...statement.blocks];
    const mentioned = scopes.some(
      (scope) =>
        scope.references.some((one) => one.parts.at(-1)?.name === tenancy.column) ||
        scope.joins.some((join) => join.using?.includes(tenancy.column)),
    );
    const inserts = statement.writes.some((write) => write.statement.kind === 'insert');
    if (mentioned || inserts || statement.opaque.length > 0) return;
    for (const scope of scopes) {
      const source = scope.sources.find(
        (one) => one.table && tenancy.tables.has(one.table) && !one.table.rowSecurity,
      );
      if (!source || scope.where.length === 0 || scope.where.some((one) => fixesKey(statement, one, source)))
        continue;
      yield advice(
        source.node,
        `${source.alias} holds the rows of all tenants, and the statement does not say which: add ${tenancy.column} = … to WHERE.`,
      );
      return;
    }
  },
};

function fixesKey(statement: AnalyzedStatement, conjunct: Conjunct, source: Source): boolean {
  return equalitiesOf(conjunct, statement).some(
    ({ column }) => column.source === source && isKey(column.table, column.name),
  );
}

/** An index of a tenant table that does not begin with the tenant. */
export const tenantNotLeading: Pattern = {
  id: 'tenant-not-leading-in-index',
  title: 'Index of a tenant table that does not begin with the tenant',
  category: 'schema',
  industries: ['saas'],
  engines: allEngines('when every query names the tenant: the range of one tenant lies together'),
  severity: 'hint',
  description:
    'Queries name the tenant first. An index that begins with another column mixes the rows of all tenants: it is read in many places, and filters the other tenants out row by row.',
  source: 'https://use-the-index-luke.com: column order of concatenated indexes',
  precondition:
    'The table has the tenant column of the catalog, the index names it behind another column or not at all, and is no unique index of one column and no partial one.',
  example: {
    schema: `CREATE TABLE customers (tenant_id int NOT NULL, id int, PRIMARY KEY (tenant_id, id));
CREATE TABLE orders (tenant_id int NOT NULL, id int, state text, PRIMARY KEY (tenant_id, id));
CREATE TABLE items (tenant_id int NOT NULL, id int, PRIMARY KEY (tenant_id, id));`,
    before: 'CREATE INDEX orders_state ON orders (state, tenant_id)',
    after: null,
  },
  rewrites: false,
  needs: ['createIndex'],
  *find(statement) {
    const { tree } = statement;
    const tenancy = tenancyOf(statement.catalog);
    if (tree.kind !== 'createIndex' || !tenancy || tree.where) return;
    const name = tree.table.at(-1)?.name;
    const table = [...tenancy.tables].find((one) => one.name === name);
    const [first] = tree.columns;
    if (!table || !first || first.expression.kind !== 'column' || (tree.unique && tree.columns.length === 1))
      return;
    if (tree.method && !/^btree$/i.test(tree.method)) return;
    const leading = first.expression.parts.at(-1)?.name;
    // the column of a foreign key has an index of its own for the parent's sake
    if (leading === tenancy.column || table.foreignKeys.some((key) => key.columns[0] === leading)) return;
    yield advice(first, `Queries of ${name} name ${tenancy.column} first: begin the index with it.`);
  },
};
