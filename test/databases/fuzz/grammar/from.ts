/** FROM clauses by chance: tables, derived tables, joins of all kinds. */
import { simple } from './predicates.ts';
import { type Draw, type Reference, type Relation, referencesOf } from './scope.ts';

export interface From {
  /** after the word FROM */
  readonly text: string;
  readonly relations: readonly Relation[];
}

/** @param most relations at most */
export function from(draw: Draw, most: number): From {
  const first = relationOf(draw);
  const relations = [first];
  let text = `${first.text} ${first.alias}`;
  const count = draw.of([1, 1, 2, 2, 2, 3].filter((n) => n <= most));
  while (relations.length < count) {
    const next = relationOf(draw);
    const pair = draw.pair(relations, next);
    if (!pair) continue;
    const sameName = pair.left.name === pair.right.name && relations.length === 1;
    if (sameName && draw.chance(0.1)) {
      text += ` ${draw.of(['JOIN', 'LEFT JOIN'])} ${next.text} ${next.alias} USING (${pair.left.name})`;
    } else if (relations.length === 1 && next.table && first.table && draw.chance(0.04)) {
      text += ` NATURAL ${draw.of(['JOIN', 'LEFT JOIN'])} ${next.text} ${next.alias}`;
    } else if (draw.chance(0.06)) {
      text += ` CROSS JOIN ${next.text} ${next.alias}`;
    } else {
      const type = draw.of([
        'JOIN',
        'JOIN',
        'INNER JOIN',
        'LEFT JOIN',
        'LEFT JOIN',
        'LEFT OUTER JOIN',
        'RIGHT JOIN',
        'FULL JOIN',
      ]);
      text += ` ${type} ${next.text} ${next.alias} ON ${joinCondition(draw, relations, next, pair)}`;
    }
    relations.push(next);
  }
  return { text, relations };
}

function joinCondition(
  draw: Draw,
  left: readonly Relation[],
  right: Relation,
  pair: { readonly left: Reference; readonly right: Reference },
): string {
  const equal = draw.chance(0.5)
    ? `${pair.left.sql} = ${pair.right.sql}`
    : `${pair.right.sql} = ${pair.left.sql}`;
  const other = draw.pair(left, right);
  return draw.of([
    equal,
    equal,
    equal,
    equal,
    `${equal} AND ${simple(draw, [right])}`,
    `${equal} AND ${simple(draw, [...left, right])}`,
    other ? `${equal} AND ${other.left.sql} = ${other.right.sql}` : equal,
  ]);
}

/** A table, mostly; sometimes a derived one. */
export function relationOf(draw: Draw): Relation {
  if (draw.chance(0.82)) return draw.relation();
  const inner = draw.relation();
  const alias = draw.alias('d');
  const number = draw.column([inner], 'integer', 'decimal');
  const grouped = draw.column([inner]);
  const where = draw.maybe(` WHERE ${simple(draw, [inner])}`, 0.4);
  const source = `FROM ${inner.text} ${inner.alias}${where}`;
  if (draw.chance(0.55) && grouped) {
    const total = number ? `, ${draw.of(['sum', 'max', 'min'])}(${number.sql}) AS total` : '';
    const text = `(SELECT ${grouped.sql}, count(*) AS n${total} ${source} GROUP BY ${grouped.sql})`;
    const columns = [
      { name: grouped.name, type: grouped.type, family: grouped.family },
      { name: 'n', type: 'bigint', family: 'integer' as const },
      ...(number ? [{ name: 'total', type: 'numeric', family: 'decimal' as const }] : []),
    ];
    const distinct = columns.filter(
      (column, i) => columns.findIndex(({ name }) => name === column.name) === i,
    );
    return { alias, text, columns: distinct, table: null };
  }
  const kept = draw.random.sample(referencesOf([inner]), draw.random.between(2, 5));
  const list = kept.map(({ sql }) => sql).join(', ');
  const text = draw.of([
    `(SELECT ${list} ${source})`,
    `(SELECT ${list} ${source})`,
    `(SELECT DISTINCT ${list} ${source})`,
    `(SELECT ${list} ${source} ORDER BY ${kept[0]?.sql ?? '1'})`,
  ]);
  return {
    alias,
    text,
    columns: kept.map(({ name, type, family }) => ({ name, type, family })),
    table: null,
  };
}
