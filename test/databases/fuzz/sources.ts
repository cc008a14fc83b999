/** Where fuzzed statements come from: a grammar over random schemas, and golden cases changed by chance. */
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import type { Random } from '../../../src/core/verification/generate/random.ts';
import type { NamedValue } from '../../../src/core/verification/generate/values.ts';
import { goldenCases } from '../../unit/patterns/golden-cases.ts';
import { hostileStatements } from '../attack/hostile.ts';
import { mutate, type Subject } from '../attack/mutations.ts';
import { randomStatement } from './grammar/statement.ts';
import { randomWrite } from './grammar/writes.ts';
import { literalsOf } from './random-data.ts';
import { randomSchema } from './random-schema.ts';

export interface StatementSource {
  readonly schema: string;
  /** values that the statements name */
  readonly literals: readonly NamedValue[];
  /** the next statement */
  readonly statement: () => string;
}

/** The share of schemas that are golden cases' own. */
const GOLDEN = 0.35;
/** The share of generated statements that write. */
const WRITES = 0.3;
const UNCHANGED = 0.25;
const CHANGED_SCHEMA = 0.5;

/** Schemas with statements over them, without end. */
export function* statementSources(random: Random): Generator<StatementSource> {
  const golden = bySchema([
    ...goldenCases().filter(({ dialect }) => dialect === 'postgresql'),
    ...hostileStatements(),
  ]);
  while (true) {
    const own = random.chance(GOLDEN) ? random.pick(golden) : undefined;
    yield own ? changed(own, random) : generated(random);
  }
}

function generated(random: Random): StatementSource {
  const schema = randomSchema(random);
  const catalog = catalogFromDdl(schema, 'postgresql');
  return {
    schema,
    literals: [],
    statement: () =>
      random.chance(WRITES) ? randomWrite(catalog, random) : randomStatement(catalog, random),
  };
}

function changed(subjects: readonly Subject[], random: Random): StatementSource {
  const plain = subjects[0]?.schema ?? '';
  const schema = random.chance(CHANGED_SCHEMA) ? mutate({ schema: plain, sql: '' }, random).schema : plain;
  return {
    schema,
    literals: subjects.flatMap(({ sql }) => literalsOf(sql)),
    statement: () => {
      const sql = random.pick(subjects)?.sql ?? 'SELECT 1';
      return random.chance(UNCHANGED) ? sql : mutate({ schema, sql }, random).sql;
    },
  };
}

function bySchema(subjects: readonly Subject[]): Subject[][] {
  const groups = new Map<string, Subject[]>();
  for (const { schema, sql } of subjects) {
    const group = groups.get(schema) ?? [];
    group.push({ schema, sql });
    groups.set(schema, group);
  }
  return [...groups.values()];
}
