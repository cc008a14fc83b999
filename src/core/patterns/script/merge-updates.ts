import { findTable, type Table } from '../../catalog/catalog.ts';
import type { Node, Update } from '../../sql/ast.ts';
import { walk } from '../../sql/walk.ts';
import { allEngines } from '../engines.ts';
import {
  areNeighbours,
  hasCommentBetween,
  type Script,
  type ScriptMatch,
  type ScriptPattern,
  type ScriptStatement,
  spoken,
} from './script.ts';

/** Functions that give the same in both statements. */
const PLAIN = new Set([
  'coalesce',
  'lower',
  'upper',
  'round',
  'abs',
  'trim',
  'concat',
  'nullif',
  'least',
  'greatest',
]);

/** Two UPDATEs of the same rows: one can write both columns. */
export const updatesOfSameRows: ScriptPattern = {
  id: 'updates-of-same-rows',
  title: 'Two UPDATEs with the same WHERE',
  category: 'writes',
  engines: allEngines(
    'always: the rows are found, locked and written once, and one version less is left behind',
  ),
  severity: 'info',
  description:
    'Both statements find the same rows and write each of them. One UPDATE with both assignments finds and writes them once; in PostgreSQL a dead row version less is left for each.',
  source: 'https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-SPACE-RECOVERY',
  precondition:
    'They follow each other, WHERE is the same, and neither WHERE nor a value of the second one reads a column that the first one sets.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, state text, total int);',
    before: `UPDATE orders SET state = 'paid' WHERE id = 1;
UPDATE orders SET total = 20 WHERE id = 1;`,
    after: `UPDATE orders SET state = 'paid', total = 20 WHERE id = 1;`,
  },
  rewrites: true,
  *find(script) {
    const { statements } = script;
    for (const [i, first] of statements.entries()) {
      const second = statements[i + 1];
      const a = updateOf(first);
      const b = second && updateOf(second);
      if (!second || !a || !b || !areNeighbours(script, first, second)) continue;
      if (spoken(first, a.target) !== spoken(second, b.target) || !a.where || !b.where) continue;
      if (spoken(first, a.where) === spoken(second, b.where)) yield matchOf(script, first, second, a, b);
    }
  },
};

/** UPDATE of one table that only sets columns. */
function updateOf({ tree, opaque }: ScriptStatement): Update | null {
  if (tree.kind !== 'update' || opaque.length > 0 || tree.with || tree.limit || tree.orderBy.length > 0)
    return null;
  return tree.target.kind === 'table' && tree.from.length === 0 && tree.returning.length === 0 ? tree : null;
}

function matchOf(
  script: Script,
  first: ScriptStatement,
  second: ScriptStatement,
  a: Update,
  b: Update,
): ScriptMatch {
  const match = {
    statement: second,
    message: 'It writes the same rows as the UPDATE before it. One UPDATE can set all the columns.',
  };
  const table =
    a.target.kind === 'table'
      ? findTable(
          script.catalog,
          a.target.name.map((part) => part.name),
        )
      : null;
  const obstacle =
    obstacleOf(a, b, table) ??
    (hasCommentBetween(script, first, second) ? 'a comment stands between them' : null);
  const [begin, last, end] = [b.assignments[0], b.assignments.at(-1), a.assignments.at(-1)];
  if (obstacle !== null || !begin || !last || !end)
    return { ...match, rewrite: null, blockedBy: obstacle ?? 'nothing is set' };
  const after = first.start + end.end;
  return {
    ...match,
    rewrite: {
      edits: [
        { start: after, end: after, text: `, ${second.text.slice(begin.start, last.end)}` },
        { start: first.end, end: second.end, text: '' },
      ],
      assumptions: ['nothing that the second one reads is set by the first one'],
      soundness: table ? 'proved' : 'likely',
    },
  };
}

function obstacleOf(a: Update, b: Update, table: Table | null): string | null {
  const written = (update: Update) =>
    update.assignments.flatMap((one) => one.targets.map((target) => target.parts.at(-1)?.name ?? ''));
  if ([...a.assignments, ...b.assignments].some((one) => one.targets.length !== 1 || one.partial))
    return 'a variable or a part of a column is set';
  const set = new Set(written(a));
  if (written(b).some((name) => set.has(name))) return 'both set the same column';
  const generated =
    table?.columns.filter((column) => column.generated !== null).map((column) => column.name) ?? [];
  const parts: Node[] = [...b.assignments.map((one) => one.value), ...(b.where ? [b.where] : [])];
  for (const part of [...parts, ...a.assignments.map((one) => one.value)]) {
    if (!isPlain(part)) return 'a subquery or a function may see what the first one wrote';
  }
  for (const part of parts) {
    const read = columnsIn(part);
    if (read.some((name) => set.has(name))) return 'the second one reads a column that the first one sets';
    if (read.some((name) => generated.includes(name))) return 'the second one reads a generated column';
  }
  if (table?.hasTriggers) return 'a trigger may change what the second one reads';
  return table && table.kind !== 'table' && table.kind !== 'partitioned' ? 'it is no table' : null;
}

function columnsIn(node: Node): string[] {
  const names: string[] = [];
  walk(node, (part) => {
    if (part.kind === 'column') names.push(part.parts.at(-1)?.name ?? '');
  });
  return names;
}

function isPlain(node: Node): boolean {
  let plain = true;
  walk(node, (part) => {
    if (part.kind === 'query' || part.kind === 'opaque' || part.kind === 'variable') plain = false;
    if (part.kind === 'call' && (!PLAIN.has(part.function) || part.name.length > 1)) plain = false;
    return plain;
  });
  return plain;
}
