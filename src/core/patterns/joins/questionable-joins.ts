import type { Expression, FromItem } from '../../sql/ast.ts';
import type { AnalyzedStatement, Conjunct, Source } from '../../sql/query-model.ts';
import type { TextRange } from '../../sql/text.ts';
import { walk } from '../../sql/walk.ts';
import { allEngines } from '../engines.ts';
import { advice } from '../offer.ts';
import type { EngineSupport, Pattern } from '../pattern.ts';

/** More relations than planners try all orders of. */
const MANY_TABLES = 8;

/** A FROM with more relations than join_collapse_limit. */
export const manyJoinedTables: Pattern = {
  id: 'many-joined-tables',
  title: 'More tables than the planner tries all orders of',
  category: 'joins',
  engines: [
    {
      dialect: 'postgresql',
      pays: 'when the written order is a bad one: above join_collapse_limit (8) it is kept, above geqo_threshold (12) orders are tried by chance',
    },
    {
      dialect: 'mysql',
      pays: 'when planning takes long: optimizer_search_depth decides how far orders are tried',
    },
    {
      dialect: 'mariadb',
      pays: 'when planning takes long: optimizer_search_depth decides how far orders are tried',
    },
    { dialect: 'tsql', pays: 'when the plan says that the optimizer timed out' },
  ],
  severity: 'info',
  description:
    'The number of join orders grows faster than any planner can try them. From some number of tables on the order of the text decides, or chance.',
  source: 'https://www.postgresql.org/docs/current/explicit-joins.html',
  precondition: 'Advice: more than 8 relations in one FROM.',
  example: {
    schema: 'CREATE TABLE t (id int PRIMARY KEY);',
    before:
      'SELECT a.id FROM t a JOIN t b ON b.id = a.id JOIN t c ON c.id = b.id JOIN t d ON d.id = c.id JOIN t e ON e.id = d.id JOIN t f ON f.id = e.id JOIN t g ON g.id = f.id JOIN t h ON h.id = g.id JOIN t i ON i.id = h.id;',
    after: null,
  },
  rewrites: false,
  needs: ['several sources'],
  *find(statement) {
    for (const block of statement.blocks) {
      const count = block.sources.length;
      const range = block.select.clauses.from;
      if (count <= MANY_TABLES || !range) continue;
      const help: Readonly<Record<typeof statement.dialect, string>> = {
        postgresql: `The planner takes the order of the text above join_collapse_limit (${MANY_TABLES} unless set): write the most selective joins first, leave out tables that are not used, or raise the limit for this query.`,
        mysql:
          'Leave out tables that are not used, or put a selective part into a derived table with LIMIT or DISTINCT.',
        mariadb:
          'Leave out tables that are not used, or put a selective part into a derived table with LIMIT or DISTINCT.',
        tsql: 'Leave out tables that are not used, or put a selective part into a temporary table first.',
      };
      yield advice(range, `${count} relations are joined in one FROM. ${help[statement.dialect]}`);
    }
  },
};

/** `FROM a, b JOIN c ON …`: JOIN binds more tightly than the comma. */
export const commaMixedWithJoin: Pattern = {
  id: 'comma-mixed-with-join',
  title: 'Commas and JOIN in one FROM',
  category: 'joins',
  engines: allEngines('not a matter of speed: ON does not see what stands before the comma'),
  severity: 'hint',
  description:
    'JOIN binds more tightly than the comma. ON cannot mention the tables before the comma, and an outer join keeps rows of another table than it seems.',
  source: 'https://dev.mysql.com/doc/refman/8.4/en/join.html, "the comma operator has less precedence"',
  precondition: 'Advice: an item of a FROM list is a join.',
  example: {
    schema:
      'CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY);',
    before: 'SELECT a.id FROM a, b LEFT JOIN c ON c.id = b.id WHERE a.id = b.id;',
    after: null,
  },
  rewrites: false,
  needs: ['comma join', 'join'],
  *find(statement) {
    for (const block of statement.blocks) {
      const { from } = block.select;
      const range = block.select.clauses.from;
      if (from.length < 2 || !range || !from.some((item) => item.kind === 'join')) continue;
      yield advice(
        range,
        'FROM mixes commas with JOIN. JOIN binds more tightly: ON sees only the tables behind the last comma. Write all of it with JOIN.',
      );
    }
  },
};

