/**
 * Random statements over the refutation suite's schema, and random small changes of them: the slips that people and
 * models make. Everything comes from a seed.
 */
import type { Random } from '../../src/core/verification/generate/random.ts';

export interface RandomPair {
  readonly before: string;
  readonly after: string;
  /** what was changed */
  readonly change: string;
}

interface Predicate {
  readonly column: ColumnFact;
  readonly alias: string;
  operator: '=' | '<>' | '<' | '<=' | '>' | '>=' | 'null' | 'not null' | 'in' | 'not in' | 'like' | 'between';
  values: string[];
  negated: boolean;
  /** '' | 'or null' | 'coalesce' */
  dressing: '' | 'or null' | 'coalesce';
}

interface SubqueryPredicate {
  form: 'in' | 'not in' | 'exists' | 'not exists';
  readonly outer: string;
  readonly table: TableFact;
  readonly inner: string;
  predicates: Predicate[];
}

interface Draft {
  tables: { fact: TableFact; alias: string; join: 'first' | 'inner' | 'left'; on: string }[];
  predicates: Predicate[];
  connective: 'AND' | 'OR';
  subquery: SubqueryPredicate | null;
  outputs: string[];
  distinct: boolean;
  aggregate: { call: string; key: string; having: { operator: string; value: number } | null } | null;
  order: { direction: 'ASC' | 'DESC'; limit: number } | null;
  union: { table: TableFact; all: boolean; predicates: Predicate[] } | null;
}

interface ColumnFact {
  readonly name: string;
  readonly kind: 'number' | 'text' | 'moment' | 'truth';
}

interface TableFact {
  readonly name: string;
  readonly key: string;
  readonly columns: readonly ColumnFact[];
}

const column = (name: string, kind: ColumnFact['kind']): ColumnFact => ({ name, kind });

const CUSTOMERS: TableFact = {
  name: 'customers',
  key: 'id',
  columns: [
    column('country', 'text'),
    column('vip', 'truth'),
    column('credit', 'number'),
    column('name', 'text'),
  ],
};
const ORDERS: TableFact = {
  name: 'orders',
  key: 'id',
  columns: [
    column('status', 'text'),
    column('total', 'number'),
    column('discount', 'number'),
    column('created_at', 'moment'),
    column('note', 'text'),
    column('customer_id', 'number'),
  ],
};
const EVENTS: TableFact = {
  name: 'events',
  key: 'id',
  columns: [column('kind', 'text'), column('amount', 'number'), column('customer_id', 'number')],
};
const EMPLOYEES: TableFact = {
  name: 'employees',
  key: 'id',
  columns: [column('department', 'text'), column('salary', 'number'), column('manager_id', 'number')],
};

/** Tables with their foreign column: what joins and subqueries go along. */
const LINKS: readonly (readonly [TableFact, TableFact, string, string])[] = [
  [CUSTOMERS, ORDERS, 'id', 'customer_id'],
  [CUSTOMERS, EVENTS, 'id', 'customer_id'],
  [ORDERS, EVENTS, 'customer_id', 'customer_id'],
  [EMPLOYEES, EVENTS, 'manager_id', 'customer_id'],
  [ORDERS, CUSTOMERS, 'customer_id', 'id'],
];

/** Every constant that a random statement may name; the oracle's data holds them and their neighbours. */
export const CONSTANTS: Readonly<Record<ColumnFact['kind'], readonly string[]>> = {
  number: ['0', '1', '2', '3', '5', '10'],
  text: ["'a'", "'b'", "'DE'", "'paid'", "'x%'", "''"],
  moment: ["'2024-03-01'", "'2024-03-05'", "'2024-03-05 12:00'"],
  truth: ['true', 'false'],
};

/** A statement and a changed one. */
export function randomPair(random: Random): RandomPair {
  const draft = draw(random);
  const before = print(draft);
  for (;;) {
    const changed = structuredClone(draft);
    const change = mutate(changed, random);
    const after = print(changed);
    if (change !== null && after !== before) return { before, after, change };
  }
}

