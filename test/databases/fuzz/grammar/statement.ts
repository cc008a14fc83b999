/** One random statement over a catalog: a shape, sometimes inside of another statement. */
import type { Catalog } from '../../../../src/core/catalog/catalog.ts';
import type { Random } from '../../../../src/core/verification/generate/random.ts';
import { Draw } from './scope.ts';
import { groupedSelect, olderStyle, plainSelect, repeatedJoin, semiJoinSelect } from './select.ts';
import { page, setOperation, sharedScans, windowed, withQuery } from './shapes.ts';

const SHAPES = [
  plainSelect,
  plainSelect,
  plainSelect,
  plainSelect,
  groupedSelect,
  groupedSelect,
  semiJoinSelect,
  semiJoinSelect,
  repeatedJoin,
  olderStyle,
  setOperation,
  setOperation,
  windowed,
  windowed,
  withQuery,
  withQuery,
  sharedScans,
  page,
] as const;

/** A SELECT; some are refused by the server, as some of anybody's are. */
export function randomStatement(catalog: Catalog, random: Random): string {
  const draw = new Draw(random, catalog);
  const sql = draw.of(SHAPES)(draw);
  if (!draw.chance(0.1)) return sql;
  return draw.of([
    () => `SELECT count(*) FROM (${sql}) AS o1`,
    () => `SELECT * FROM (${sql}) AS o1`,
    () => `WITH o1 AS (${sql}) SELECT * FROM o1`,
    () => `SELECT EXISTS (${sql}) AS found`,
    () => `(${sql}) UNION ALL (${sql})`,
    () => `SELECT v.n, o1.* FROM (VALUES (1), (2)) AS v (n) CROSS JOIN LATERAL (${sql}) AS o1`,
  ])();
}
