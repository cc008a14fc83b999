/** Small changes of a query: what a hurried person, a rule with a hole or a model writes. Some change nothing. */
import type { Random } from '../../src/core/verification/generate/random.ts';
import type { Item, Predicate, Query, Select } from './queries.ts';

/** One possible change of one place, made in place. */
interface Change {
  readonly name: string;
  readonly make: () => void;
}

/** A changed copy of a query, and the name of the change. */
export function mutated(query: Query, random: Random): { query: Query; change: string } {
  const copy = structuredClone(query);
  const changes = [...ofQuery(copy, random), ...copy.branches.flatMap((select) => ofSelect(select, random))];
  // each kind of change with the same chance, however many places it has
  const name = random.pick([...new Set(changes.map((change) => change.name))]);
  const change = random.pick(changes.filter((candidate) => candidate.name === name));
  change?.make();
  return { query: copy, change: change?.name ?? 'none' };
}

function ofQuery(query: Query, random: Random): Change[] {
  const changes: Change[] = [];
  const add = (name: string, make: () => void): void => void changes.push({ name, make });
  if (query.branches.length > 1) {
    add('set operator', () => {
      query.operator = other(
        ['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT', 'EXCEPT ALL'],
        query.operator,
        random,
      );
    });
    add('branches swapped', () => query.branches.reverse());
  }
  const { order, limit } = query;
  if (order) {
    add('sort direction', () => {
      const at = random.between(0, order.length - 1);
      order[at] = order[at] === 'ASC' ? 'DESC' : 'ASC';
    });
    add('offset', () => {
      query.offset = query.offset === 0 ? 1 : 0;
    });
  }
  if (limit !== null) {
    add('limit', () => {
      query.limit = limit + 1;
    });
  }
  return changes;
}

