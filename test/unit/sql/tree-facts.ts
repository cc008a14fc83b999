/**
 * What a statement names and does, as sorted lines, from our tree and from the tree of PostgreSQL's parser: columns,
 * tables, calls, subqueries, joins, sort orders, parameters, limits. Nesting is compared elsewhere; this shows that
 * nothing is missing from the tree and that flags (DISTINCT, NOT, DESC …) are read right.
 */
import type { Node, TableAlias } from '../../../src/core/sql/ast.ts';
import { walk } from '../../../src/core/sql/walk.ts';

/** Forms that PostgreSQL's parser does not call functions, or calls by another name. */
const NOT_FUNCTIONS = new Set([
  ...[
    'coalesce',
    'nullif',
    'greatest',
    'least',
    'grouping',
    'merge_action',
    'trim',
    'normalize',
    'current_schema',
  ],
  // what its parser makes of ESCAPE, TREAT and JSON_OBJECT
  ...['pg_catalog.like_escape', 'pg_catalog.similar_to_escape', 'pg_catalog.text', 'pg_catalog.json_object'],
]);
const WORDED =
  /^(?:xml(?!agg)|json(?:_array|_arrayagg|_exists|_object|_objectagg|_query|_scalar|_serialize|_table|_value)?$)/;

/** Facts of our tree. */
export function ourFacts(tree: Node): string[] {
  const facts: string[] = [];
  walk(tree, (node, parent) => {
    if (node.kind === 'indexColumn') indexed.add(node.expression);
    const fact = ourFact(node, parent);
    if (fact !== null) facts.push(fact);
  });
  return facts.sort();
}

function ourFact(node: Node, parent: Node | null): string | null {
  switch (node.kind) {
    case 'column':
      if (isIndexed(node, parent) || (parent?.kind === 'assignment' && parent.value !== node)) return null;
      return `column ${node.parts.map(({ name }) => name).join('.')}`;
    case 'star':
      return `column ${[...node.qualifier.map(({ name }) => name), '*'].join('.')}`;
    case 'placeholder':
      return `parameter ${node.text}`;
    case 'tableQuery':
      return 'column *';
    case 'table':
      return `table ${node.name.map(({ name }) => name).join('.')} ${aliasOf(node.alias)}${node.only ? ' only' : ''}`;
    case 'derived':
      return `derived ${aliasOf(node.alias)}${node.lateral ? ' lateral' : ''}`;
    case 'join':
      return `join ${node.type === 'cross' ? 'inner' : node.type}${node.natural ? ' natural' : ''} ${node.using?.map(({ name }) => name) ?? ''}`;
    case 'exists':
      return 'subquery EXISTS';
    case 'array':
      return node.query === null ? null : 'subquery ARRAY';
    case 'in':
      return node.query === null ? null : 'subquery ANY';
    case 'quantified':
      return node.query === null ? null : `subquery ${node.quantifier}`;
    case 'subquery':
      return parent?.kind === 'argument' && parent.start === node.query.start ? null : 'subquery EXPR';
    case 'orderItem':
      return `order ${node.using === null ? (node.direction ?? 'default') : 'using'} ${node.nulls ?? 'default'}`;
    case 'call':
      return ourCall(node);
    case 'case':
      return `case ${node.branches.length} ${node.operand !== null} ${node.otherwise !== null}`;
    case 'setOperation':
      return `set ${node.operator} ${node.all}`;
    case 'locking':
      return `lock ${node.strength} ${node.of.length} ${node.wait ?? 'wait'}`;
    case 'cte':
      return `cte ${node.name.name} (${node.columns.map(({ name }) => name)}) ${node.materialized}`;
    case 'between':
      return `between ${node.negated} ${node.symmetric}`;
    case 'is':
      return node.test === 'null' ? `null ${node.negated}` : null;
    default:
      return null;
  }
}

/** PostgreSQL has the columns of an index as names. */
function isIndexed(node: Node, parent: Node | null): boolean {
  if (node.kind === 'column' && parent?.kind === 'collate') return indexed.has(parent);
  return parent?.kind === 'indexColumn' && node.kind === 'column';
}

const indexed = new WeakSet<Node>();

function aliasOf(alias: TableAlias | null): string {
  return alias === null ? '' : `${alias.name.name}(${alias.columns.map(({ name }) => name)})`;
}

function ourCall(node: Node & { kind: 'call' }): string | null {
  if (node.syntax !== 'plain' || NOT_FUNCTIONS.has(node.function) || WORDED.test(node.function)) return null;
  const name = node.name.map((part) => part.name).join('.');
  const flags = [
    node.distinct && 'distinct',
    node.star && 'star',
    node.variadic && 'variadic',
    node.filter && 'filter',
    node.over && 'over',
    node.withinGroup.length > 0 && 'within',
  ];
  return `call ${name} ${node.args.length} ${flags.filter(Boolean)}`;
}

type Tree = { readonly [key: string]: unknown };

/**
 * Facts of the tree of PostgreSQL's parser.
 *
 * @param json see referenceTree()
 */