const HINT_ENGINES: readonly EngineSupport[] = allEngines(
  'when data or server have changed since the hint was written: it forbids better plans',
);

/** STRAIGHT_JOIN, LOOP JOIN, FORCE INDEX and their like. */
export const joinHint: Pattern = {
  id: 'join-hint',
  title: 'Hint that fixes the join order, method or index',
  category: 'joins',
  engines: HINT_ENGINES,
  severity: 'info',
  description:
    'The hint was right for the data and the version that it was written for. It keeps the planner from anything better since, new indexes included.',
  source:
    'https://learn.microsoft.com/sql/t-sql/queries/hints-transact-sql-join; https://dev.mysql.com/doc/refman/8.4/en/index-hints.html',
  precondition:
    'Advice: STRAIGHT_JOIN, an index hint, a join or query hint of SQL Server, or a hint comment is in the block.',
  example: {
    schema: 'CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a_id int);',
    before: 'SELECT /*+ Leading(a b) HashJoin(a b) */ a.id FROM a JOIN b ON b.a_id = a.id;',
    after: null,
  },
  rewrites: false,
  needs: [['hint comment', 'join', 'hints', 'opaque', 'resultFormat']],
  *find(statement) {
    for (const range of hintsIn(statement)) {
      const text = statement.text.slice(range.start, range.end).replace(/\s+/g, ' ');
      yield advice(
        range,
        `${text} fixes a part of the plan. Run the query without it on today’s data, and keep it only if it is faster.`,
      );
    }
  },
};

