/** A task as the optimizer hands it to a proposer, for tests of prompts. */
import type { Catalog } from '../../../src/core/catalog/catalog.ts';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import type { ProposalTask } from '../../../src/core/optimizer/rewrite-proposer.ts';
import { findMatches } from '../../../src/core/patterns/find.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';

export const SHOP = `
CREATE TABLE customers (id integer PRIMARY KEY, email text, country text NOT NULL);
CREATE TABLE orders (
  id integer PRIMARY KEY,
  customer_id integer REFERENCES customers,
  placed timestamptz NOT NULL,
  total integer CHECK (total < 123456)
);
CREATE INDEX ON orders (customer_id);
CREATE INDEX ON orders (placed) WHERE total > 777;
CREATE TABLE unrelated (secret text);
`;

export function taskFor(
  text: string,
  more: Partial<ProposalTask> & { catalog?: Catalog } = {},
): ProposalTask {
  const { catalog, ...rest } = more;
  const statement = analyzeStatement(text, catalog ?? catalogFromDdl(SHOP, 'postgresql'));
  const matches = findMatches(statement);
  return { statement, server: null, plan: null, matches, known: [], refuted: [], repair: [], ...rest };
}
