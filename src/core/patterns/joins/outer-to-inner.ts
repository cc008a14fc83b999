import type { Join } from '../../sql/ast.ts';
import { filteringConjuncts } from '../../sql/properties/not-null.ts';
import { rejectsNull } from '../../sql/properties/null-rejection.ts';
import type { AnalyzedStatement, Block, Conjunct, JoinStep, Source } from '../../sql/query-model.ts';
import { editing } from '../../sql/writing/edits.ts';
import { type Fragment, sql } from '../../sql/writing/fragment.ts';
import { allEngines, enginesOf } from '../engines.ts';
import { blocked, offer } from '../offer.ts';
import type { Match, Pattern } from '../pattern.ts';

/**
 * Matches an outer join whose filled-up rows are dropped again, because WHERE or an inner join asks something of the
 * NULLs that is not true of NULL.
 *
 * Often a mistake: the condition was meant for ON, where it would keep the rows without a partner.
 */
export const outerJoinToInner: Pattern = {
  id: 'outer-join-to-inner',
  title: 'LEFT JOIN that WHERE makes an inner join',
  category: 'joins',
  engines: allEngines(
    'hardly by itself: planners see it; past the limits of join reordering, and for other rules, which may do more with an inner join',
  ),
  severity: 'info',
  description:
    'The outer join keeps rows without a partner, and a condition on the joined table drops them again. Either the join is an inner one, or the condition belongs into ON.',
  source:
    'Galindo-Legaria and Rosenthal, "Outerjoin simplification and reordering for query optimization", TODS 1997',
  precondition:
    'A condition of WHERE, or of an inner join that every row passes, is not true when all columns of the null-supplied table are NULL.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL); CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total numeric NOT NULL);',
    before:
      'SELECT c.name, o.total FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.total > 100;',
    after:
      'SELECT c.name, o.total FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.total > 100;',
  },
  rewrites: true,
  needs: ['outer join'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const step of block.joins) {
        const supplied = step.type === 'left' ? step.right : step.type === 'right' ? step.left : null;
        if (!supplied || !step.node?.on) continue;
        const why = rejection(statement, block, step, supplied);
        if (why) yield matchOf(statement, step, step.node, why, 'inner');
      }
    }
  },
};

/** FULL JOIN of which one side's rows without a partner are dropped again: LEFT or RIGHT JOIN, or none of both. */
export const fullJoinToOuter: Pattern = {
  id: 'full-join-to-outer',
  title: 'FULL JOIN that WHERE makes a LEFT, RIGHT or inner join',
  category: 'joins',
  // MySQL and MariaDB have no FULL JOIN
  engines: enginesOf(
    ['postgresql', 'tsql'],
    'hardly by itself: planners see it; but other rules and readers do more with a simpler join',
  ),
  severity: 'info',
  description:
    'The full join keeps the rows without a partner of both sides, and a condition drops those of one side again.',
  source:
    'Galindo-Legaria and Rosenthal, "Outerjoin simplification and reordering for query optimization", TODS 1997',
  precondition:
    'A condition of WHERE is not true when all columns of a table of one side are NULL; the join has an ON.',
  example: {
    schema:
      'CREATE TABLE plans (month date PRIMARY KEY, amount int NOT NULL); CREATE TABLE sales (month date PRIMARY KEY, amount int NOT NULL);',
    before:
      "SELECT p.month, p.amount, s.amount AS sold FROM plans p FULL JOIN sales s ON s.month = p.month WHERE p.month >= '2024-01-01';",
    after:
      "SELECT p.month, p.amount, s.amount AS sold FROM plans p LEFT JOIN sales s ON s.month = p.month WHERE p.month >= '2024-01-01';",
  },
  rewrites: true,
  styleOnly: true,
  needs: ['outer join'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const step of block.joins) {
        if (step.type !== 'full' || !step.node?.on) continue;
        const left = rejection(statement, block, step, step.left);
        const right = rejection(statement, block, step, step.right);
        // rows of the right side alone have NULLs on the left
        const kind = left && right ? 'inner' : left ? 'left' : 'right';
        const why = left ?? right;
        if (why) yield matchOf(statement, step, step.node, why, kind);
      }
    }
  },
};

interface Rejection {
  readonly conjunct: Conjunct;
  readonly source: Source;
}

/** The condition that drops the rows in which the join filled up these sources with NULLs. */
function rejection(
  statement: AnalyzedStatement,
  block: Block,
  step: JoinStep,
  supplied: readonly Source[],
): Rejection | null {
  // the step's own rows must be what the conditions see: no other outer join between them may fill them up again
  for (const conjunct of filteringConjuncts(block)) {
    if (conjunct.join === step) continue;
    const source = supplied.find((one) => rejectsNull(conjunct, one, statement));
    if (source) return { conjunct, source };
  }
  return null;
}

function matchOf(
  statement: AnalyzedStatement,
  step: JoinStep,
  join: Join,
  { conjunct, source }: Rejection,
  kind: 'inner' | 'left' | 'right',
): Match {
  const condition = statement.text.slice(conjunct.range.start, conjunct.range.end);
  const written = statement.text.slice(join.joinRange.start, join.joinRange.end).replace(/\s+/g, ' ');
  const words = WORDS[kind];
  const what = kind === 'inner' ? 'It is an inner join' : `It is a ${kind.toUpperCase()} JOIN`;
  const message = `${condition} is not true where ${written} finds no row of ${source.alias}: it drops these rows again. ${what}; if they should stay, the condition belongs into ON.`;
  if (/HINT|LOOP|HASH|MERGE|REMOTE|STRAIGHT/i.test(written))
    return blocked(join.joinRange, message, 'the join has a hint');
  const edits = () => editing(statement).setJoinWords(join, words).done();
  return offer(
    join.joinRange,
    message,
    edits,
    `${condition} is not true when the columns of ${source.alias} are NULL`,
    step.type === 'full' ? 'the columns of the other side are as before' : null,
  );
}

const WORDS: Readonly<Record<'inner' | 'left' | 'right', Fragment>> = {
  inner: sql`JOIN`,
  left: sql`LEFT JOIN`,
  right: sql`RIGHT JOIN`,
};