const HINT_WORDS =
  /\b(STRAIGHT_JOIN|(USE|FORCE|IGNORE)\s+(INDEX|KEY)|FORCE\s+ORDER|FORCESEEK|FORCESCAN|INDEX\s*[(=]|(LOOP|HASH|MERGE|REMOTE)\s+JOIN)/i;
const HINT_COMMENT =
  /^\/\*\+.*\b(Leading|HashJoin|MergeJoin|NestLoop|SeqScan|IndexScan|JOIN_ORDER|JOIN_PREFIX|JOIN_SUFFIX|JOIN_FIXED_ORDER|NO_BNL|BNL|HASH_JOIN|NO_HASH_JOIN|INDEX|NO_INDEX|JOIN_INDEX)\s*\(/is;

/** The hints of a statement, each once. */
function hintsIn(statement: AnalyzedStatement): TextRange[] {
  const found: TextRange[] = statement.tokens.filter(
    (token) => token.kind === 'blockComment' && HINT_COMMENT.test(token.text),
  );
  const add = (range: TextRange): void => {
    if (HINT_WORDS.test(statement.text.slice(range.start, range.end))) found.push(range);
  };
  for (const block of statement.blocks) {
    const { select, query } = block;
    for (const part of [...select.rest, ...query.trailing]) add(part);
    for (const step of block.joins) if (step.node) add(step.node.joinRange);
    for (const source of block.sources) for (const part of modifiersOf(source.node)) add(part);
  }
  return [...new Map(found.map((range) => [range.start, range])).values()];
}

function modifiersOf(item: FromItem): readonly TextRange[] {
  return item.kind === 'table' ? item.modifiers : [];
}

/** Tables of two databases, or of another server, in one FROM. */
export const crossDatabaseJoin: Pattern = {
  id: 'cross-database-join',
  title: 'Join with a table of another database or server',
  category: 'joins',
  engines: [
    { dialect: 'mysql', pays: 'not by itself; statistics, backups and privileges are per database' },
    { dialect: 'mariadb', pays: 'not by itself; statistics, backups and privileges are per database' },
    { dialect: 'tsql', pays: 'when the linked server sends whole tables: only simple conditions reach it' },
  ],
  severity: 'info',
  description:
    'Rows of the other server have to come over before they can be joined, often all of them; and databases that are joined cannot be moved or restored apart.',
  source:
    'https://learn.microsoft.com/sql/relational-databases/linked-servers/linked-servers-database-engine',
  precondition: 'Advice: tables of two databases, or of a linked server beside others, in one FROM.',
  example: {
    schema: 'CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before: 'SELECT o.id FROM shop.orders o JOIN crm.customers c ON c.id = o.customer_id;',
    after: null,
  },
  rewrites: false,
  needs: ['several sources'],
  *find(statement) {
    for (const block of statement.blocks) {
      const places = block.sources.map((source) => placeOf(statement, source));
      const far = block.sources.find(
        (_, i) => places[i] !== null && places[i] !== places.find((p) => p !== null),
      );
      if (!far) continue;
      yield advice(
        { start: far.node.start, end: far.node.end },
        `${far.alias} is of another database or server than the tables that it is joined with. Fetch only the rows that are needed first (a derived table or a temporary table with its conditions).`,
      );
    }
  },
};

/** The server and database of a table, as far as they are told. */
function placeOf(statement: AnalyzedStatement, { kind, node }: Source): string | null {
  if (kind !== 'table' && kind !== 'unknown') return null;
  if (node.kind !== 'table') return null;
  const names = node.name.map((part) => part.name);
  switch (statement.dialect) {
    case 'postgresql':
      return null;
    case 'tsql':
      return names.length > 2 ? names.slice(0, -2).join('.') : 'local';
    case 'mysql':
    case 'mariadb':
      return names.length > 1 ? (names.at(-2) ?? null) : null;
  }
}

/** An outer join to a relation that ON does not compare with the other side. */
export const outerJoinWithoutCondition: Pattern = {
  id: 'outer-join-without-condition',
  title: 'ON of an outer join does not connect its sides',
  category: 'joins',
  engines: allEngines('always: every row is paired with every row that meets the condition'),
  severity: 'warning',
  description:
    'Nothing in ON compares a column of one side with one of the other, so all rows of the right side are partners of each row of the left.',
  source: 'SQL antipatterns: implicit Cartesian product',
  precondition: 'Advice: ON of a LEFT, RIGHT or FULL JOIN mentions no column of one of its sides.',
  example: {
    schema:
      'CREATE TABLE customers (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, customer_id int);',
    before: 'SELECT c.id, o.id FROM customers c LEFT JOIN orders o ON o.id > 5;',
    after: null,
  },
  rewrites: false,
  needs: ['outer join'],
  *find(statement) {
    for (const block of statement.blocks) {
      for (const step of block.joins) {
        const outer = step.type === 'left' || step.type === 'right' || step.type === 'full';
        if (!outer || !step.node?.on || !block.resolved || step.right.some((one) => one.lateral)) continue;
        const connects = ({ sources, resolved }: Conjunct): boolean =>
          !resolved ||
          (sources.some((one) => step.left.includes(one)) && sources.some((one) => step.right.includes(one)));
        if (step.on.some(connects) || isTrue(step.node.on)) continue;
        yield advice(
          step.node.on,
          `ON does not compare ${step.right[0]?.alias ?? 'one side'} with the other side: each row is paired with every row that meets it.`,
        );
      }
    }
  },
};

/** ON TRUE and ON 1 = 1 say that it is meant. */
function isTrue(expression: Expression): boolean {
  let plain = true;
  walk(expression, (node) => {
    if (node.kind === 'column' || node.kind === 'query') plain = false;
  });
  return plain;
}