export function referenceFacts(json: string): string[] {
  const facts: string[] = [];
  const open: unknown[] = [JSON.parse(json)];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) {
      open.push(...value);
      continue;
    }
    for (const [key, inner] of Object.entries(value)) {
      // (a, b) = (SELECT …): the tree has the source once for each target
      if (key === 'MultiAssignRef' && (inner as Tree)['colno'] !== 1) continue;
      // SELECT … INTO and FOR UPDATE OF name tables too; USING's and a type's names are strings.
      if (key !== 'intoClause' && key !== 'lockedRels') open.push(inner);
      if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
        facts.push(...referenceFact(key, inner as Tree));
      }
    }
  }
  return facts.sort();
}

function referenceFact(kind: string, node: Tree): string[] {
  switch (kind) {
    case 'ColumnRef':
      return [`column ${strings(node['fields']).join('.')}`];
    case 'ParamRef':
      return [`parameter $${node['number']}`];
    case 'RangeVar':
    case 'relation':
      return tableFact(node);
    case 'RangeSubselect':
      return [`derived ${referenceAlias(node)}${node['lateral'] ? ' lateral' : ''}`];
    case 'JoinExpr': {
      const type = String(node['jointype']).replace('JOIN_', '').toLowerCase();
      return [`join ${type}${node['isNatural'] ? ' natural' : ''} ${strings(node['usingClause'])}`];
    }
    case 'SubLink':
      return [`subquery ${String(node['subLinkType']).replace('_SUBLINK', '')}`];
    case 'SortBy':
      return [
        `order ${String(node['sortby_dir']).replace('SORTBY_', '').toLowerCase()} ${String(node['sortby_nulls']).replace('SORTBY_NULLS_', '').toLowerCase()}`,
      ];
    case 'FuncCall':
      return callFact(node);
    case 'CaseExpr':
      return [`case ${list(node['args']).length} ${'arg' in node} ${'defresult' in node}`];
    case 'SelectStmt':
    case 'larg':
    case 'rarg':
      return node['op'] === undefined || node['op'] === 'SETOP_NONE'
        ? []
        : [`set ${String(node['op']).replace('SETOP_', '')} ${node['all'] === true}`];
    case 'LockingClause':
      return [lockFact(node)];
    case 'CommonTableExpr': {
      const materialized = String(node['ctematerialized']).replace('CTEMaterialize', '');
      const flag = materialized === 'Always' ? true : materialized === 'Never' ? false : null;
      return [`cte ${node['ctename']} (${strings(node['aliascolnames'])}) ${flag}`];
    }
    case 'A_Expr': {
      const between = /^AEXPR_(NOT_)?BETWEEN(_SYM)?$/.exec(String(node['kind']));
      return between ? [`between ${between[1] !== undefined} ${between[2] !== undefined}`] : [];
    }
    case 'NullTest':
      return [`null ${node['nulltesttype'] === 'IS_NOT_NULL'}`];
    default:
      return [];
  }
}

function tableFact(node: Tree): string[] {
  if (typeof node['relname'] !== 'string') return [];
  const name = [node['catalogname'], node['schemaname'], node['relname']].filter(Boolean).join('.');
  return [`table ${name} ${referenceAlias(node)}${node['inh'] === true ? '' : ' only'}`];
}

function referenceAlias(node: Tree): string {
  const alias = node['alias'] as Tree | undefined;
  return alias === undefined ? '' : `${alias['aliasname']}(${strings(alias['colnames'])})`;
}

function callFact(node: Tree): string[] {
  if (node['funcformat'] !== 'COERCE_EXPLICIT_CALL') return [];
  const name = strings(node['funcname']).join('.');
  if (NOT_FUNCTIONS.has(name)) return [];
  const within = node['agg_within_group'] === true;
  const flags = [
    node['agg_distinct'] && 'distinct',
    node['agg_star'] && 'star',
    node['func_variadic'] && 'variadic',
    node['agg_filter'] && 'filter',
    node['over'] && 'over',
    within && 'within',
  ];
  return [`call ${name} ${list(node['args']).length} ${flags.filter(Boolean)}`];
}

const STRENGTHS: Readonly<Record<string, string>> = {
  LCS_FORUPDATE: 'UPDATE',
  LCS_FORNOKEYUPDATE: 'NO KEY UPDATE',
  LCS_FORSHARE: 'SHARE',
  LCS_FORKEYSHARE: 'KEY SHARE',
};
const WAITS: Readonly<Record<string, string>> = { LockWaitError: 'NOWAIT', LockWaitSkip: 'SKIP LOCKED' };

function lockFact(node: Tree): string {
  const wait = WAITS[String(node['waitPolicy'])] ?? 'wait';
  return `lock ${STRENGTHS[String(node['strength'])]} ${list(node['lockedRels']).length} ${wait}`;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The texts of a list of names; a star is '*'. */
function strings(value: unknown): string[] {
  return list(value).map((part) => {
    const { String: text } = part as { String?: { sval: string } };
    return text === undefined ? '*' : text.sval;
  });
}