function ofSelect(select: Select, random: Random): Change[] {
  const changes: Change[] = [];
  const add = (name: string, make: () => void): void => void changes.push({ name, make });
  const { where, joins, groupBy } = select;
  if (groupBy.length === 0) {
    add('distinct', () => {
      select.distinct = !select.distinct;
    });
  }
  if (groupBy.length > 1 || (groupBy.length === 1 && random.chance(0.2))) {
    const shown = new Set(select.items.map((item) => (item.kind === 'expression' ? item.sql : '')));
    const hidden = groupBy.filter((key) => !shown.has(key));
    if (hidden.length > 0) {
      add('grouping key dropped', () => {
        select.groupBy = groupBy.filter((key) => key !== hidden[0]);
      });
    }
  }
  for (const item of select.items) changes.push(...ofItem(item, random));
  for (const join of joins) {
    add('join type', () => {
      join.type = other(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'] as const, join.type, random);
    });
    changes.push(...ofPredicate(join.on, (changed) => (join.on = changed), random));
    if (where) {
      add('WHERE into ON', () => {
        join.on = { kind: 'and', parts: [join.on, where] };
        select.where = null;
      });
    }
    if (join.on.kind === 'and') {
      const [first, ...rest] = join.on.parts;
      if (first && rest.length > 0) {
        add('ON into WHERE', () => {
          join.on = first;
          select.where = { kind: 'and', parts: [...(where ? [where] : []), ...rest] };
        });
      }
    }
  }
  const last = joins.at(-1);
  if (last) {
    const used = JSON.stringify({ ...select, joins: joins.slice(0, -1) }).includes(`${last.alias}.`);
    if (!used) add('join dropped', () => select.joins.pop());
  }
  if (where) {
    changes.push(...ofPredicate(where, (changed) => (select.where = changed), random));
    if (where.kind === 'subquery' && !where.not && groupBy.length === 0) {
      const { inner, outer } = where;
      add('semi-join to join', () => {
        const meets: Predicate = {
          kind: 'compare',
          left: inner.column,
          operator: '=',
          right: outer,
          literal: null,
        };
        const on: Predicate = inner.where ? { kind: 'and', parts: [meets, inner.where] } : meets;
        select.joins.push({ type: 'JOIN', table: inner.table, alias: inner.alias, on });
        select.where = null;
      });
    }
    if (select.having) {
      add('HAVING dropped', () => {
        select.having = null;
      });
    }
  }
  if (select.having) {
    changes.push(...ofPredicate(select.having, (changed) => (select.having = changed), random));
  }
  return changes;
}

function ofItem(item: Item, random: Random): Change[] {
  switch (item.kind) {
    case 'expression': {
      const plain = /^coalesce\(([^,]+),/.exec(item.sql)?.[1];
      if (plain === undefined) return [];
      return [{ name: 'coalesce dropped', make: () => (item.sql = plain) }];
    }
    case 'aggregate': {
      const changes: Change[] = [];
      if (item.call === 'count' && item.argument !== '*' && !item.distinct) {
        changes.push({ name: 'count(x) to count(*)', make: () => (item.argument = '*') });
      }
      if (item.argument !== '*') {
        changes.push({ name: 'distinct in aggregate', make: () => (item.distinct = !item.distinct) });
      }
      if (item.call === 'min' || item.call === 'max') {
        const call = item.call === 'min' ? 'max' : 'min';
        changes.push({ name: 'min for max', make: () => (item.call = call) });
      }
      return changes;
    }
    case 'scalar':
      if (item.call !== 'count') return [];
      return [{ name: 'count(x) to count(*)', make: () => (item.argument = '*') }];
    case 'window':
      return [
        { name: 'partition dropped', make: () => (item.partition = null) },
        {
          name: 'window function',
          make: () => (item.call = other(['rank()', 'dense_rank()', 'count(*)'], item.call, random)),
        },
      ];
    default:
      return item satisfies never;
  }
}

type Replace = (changed: Predicate) => void;

function ofPredicate(predicate: Predicate, replace: Replace, random: Random): Change[] {
  const changes: Change[] = [];
  const add = (name: string, make: () => void): void => void changes.push({ name, make });
  add('double negation', () =>
    replace({ kind: 'not', form: 'NOT', part: { kind: 'not', form: 'NOT', part: predicate } }),
  );
  switch (predicate.kind) {
    case 'compare':
      ofCompare(predicate, replace, add, random);
      break;
    case 'null':
      add('IS NULL negated', () => (predicate.not = !predicate.not));
      break;
    case 'in':
      add('value of IN dropped', () => predicate.values.pop());
      add('NULL in IN', () => predicate.values.push('NULL'));
      add('IN written as OR', () => {
        const parts = predicate.values.map((right): Predicate => {
          const operator = predicate.not ? '<>' : '=';
          return { kind: 'compare', left: predicate.operand, operator, right, literal: null };
        });
        replace({ kind: random.chance(0.8) === predicate.not ? 'and' : 'or', parts });
      });
      break;
    case 'between':
      add('BETWEEN written out', () => {
        const { operand, low, high, literal } = predicate;
        const [from, to] = random.chance(0.5) ? ['>=', '<='] : ['>=', '<'];
        replace({
          kind: 'and',
          parts: [
            { kind: 'compare', left: operand, operator: from ?? '>=', right: low, literal },
            { kind: 'compare', left: operand, operator: to ?? '<', right: high, literal },
          ],
        });
      });
      break;
    case 'like':
      add('LIKE to ILIKE', () =>
        replace({
          kind: 'compare',
          left: predicate.operand,
          operator: predicate.not ? 'NOT ILIKE' : 'ILIKE',
          right: predicate.pattern,
          literal: null,
        }),
      );
      break;
    case 'subquery':
      add('IN for EXISTS', () => (predicate.form = predicate.form === 'in' ? 'exists' : 'in'));
      add('filter of the subquery dropped', () => (predicate.inner.where = null));
      break;
    case 'and':
    case 'or':
      add('AND for OR', () => (predicate.kind = predicate.kind === 'and' ? 'or' : 'and'));
      add('conjunct dropped', () => {
        const [first] = predicate.parts;
        if (first) replace(first);
      });
      add('conjuncts swapped', () => predicate.parts.reverse());
      predicate.parts.forEach((part, i) => {
        changes.push(...ofPredicate(part, (changed) => (predicate.parts[i] = changed), random));
      });
      break;
    case 'not':
      add('NOT as IS NOT TRUE', () => (predicate.form = predicate.form === 'NOT' ? 'IS NOT TRUE' : 'NOT'));
      if (predicate.part.kind === 'and' || predicate.part.kind === 'or') {
        const { kind, parts } = predicate.part;
        add('De Morgan', () =>
          replace({
            kind: random.chance(0.7) === (kind === 'and') ? 'or' : 'and',
            parts: parts.map((part): Predicate => ({ kind: 'not', form: 'NOT', part })),
          }),
        );
      }
      changes.push(...ofPredicate(predicate.part, (changed) => (predicate.part = changed), random));
      break;
    default:
      predicate satisfies never;
  }
  return changes;
}

function ofCompare(
  predicate: Predicate & { kind: 'compare' },
  replace: Replace,
  add: (name: string, make: () => void) => void,
  random: Random,
): void {
  const { left, operator, right, literal } = predicate;
  add('operator', () => (predicate.operator = other(['=', '<>', '<', '<=', '>', '>='], operator, random)));
  const boundary = BOUNDARY[operator];
  if (boundary !== undefined) add('boundary', () => (predicate.operator = boundary));
  if (literal === 'int' && /^\d+$/.test(right)) {
    add('literal', () => (predicate.right = String(Number(right) + random.between(-1, 1))));
    if (operator === '>') {
      add('whole number boundary', () => {
        predicate.operator = '>=';
        predicate.right = String(Number(right) + 1);
      });
    }
  }
  if (operator === '=') {
    add('null-safe equality', () => (predicate.operator = 'IS NOT DISTINCT FROM'));
  }
  if (operator === '<>') {
    add('null-safe inequality', () => (predicate.operator = 'IS DISTINCT FROM'));
    add('<> as <, >', () =>
      replace({
        kind: 'or',
        parts: ['<', '>'].map((o): Predicate => ({ kind: 'compare', left, operator: o, right, literal })),
      }),
    );
  }
  const opposite = OPPOSITE[operator];
  if (opposite !== undefined) {
    add('as a negated comparison', () =>
      replace({
        kind: 'not',
        form: random.chance(0.5) ? 'NOT' : 'IS NOT TRUE',
        part: { kind: 'compare', left, operator: opposite, right, literal },
      }),
    );
  }
  const plain = /^coalesce\(([^,]+),/.exec(left)?.[1];
  if (plain !== undefined) add('coalesce dropped', () => (predicate.left = plain));
}

const BOUNDARY: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };

const OPPOSITE: Readonly<Record<string, string>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
};

function other<T>(items: readonly T[], than: T, random: Random): T {
  return random.pick(items.filter((item) => item !== than)) ?? than;
}
