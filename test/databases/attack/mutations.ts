/**
 * Small changes of a statement and its schema that turn a right place for a rule into a wrong one: a key is dropped, a
 * join becomes an outer join, names collide, the statement moves into another one.
 */
import type { Random } from '../../../src/core/verification/generate/random.ts';

/** A statement over a schema. */
export interface Subject {
  readonly schema: string;
  readonly sql: string;
}

type Mutation = (subject: Subject, random: Random) => Subject;

/** The subject changed in one to three places; text that no longer makes sense is for the server to refuse. */
export function mutate(subject: Subject, random: Random): Subject {
  let changed = subject;
  for (let left = random.between(1, 3); left > 0; left--) {
    const mutation = random.pick(MUTATIONS);
    if (mutation) changed = mutation(changed, random);
  }
  return changed;
}

/** Replace one of the places that a pattern matches, chosen by chance. */
function once(
  text: string,
  pattern: RegExp,
  random: Random,
  by: (match: RegExpMatchArray) => string,
): string {
  const match = random.pick([...text.matchAll(pattern)]);
  if (!match) return text;
  return text.slice(0, match.index) + by(match) + text.slice(match.index + match[0].length);
}

function inSchema(pattern: RegExp, by: (match: RegExpMatchArray, random: Random) => string): Mutation {
  return ({ schema, sql }, random) => ({ schema: once(schema, pattern, random, (m) => by(m, random)), sql });
}

function inSql(pattern: RegExp, by: (match: RegExpMatchArray, random: Random) => string): Mutation {
  return ({ schema, sql }, random) => ({ schema, sql: once(sql, pattern, random, (m) => by(m, random)) });
}

function around(...wraps: readonly ((sql: string) => string)[]): Mutation {
  return ({ schema, sql }, random) => ({ schema, sql: (random.pick(wraps) ?? String)(sql) });
}

function oneOf(...texts: readonly string[]): (match: RegExpMatchArray, random: Random) => string {
  return (_, random) => random.pick(texts) ?? '';
}

