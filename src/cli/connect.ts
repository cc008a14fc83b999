/** From the command line's options to a database and a catalog. */
import type { Catalog } from '../core/catalog/catalog.ts';
import { catalogFromDdl } from '../core/catalog/from-ddl.ts';
import { type Database, DatabaseError } from '../core/database.ts';
import { DIALECTS, type Dialect, isDialect } from '../core/sql/dialect.ts';
import { parseConnectionUrl, withPassword, withSshSecret } from '../databases/connection-url.ts';
import { openDatabase } from '../databases/open-database.ts';
import { roleSentence } from '../databases/role-sentence.ts';
import { readSource } from './read-source.ts';
import { numberOption, textOption, UsageError, type VerbContext } from './verb.ts';

/** Seconds that a call to a database may take when --timeout does not say. */
const DEFAULT_TIMEOUT_S = 30;

/** What a verb works with: a catalog always, a database when one is named. */
export interface Target {
  readonly database: Database | null;
  readonly catalog: Catalog;
  readonly dialect: Dialect;
  /** limit of one call to the database */
  readonly timeoutMs: number;
}

/**
 * Open what the options name, run `work` with it, and close it.
 * @throws UsageError for options that cannot be, DatabaseError when the connection fails
 */
export async function withTarget<T>(context: VerbContext, work: (target: Target) => Promise<T>): Promise<T> {
  const timeoutMs = 1000 * (numberOption(context.options, 'timeout', 0.001) ?? DEFAULT_TIMEOUT_S);
  const url = textOption(context.options, 'connection') ?? context.env['SQLOPT_CONNECTION'];
  if (!url) {
    const catalog = await offlineCatalog(context);
    return work({ database: null, catalog, dialect: catalog.dialect, timeoutMs });
  }
  const database = await open(url, context, timeoutMs);
  try {
    context.progress(
      `Connected to ${database.info.product} ${database.info.version.join('.')}; reading the catalog …`,
    );
    const catalog = await database.readCatalog({ signal: context.signal, timeoutMs });
    for (const gap of catalog.gaps) context.progress(gapSentence(gap));
    await tellRole(database, context, timeoutMs);
    return await work({ database, catalog, dialect: catalog.dialect, timeoutMs });
  } finally {
    await database.close();
  }
}

/** Point out a role that may do more than read. A server that does not tell is no reason to stop. */
async function tellRole(database: Database, context: VerbContext, timeoutMs: number): Promise<void> {
  try {
    const role = await database.adviseOnRole?.({ signal: context.signal, timeoutMs });
    if (role) context.progress(`${roleSentence(role)} This would create one:\n${role.ddl}`);
  } catch (error) {
    if (!DatabaseError.is(error) || error.reason === 'cancelled') throw error;
    context.progress(`What the role may do could not be read: ${error.message}`);
  }
}

function gapSentence(gap: Catalog['gaps'][number]): string {
  return `The ${gap.what} could not be read: ${gap.reason}.${gap.grant ? ` This would allow it: ${gap.grant}` : ''}`;
}

async function open(url: string, context: VerbContext, timeoutMs: number): Promise<Database> {
  const { SQLOPT_PASSWORD: password, SQLOPT_SSH_PASSWORD: sshSecret } = context.env;
  let settings = parseConnectionUrl(url);
  if (password !== undefined) settings = withPassword(settings, password);
  if (sshSecret !== undefined) settings = withSshSecret(settings, sshSecret);
  return openDatabase(settings, {
    signal: context.signal,
    timeoutMs,
    onProgress: (message) => context.progress(message),
  });
}

/** The catalog of --schema, or one that knows nothing, in the dialect of --dialect (PostgreSQL when left out). */
export async function offlineCatalog(context: VerbContext): Promise<Catalog> {
  const dialect = dialectOption(context);
  const schema = textOption(context.options, 'schema');
  return catalogFromDdl(schema === undefined ? '' : await readSource(schema), dialect);
}

/** --dialect. @throws UsageError when it names none */
export function dialectOption(context: VerbContext): Dialect {
  const name = textOption(context.options, 'dialect') ?? 'postgresql';
  if (!isDialect(name))
    throw new UsageError(`There is no dialect "${name}". The dialects are: ${DIALECTS.join(', ')}.`);
  return name;
}