function draw(random: Random): Draft {
  const link = random.pick(LINKS) ?? LINKS[0];
  if (!link) throw new Error('there are links');
  const [first, second, firstColumn, secondColumn] = link;
  const joined = random.chance(0.45);
  const tables: Draft['tables'] = [{ fact: first, alias: 'a', join: 'first', on: '' }];
  if (joined) {
    const join = random.chance(0.4) ? 'left' : 'inner';
    tables.push({ fact: second, alias: 'b', join, on: `b.${secondColumn} = a.${firstColumn}` });
  }
  const predicates = Array.from({ length: random.between(0, 3) }, () => {
    const table = random.pick(tables) ?? tables[0];
    return predicate(table?.fact ?? first, table?.alias ?? 'a', random);
  });
  const subquery: SubqueryPredicate | null = random.chance(0.4)
    ? {
        form: random.pick(['in', 'not in', 'exists', 'not exists'] as const) ?? 'in',
        outer: `a.${firstColumn}`,
        table: second,
        inner: `s.${secondColumn}`,
        predicates: random.chance(0.5) ? [predicate(second, 's', random)] : [],
      }
    : null;
  const plain = first.columns.map((c) => `a.${c.name}`);
  const grouped = random.chance(0.3);
  const total = random.chance(0.25) && !grouped && !joined;
  const numbers = first.columns.filter((c) => c.kind === 'number').map((c) => `a.${c.name}`);
  const calls = [
    'count(*)',
    ...plain.map((c) => `count(${c})`),
    ...numbers.flatMap((c) => [`sum(${c})`, `max(${c})`]),
  ];
  const union =
    !grouped && !total && !joined && random.chance(0.2)
      ? { table: first, all: random.chance(0.5), predicates: [predicate(first, 'a', random)] }
      : null;
  return {
    tables,
    predicates,
    connective: random.chance(0.75) ? 'AND' : 'OR',
    subquery,
    outputs: random.sample(plain, random.between(1, 2)),
    distinct: !grouped && !total && random.chance(0.25),
    aggregate: grouped
      ? {
          call: random.pick(calls) ?? 'count(*)',
          key: random.pick(plain) ?? 'a.id',
          having: random.chance(0.5)
            ? { operator: random.pick(['>', '>=', '=']) ?? '>', value: random.between(1, 4) }
            : null,
        }
      : null,
    order: total ? { direction: random.chance(0.5) ? 'ASC' : 'DESC', limit: random.between(1, 4) } : null,
    union,
  };
}

function predicate(table: TableFact, alias: string, random: Random): Predicate {
  const fact = random.pick(table.columns) ?? table.columns[0];
  if (!fact) throw new Error('tables have columns');
  const constants = CONSTANTS[fact.kind];
  const operators: Predicate['operator'][] =
    fact.kind === 'truth'
      ? ['=', '<>', 'null', 'not null']
      : ['=', '=', '<>', '<', '<=', '>', '>=', 'null', 'not null', 'in', 'not in', 'between'];
  if (fact.kind === 'text') operators.push('like');
  return {
    column: fact,
    alias,
    operator: random.pick(operators) ?? '=',
    values: random.sample(constants, 2),
    negated: random.chance(0.15),
    dressing: '',
  };
}

/** Change one thing. @returns what it was, null when it does not apply */
function mutate(draft: Draft, random: Random): string | null {
  const all = [
    ...draft.predicates,
    ...(draft.subquery?.predicates ?? []),
    ...(draft.union?.predicates ?? []),
  ];
  const one = random.pick(all) ?? null;
  const { union, order } = draft;
  const changes: (() => string | null)[] = [
    () => one && setOperator(one, random),
    () => one && setValue(one, random),
    () => one && set(one, 'negated', !one.negated, 'negation'),
    () => one && set(one, 'dressing', 'or null', 'NULL admitted'),
    () => one && set(one, 'dressing', 'coalesce', 'NULL replaced'),
    () => one && dropPredicate(draft, one),
    () => {
      if (draft.predicates.length < 2) return null;
      return set(draft, 'connective', draft.connective === 'AND' ? 'OR' : 'AND', 'AND and OR');
    },
    () => changeJoin(draft),
    () => (draft.aggregate || order ? null : set(draft, 'distinct', !draft.distinct, 'DISTINCT')),
    () => changeForm(draft, random),
    () => (draft.subquery ? set(draft, 'subquery', null, 'subquery dropped') : null),
    () => changeCall(draft, random),
    () => changeHaving(draft, random),
    () => order && set(order, 'limit', order.limit + 1, 'limit'),
    () => order && set(order, 'direction', order.direction === 'ASC' ? 'DESC' : 'ASC', 'order'),
    () => union && set(union, 'all', !union.all, 'UNION ALL'),
  ];
  return random.pick(changes)?.() ?? null;
}

function set<T, K extends keyof T>(target: T, key: K, value: T[K], change: string): string {
  target[key] = value;
  return change;
}

function dropPredicate(draft: Draft, one: Predicate): string | null {
  if (!draft.predicates.includes(one)) return null;
  return set(
    draft,
    'predicates',
    draft.predicates.filter((other) => other !== one),
    'predicate dropped',
  );
}

function setOperator(one: Predicate, random: Random): string | null {
  const near: Partial<Record<Predicate['operator'], Predicate['operator'][]>> = {
    '=': ['in', 'like', '<=', '<>'],
    '<>': ['not in', '='],
    '<': ['<=', '>'],
    '<=': ['<', '>='],
    '>': ['>=', '<'],
    '>=': ['>', '<='],
    null: ['not null'],
    'not null': ['null'],
    in: ['=', 'not in'],
    'not in': ['<>', 'in'],
    like: ['='],
    between: ['>=', '<='],
  };
  const next = random.pick(near[one.operator] ?? []);
  if (next === undefined || (next === 'like' && one.column.kind !== 'text')) return null;
  if (one.column.kind === 'truth' && !['=', '<>', 'null', 'not null'].includes(next)) return null;
  one.operator = next;
  return 'operator';
}