const OF_SCHEMA: readonly Mutation[] = [
  inSchema(/ NOT NULL/gi, () => ''),
  inSchema(/ PRIMARY KEY(?! *\()/gi, oneOf('', ' UNIQUE', ' NOT NULL')),
  inSchema(/ REFERENCES \w+(?: *\(\w+\))?/gi, () => ''),
  inSchema(/ (?:UNIQUE|PRIMARY KEY)(?! *\()/gi, (m) => `${m[0]} DEFERRABLE`),
  inSchema(/ REFERENCES \w+(?: *\(\w+\))?/gi, (m) => `${m[0]} DEFERRABLE INITIALLY DEFERRED`),
  inSchema(/ (?:int|integer)\b/gi, oneOf(' bigint', ' smallint', ' numeric', ' text', ' real')),
  inSchema(/ bigint\b/gi, oneOf(' int', ' numeric')),
  inSchema(
    / numeric(?:\([\d, ]+\))?/gi,
    oneOf(' real', ' double precision', ' numeric', ' int', ' interval'),
  ),
  inSchema(/ text\b/gi, oneOf(' char(4)', ' varchar(3)', ' text COLLATE "C"', ' int', ' citext')),
  inSchema(/ timestamp(?! with)/gi, oneOf(' date', ' timestamptz', ' timestamp(0)')),
  inSchema(/ date\b/gi, oneOf(' timestamp', ' timestamptz')),
  inSchema(/CREATE (UNIQUE )?INDEX ([^;]+)/gi, (m) => `${m[0]} WHERE false`),
];

const ORDERS = ['ORDER BY 1', 'ORDER BY 1 DESC, 2', 'ORDER BY 1 NULLS FIRST'];

const OF_STATEMENT: readonly Mutation[] = [
  inSql(
    /(?:LEFT |RIGHT |FULL |CROSS )?JOIN(?! *LATERAL)/gi,
    oneOf('JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'),
  ),
  inSql(
    /(?:UNION|INTERSECT|EXCEPT)(?: ALL)?/gi,
    oneOf('UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT', 'INTERSECT ALL'),
  ),
  inSql(/\bSELECT (?!DISTINCT)/gi, (m) => `${m[0]}DISTINCT `),
  inSql(/\bDISTINCT /gi, () => ''),
  inSql(/ AND /g, () => ' OR '),
  inSql(/ OR /g, () => ' AND '),
  inSql(/ (?:=|<>|<=|>=|<|>) /g, (_, random) => ` ${random.pick(['=', '<>', '<', '<=', '>', '>='])} `),
  inSql(/\b([a-z]\w?)\.(?=[a-z*])/g, () => ''),
  inSql(/\b([a-z]\w?)\.([a-z]\w*)/g, (m) => `${m[1]}."${m[2]}"`),
  inSql(/ (\w+) ([a-z])(?= (?:WHERE|JOIN|ON|LEFT|ORDER|GROUP|\)))/g, (m) => ` ${m[1]} AS ${m[2]}`),
  inSql(/ AS \w+/g, () => ''),
  inSql(/(?<=SELECT |, )([a-z]\.\w+)(?=,| FROM)/g, oneOf('NULL', "'x'", '1', '$1', "'2024-01-01'")),
  inSql(/(?<=SELECT |, )([a-z]\.\w+)(?=,| FROM)/g, (m) => `${m[0]} AS id`),
  inSql(
    /(?<=[=<>] )(\d+|'[^']*')/g,
    oneOf('0', '1', 'NULL', "'1'", '$1', '1.5', '-1', '$1::int', "'3000000000'"),
  ),
  inSql(/ (WHERE|AND|ON) ([a-z]\.\w+ = [a-z]\.\w+)/g, (m) => ` ${m[1]} NOT (${m[2]})`),
  inSql(/ (WHERE|AND|ON) ([a-z]\.\w+ = [a-z]\.\w+)/g, (m) => ` ${m[1]} (${m[2]}) IS NOT FALSE`),
  inSql(/[a-z]\.\w+(?= [=<>])/g, (m, random) => `${random.pick(['coalesce', 'abs', 'nullif'])}(${m[0]}, 1)`),
  inSql(/[a-z]\.\w+(?= [=<>])/g, (m) => `(10 / ${m[0]})`),
  inSql(
    /[a-z]\.\w+(?=[ ,)])/g,
    (m, random) => `${m[0]}${random.pick(['::text', ' COLLATE "C"', ' + 1', '::numeric'])}`,
  ),
  inSql(/ (?=[A-Z(=<>])/g, oneOf(' /* here */ ', ' -- here\n', '\n', '\n  ')),
  ({ schema, sql }) => ({ schema, sql: sql.replace(/\s+/g, ' ') }),
  ({ schema, sql }) => ({ schema, sql: sql.replace(/\b[A-Z]+\b/g, (word) => word.toLowerCase()) }),
  // two relations by one name, in scopes that may see each other
  ({ schema, sql }, random) => {
    const names = [...new Set([...sql.matchAll(/\b([a-z]\w?)\./g)].map((m) => m[1] ?? ''))];
    const [from, to] = [random.pick(names), random.pick([...names, 'x'])];
    return from && to
      ? { schema, sql: sql.replaceAll(new RegExp(`\\b${from}\\b(?!\\()`, 'g'), to) }
      : { schema, sql };
  },
  inSql(/\bFROM (\w+)/g, (m) => `FROM ONLY ${m[1]}`),
  inSql(/ WHERE /g, () => ' WHERE TRUE OR '),
  inSql(/$/g, (_, random) => ` LIMIT ${random.pick(['1', '2', 'ALL', '0'])}`),
  inSql(/$/g, (_, random) => ` ${random.pick(ORDERS)} LIMIT 2${random.pick(['', ' OFFSET 1'])}`),
  inSql(/$/g, (_, random) => ` ${random.pick(ORDERS)}`),
  inSql(/$/g, oneOf(' FOR UPDATE', ' GROUP BY 1', ' GROUP BY ROLLUP (1)', ' FETCH FIRST 1 ROWS ONLY')),
];

const OF_PLACE: readonly Mutation[] = [
  around(
    (sql) => `SELECT * FROM (${sql}) AS w`,
    (sql) => `SELECT w.* FROM (${sql}) AS w LEFT JOIN (${sql}) AS v ON true`,
    (sql) => `SELECT count(*) FROM (${sql}) AS w`,
    (sql) => `WITH w AS (${sql}) SELECT * FROM w`,
    (sql) => `WITH w AS MATERIALIZED (${sql}) SELECT count(*) FROM w`,
    (sql) => `SELECT EXISTS (${sql})`,
    (sql) => `SELECT ARRAY(SELECT 1 FROM (${sql}) AS w) AS found`,
    (sql) => `SELECT 1 AS one WHERE 1 IN (SELECT count(*) FROM (${sql}) AS w)`,
    (sql) => `(${sql}) UNION ALL (${sql})`,
    (sql) => `(${sql}) EXCEPT (${sql})`,
    (sql) => `SELECT n, w.* FROM generate_series(1, 2) AS n CROSS JOIN LATERAL (${sql}) AS w`,
    (sql) => `SELECT w.* FROM (VALUES (1), (2)) AS v (a) JOIN (${sql}) AS w ON true`,
  ),
];

/** Statements are changed more often than schemas, and moved now and then. */
const MUTATIONS: readonly Mutation[] = [
  ...OF_SCHEMA,
  ...OF_STATEMENT,
  ...OF_STATEMENT,
  ...OF_PLACE,
  ...OF_PLACE,
  ...OF_PLACE,
];
