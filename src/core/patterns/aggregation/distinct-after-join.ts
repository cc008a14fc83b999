import { keyCoveredByEquality, rowsAreUnique } from '../../sql/properties/keys.ts';
import type { AnalyzedStatement, Block, JoinStep } from '../../sql/query-model.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { Pattern } from '../pattern.ts';

/** `SELECT DISTINCT p.name FROM products p JOIN lines l … JOIN orders o …` */
export const distinctAfterJoin: Pattern = {
  id: 'distinct-after-join',
  title: 'DISTINCT as a cure for the copies that joins make',
  category: 'aggregation',
  industries: ['e-commerce', 'saas'],
  engines: allEngines('A row has many partners: they are all made, and thrown away again.'),
  severity: 'info',
  description:
    'Tables are joined only to filter, through a table of which nothing is shown; a row comes once for each partner, and DISTINCT takes the copies away. One EXISTS with the joins inside asks what is meant, and also keeps rows that are equal by chance.',
  source: 'Karwin, "SQL Antipatterns", 2010; sqlcheck, "DISTINCT & JOIN usage"',
  precondition:
    'SELECT DISTINCT over inner joins; nothing is shown of a joined table that may have several partners, and another table is joined through it.',
  example: {
    schema:
      'CREATE TABLE products (id int PRIMARY KEY, name text); CREATE TABLE lines (id int PRIMARY KEY, product_id int, order_id int); CREATE TABLE orders (id int PRIMARY KEY, state text);',
    before:
      "SELECT DISTINCT p.name FROM products p JOIN lines l ON l.product_id = p.id JOIN orders o ON o.id = l.order_id WHERE o.state = 'open'",
    after: null,
  },
  rewrites: false,
  needs: ['distinct', 'join step'],
  *find(statement) {
    for (const block of statement.blocks) {
      if (block.select.distinct !== 'distinct' || block.grouped || !block.resolved || !block.outputsComplete)
        continue;
      if (rowsAreUnique(block, statement, [...block.outputs])) continue;
      const step = block.joins.find((one) => isBridge(statement, block, one));
      if (step)
        yield advice(
          block.select.clauses.select,
          `Rows come once for each partner in ${step.right[0]?.alias}, of which nothing is shown, and DISTINCT takes the copies away. EXISTS with these joins inside makes none.`,
        );
    }
  },
};

/** Joined by what may have several partners, shows nothing, and is what another join goes through. */
function isBridge(statement: AnalyzedStatement, block: Block, step: JoinStep): boolean {
  const [right, ...more] = step.right;
  if (!right || more.length > 0 || step.type !== 'inner') return false;
  if (block.outputs.some((output) => output.source === null || output.source === right)) return false;
  if (keyCoveredByEquality(right, step.on, statement)) return false;
  return block.joins.some((other) => other !== step && other.on.some((one) => one.sources.includes(right)));
}
