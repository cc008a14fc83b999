/**
 * The questions about statements and indexes for servers that cannot run here are at least SQL of their dialects: read to
 * the end by our parser, and by another one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import nodeSqlParser from 'node-sql-parser';
import { catalogFromDdl } from '../../../src/core/catalog/from-ddl.ts';
import { analyzeStatement } from '../../../src/core/sql/analyze.ts';
import type { Dialect } from '../../../src/core/sql/dialect.ts';
import { USAGE as MSSQL_USAGE, STARTED } from '../../../src/databases/mssql/index-usage.ts';
import { checkStatement } from '../../../src/databases/mssql/statement-guard.ts';
import {
  PLAN_CACHE_TOTALS,
  planCacheTop,
  QUERY_STORE_STATE,
  QUERY_STORE_TOTALS,
  queryStoreTop,
} from '../../../src/databases/mssql/statement-queries.ts';
import { INSTRUMENT, USAGE } from '../../../src/databases/mysql/index-usage.ts';
import { checkStatement as checkMysql } from '../../../src/databases/mysql/statement-guard.ts';
import { COLLECTED, digestQueries, slowLogQueries } from '../../../src/databases/mysql/statement-queries.ts';

const TSQL = {
  QUERY_STORE_STATE,
  'queryStoreTop(25)': queryStoreTop(25),
  QUERY_STORE_TOTALS,
  'planCacheTop(25)': planCacheTop(25),
  PLAN_CACHE_TOTALS,
  'index usage': MSSQL_USAGE,
  STARTED,
};
const MYSQL = {
  COLLECTED,
  INSTRUMENT,
  'index usage': USAGE,
  'digests of a database': digestQueries('shop', 25).top,
  'digests of all': digestQueries('', 25).top,
  'totals of digests': digestQueries('shop', 25).totals,
  'slow log': slowLogQueries('shop').top,
  'totals of the slow log': slowLogQueries('').totals,
};

const { Parser } = nodeSqlParser;

function understood(sql: string, dialect: Dialect): void {
  const { opaque } = analyzeStatement(sql, catalogFromDdl('', dialect));
  assert.deepEqual(
    opaque.map(({ start, end }) => sql.slice(start, end)),
    [],
  );
}

for (const [name, sql] of Object.entries(TSQL)) {
  test(`${name} is T-SQL that only reads`, () => {
    understood(sql, 'tsql');
    assert.equal(checkStatement(sql, 'reads'), false);
    // which that parser does not know
    new Parser().astify(sql.replaceAll('TRY_CAST', 'CAST'), { database: 'transactsql' });
  });
}

for (const [name, sql] of Object.entries(MYSQL)) {
  test(`${name}: a question of MySQL that only reads`, () => {
    understood(sql, 'mysql');
    assert.equal(checkMysql(sql, 'reads', 'mysql'), false);
    new Parser().astify(sql, { database: 'mysql' });
  });
}