function setValue(one: Predicate, random: Random): string | null {
  const other = random.pick(CONSTANTS[one.column.kind].filter((value) => value !== one.values[0]));
  if (other === undefined || one.operator === 'null' || one.operator === 'not null') return null;
  one.values = [other, ...one.values.slice(1)];
  return 'constant';
}

function changeJoin(draft: Draft): string | null {
  const join = draft.tables[1];
  if (!join) return null;
  join.join = join.join === 'left' ? 'inner' : 'left';
  return 'join type';
}

function changeForm(draft: Draft, random: Random): string | null {
  if (!draft.subquery) return null;
  const { form } = draft.subquery;
  const pairs = {
    in: ['exists', 'not in'],
    exists: ['in'],
    'not in': ['not exists'],
    'not exists': ['not in'],
  } as const;
  draft.subquery.form = random.pick<SubqueryPredicate['form']>(pairs[form]) ?? form;
  return 'form of the subquery';
}

function changeCall(draft: Draft, random: Random): string | null {
  const { aggregate } = draft;
  const name = draft.tables[0]?.fact.columns[0]?.name;
  if (!aggregate || name === undefined) return null;
  const inner = /\((.*)\)/.exec(aggregate.call)?.[1] ?? '*';
  if (aggregate.call.startsWith('count')) {
    aggregate.call =
      inner === '*'
        ? `count(a.${name})`
        : (random.pick(['count(*)', `count(DISTINCT ${inner})`]) ?? 'count(*)');
  } else aggregate.call = aggregate.call.startsWith('sum') ? `sum(DISTINCT ${inner})` : `min(${inner})`;
  return 'aggregate';
}

function changeHaving(draft: Draft, random: Random): string | null {
  const having = draft.aggregate?.having;
  if (!having) return null;
  if (random.chance(0.5)) having.value += 1;
  else having.operator = having.operator === '>' ? '>=' : '>';
  return 'HAVING';
}

function print(draft: Draft): string {
  const from = draft.tables
    .map(({ fact, alias, join, on }) =>
      join === 'first'
        ? `${fact.name} ${alias}`
        : `${join === 'left' ? 'LEFT JOIN' : 'JOIN'} ${fact.name} ${alias} ON ${on}`,
    )
    .join(' ');
  const conditions = draft.predicates.map(printPredicate);
  if (draft.subquery) conditions.push(printSubquery(draft.subquery));
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(` ${draft.connective} `)}` : '';
  const { aggregate, order, union } = draft;
  if (aggregate) {
    const having = aggregate.having
      ? ` HAVING count(*) ${aggregate.having.operator} ${aggregate.having.value}`
      : '';
    return `SELECT ${aggregate.key} AS k, ${aggregate.call} AS v FROM ${from}${where} GROUP BY ${aggregate.key}${having}`;
  }
  const outputs = draft.outputs.map((output, i) => `${output} AS c${i}`).join(', ');
  const select = `SELECT ${draft.distinct ? 'DISTINCT ' : ''}${order ? `a.id AS k, ${outputs}` : outputs} FROM ${from}${where}`;
  if (order) return `${select} ORDER BY a.id ${order.direction} LIMIT ${order.limit}`;
  if (!union) return select;
  const other = union.predicates.map(printPredicate).join(' AND ');
  return `${select} UNION ${union.all ? 'ALL ' : ''}SELECT ${outputs} FROM ${union.table.name} a WHERE ${other}`;
}

function printPredicate(one: Predicate): string {
  const [value = '1', other = '2'] = one.values;
  const name = `${one.alias}.${one.column.name}`;
  const operand = one.dressing === 'coalesce' ? `coalesce(${name}, ${value})` : name;
  const text = ((): string => {
    switch (one.operator) {
      case 'null':
        return `${operand} IS NULL`;
      case 'not null':
        return `${operand} IS NOT NULL`;
      case 'in':
        return `${operand} IN (${value}, ${other})`;
      case 'not in':
        return `${operand} NOT IN (${value}, ${other})`;
      case 'like':
        return `${operand} LIKE ${value}`;
      case 'between':
        return `${operand} BETWEEN ${value} AND ${other}`;
      default:
        return `${operand} ${one.operator} ${value}`;
    }
  })();
  const dressed = one.dressing === 'or null' ? `(${text} OR ${name} IS NULL)` : `(${text})`;
  return one.negated ? `NOT ${dressed}` : dressed;
}

function printSubquery(subquery: SubqueryPredicate): string {
  const { form, outer, table, inner, predicates } = subquery;
  const conditions = predicates.map(printPredicate);
  if (form === 'in' || form === 'not in') {
    const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
    return `${outer} ${form === 'in' ? 'IN' : 'NOT IN'} (SELECT ${inner} FROM ${table.name} s${where})`;
  }
  const where = [`${inner} = ${outer}`, ...conditions].join(' AND ');
  return `${form === 'exists' ? 'EXISTS' : 'NOT EXISTS'} (SELECT 1 FROM ${table.name} s WHERE ${where})`;
}
