/** From what the server, the driver and the system say to a reason and a sentence that a person can act on. */
import { DatabaseError, type DatabaseErrorReason } from '../../core/database.ts';
import { cancelled, finish, timedOut } from '../call-errors.ts';
import { lost, type SocketFailure, silent, socketFailure } from '../socket-errors.ts';
import { errorPosition } from './positions.ts';

/** What is known around an error. */
export interface ErrorContext {
  /** how the connection is named in a sentence, never with the password */
  readonly target: string;
  readonly user: string | null;
  readonly database: string | null;
  /** the statement as the caller gave it, on the same lines as it was sent */
  readonly sql?: string | undefined;
  /** who asked the server to stop the statement */
  readonly stopped?: 'signal' | 'limit' | null;
  readonly timeoutMs?: number | undefined;
}

interface Fields {
  readonly message: string;
  /** the driver's word, or the system's */
  readonly code?: string;
  /** the server's number */
  readonly number?: number;
  /** severity, 0 to 25 */
  readonly class?: number;
  readonly lineNumber?: number;
  readonly cause?: unknown;
}

/**
 * By error number.
 * https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
 * https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues
 */
const BY_NUMBER: Readonly<Record<number, DatabaseErrorReason>> = {
  18452: 'authentication', // the log-in is from an untrusted domain
  18456: 'authentication', // log-in failed
  18470: 'authentication', // the account is disabled
  18486: 'authentication', // the account is locked out
  18487: 'authentication', // the password has expired
  18488: 'authentication', // the password must be changed
  17892: 'authentication', // a log-on trigger refused
  40615: 'authentication', // the server's firewall does not let this address in
  40914: 'authentication', // the same, by virtual network
  40531: 'authentication', // the server name cannot be determined
  40532: 'authentication', // the log-in is not valid
  911: 'unknownDatabase',
  4060: 'unknownDatabase', // cannot open the database
  4063: 'unknownDatabase',
  4064: 'unknownDatabase', // cannot open the user's default database
  916: 'permission', // the user has no access to the database
  229: 'permission',
  230: 'permission', // on a column
  262: 'permission', // SHOWPLAN, CREATE …
  297: 'permission',
  300: 'permission', // VIEW SERVER STATE
  371: 'permission',
  15151: 'permission',
  15247: 'permission',
  17809: 'tooManyConnections',
  17830: 'connectionLost',
  10928: 'tooManyConnections', // Azure: limit of workers or sessions
  10929: 'tooManyConnections',
  10936: 'tooManyConnections',
  40501: 'tooManyConnections', // Azure: the service is busy
  40549: 'resources',
  40550: 'resources',
  40551: 'resources',
  40552: 'resources',
  40553: 'resources',
  18401: 'connectionLost', // in the course of being started or upgraded
  233: 'connectionLost',
  596: 'connectionLost', // the session is in the kill state
  978: 'connectionLost', // a secondary that only takes read-intent connections
  983: 'connectionLost', // a replica that changes its role
  4221: 'connectionLost', // a secondary that waits for row versions
  6005: 'connectionLost', // SHUTDOWN is in progress
  10053: 'connectionLost',
  10054: 'connectionLost',
  40143: 'connectionLost',
  40197: 'connectionLost', // Azure: error of the service
  40613: 'connectionLost', // Azure: the database is not available now
  49918: 'tooManyConnections',
  49919: 'tooManyConnections',
  49920: 'tooManyConnections',
  3906: 'readOnly', // the database is read-only
  3902: 'other', // COMMIT without BEGIN
  701: 'resources', // memory
  802: 'resources',
  1101: 'resources', // no space in the database
  1105: 'resources', // no space in the file group
  1204: 'resources', // no more locks
  1205: 'resources', // deadlock
  1222: 'resources', // LOCK_TIMEOUT
  3960: 'resources', // snapshot conflict
  3961: 'resources', // metadata changed under a snapshot
  8623: 'resources', // no plan found: the statement is too complex
  8645: 'resources', // waited too long for memory
  8651: 'resources',
  8657: 'resources',
  9002: 'resources', // the log is full
  201: 'undefinedObject',
  137: 'undefinedObject', // a variable is not declared
  195: 'undefinedObject', // not a built-in function
  207: 'undefinedObject', // column
  208: 'undefinedObject', // table
  209: 'undefinedObject', // ambiguous column
  4104: 'undefinedObject', // multi-part identifier
  4121: 'undefinedObject', // function
  4145: 'syntax',
  2812: 'undefinedObject', // procedure
  8120: 'undefinedObject', // neither grouped nor aggregated
  8127: 'undefinedObject',
  102: 'syntax',
  105: 'syntax',
  156: 'syntax',
  170: 'syntax',
  319: 'syntax',
  1033: 'syntax',
  11501: 'syntax', // sp_describe_first_result_set found an error
  206: 'dataException', // operand types clash
  220: 'dataException', // overflow
  232: 'dataException',
  241: 'dataException', // text to date
  242: 'dataException', // date out of range
  244: 'dataException',
  245: 'dataException', // text to number
  248: 'dataException',
  512: 'dataException', // a subquery returned several rows
  517: 'dataException',
  535: 'dataException', // DATEDIFF overflow
  2628: 'dataException', // truncated
  8114: 'dataException',
  8115: 'dataException', // arithmetic overflow
  8134: 'dataException', // division by zero
  8152: 'dataException', // truncated
  8169: 'dataException', // text to uniqueidentifier
  9803: 'dataException',
  547: 'dataException', // constraint
  2601: 'dataException', // unique index
  2627: 'dataException', // unique constraint
};

/** Locks, and what another session changed meanwhile. */
const OTHERS = [1205, 1222, 3960, 3961];
const DEADLOCK = 1205;

/** The error of a call as a {@link DatabaseError}; one that is one already stays as it is. */
export function toDatabaseError(error: unknown, context: ErrorContext): DatabaseError {
  if (error instanceof DatabaseError) return error;
  if (context.stopped === 'signal') return cancelled(error);
  if (context.stopped === 'limit') return timedOut(context.timeoutMs, error);
  const fields = fieldsOf(error);
  if (fields.number === undefined) return fromDriver(fields, context, error);
  const reason = BY_NUMBER[fields.number] ?? ((fields.class ?? 0) >= 20 ? 'connectionLost' : 'other');
  return new DatabaseError(reason, sentence(reason, fields, context), {
    code: String(fields.number),
    position: errorPosition(fields.message, fields.lineNumber ?? 0, context.sql),
    cause: error,
  });
}

/** Tables in memory, read in a transaction: 41332 under a snapshot, 41368 under READ COMMITTED. */
const IN_MEMORY = [41_332, 41_368];
/** A query over several databases, of which one keeps no row versions. */
const NO_SNAPSHOTS = 3952;

/** The server has rolled the transaction back. */
export function isDeadlock({ code }: DatabaseError): boolean {
  return code === String(DEADLOCK);
}

function sentence(reason: DatabaseErrorReason, fields: Fields, context: ErrorContext): string {
  const { target } = context;
  const said = finish(fields.message);
  switch (reason) {
    case 'authentication':
      return authenticationSentence(fields, said, context);
    case 'unknownDatabase':
      return `There is no such database on ${target}, or the user may not open it: ${said} Check the name at the end of the connection URL.`;
    case 'tooManyConnections':
      return `${target} takes no more connections now: ${said} Close connections that nobody uses, or try again later.`;
    case 'connectionLost':
      return `The connection to ${target} was ended by the server: ${said} The next call connects again.`;
    case 'permission':
      return `Permission denied: ${said} ${permissionAdvice(fields, context)}`;
    case 'readOnly':
      return `The database takes no changes: ${said} Nothing was changed.`;
    case 'resources':
      return OTHERS.includes(fields.number ?? 0)
        ? `Another session was in the way: ${said} Try again when it has ended.`
        : `The server ran out of something: ${said} Try again later, or with less data.`;
    case 'syntax':
      return `The server does not accept the statement: ${said}`;
    default:
      return said + adviceFor(fields.number ?? 0);
  }
}

function adviceFor(number: number): string {
  if (IN_MEMORY.includes(number)) {
    return ' Memory-optimized tables cannot be read in the transactions that are used here.';
  }
  if (number === NO_SNAPSHOTS)
    return ' ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON in that database allows it.';
  return '';
}

function authenticationSentence({ number }: Fields, said: string, { target, user }: ErrorContext): string {
  const name = user === null ? 'this user' : `user "${user}"`;
  switch (number) {
    case 18456:
      return `The password for ${name} on ${target} is wrong, or there is no such user: ${said} Edit the connection and enter them again. A server that takes Windows log-ins only says the same.`;
    case 18487:
    case 18488:
      return `The password of ${name} on ${target} has to be changed first: ${said} Change it with another tool (sqlcmd -Z), then edit the connection.`;
    case 18486:
    case 18470:
      return `${target} has locked ${name}: ${said} Its administrator unlocks it (ALTER LOGIN … WITH PASSWORD = … UNLOCK, or ENABLE).`;
    case 40615:
    case 40914:
      return `The firewall of ${target} does not let this machine in: ${said} Add its address in the server’s network settings.`;
    default:
      return `${target} refused to log in ${name}: ${said} Check the user and the password.`;
  }
}

/** https://learn.microsoft.com/sql/t-sql/statements/grant-transact-sql */
function permissionAdvice({ number, message }: Fields, { user, database }: ErrorContext): string {
  const name = user === null ? '[your user]' : `[${user.replaceAll(']', ']]')}]`;
  if (/\bSHOWPLAN\b/.test(message)) {
    return `Plans need it: GRANT SHOWPLAN TO ${name};${database === null ? '' : ` in ${database}`} (asked of its owner).`;
  }
  if (/VIEW (SERVER|DATABASE) (PERFORMANCE )?STATE/.test(message)) {
    return `Ask for it: GRANT ${/VIEW [A-Z ]+ STATE/.exec(message)?.[0] ?? 'VIEW SERVER STATE'} TO ${name};`;
  }
  if (number === 916) return `Its owner lets you in: CREATE USER ${name} FOR LOGIN ${name};`;
  return `Ask for the permission (GRANT SELECT ON … TO ${name};), or connect as a user who has it.`;
}

/** Errors of sockets, TLS and the driver itself. https://nodejs.org/api/errors.html#common-system-errors */
function fromDriver(fields: Fields, context: ErrorContext, cause: unknown): DatabaseError {
  const { target } = context;
  const inner = innermost(fields);
  const code = inner.code ?? fields.code ?? null;
  const make = (reason: DatabaseErrorReason, message: string) =>
    new DatabaseError(reason, message, { cause, code });
  const tls = tlsSentence(inner, target) ?? tlsSentence(fields, target);
  if (tls) return make('tls', tls);
  const failure = socketFailure(code, target) ?? driverFailure(fields, target);
  if (failure) return make(failure.reason, failure.message);
  return make(fields.code === 'ELOGIN' ? 'authentication' : 'driver', finish(fields.message));
}

/** Nothing came in time; a named instance may be the one that nobody tells the port of. */
export function noAnswer(target: string): SocketFailure {
  const failure = silent(target);
  if (!target.includes('\\')) return failure;
  return {
    ...failure,
    message: `${failure.message} The port of a named instance is asked of the SQL Server Browser (UDP 1434); when it does not run, name the port.`,
  };
}

/** What the driver says in words of its own. */
function driverFailure({ code, message }: Fields, target: string): SocketFailure | null {
  switch (code) {
    case 'ETIMEOUT':
      return noAnswer(target);
    case 'EINSTLOOKUP':
      return {
        reason: 'refused',
        message: `The named instance of ${target} was not found: ${finish(message)} The SQL Server Browser (UDP port 1434) tells its port; when it does not run, name the port itself.`,
      };
    case 'ECLOSE':
    case 'ESOCKET':
      return lost(target);
    default:
      return /connection lost|socket hang up/i.test(message) ? lost(target) : null;
  }
}

function tlsSentence({ message, code }: Fields, target: string): string | null {
  if (code === 'ENOENCRYPT') {
    return `${target} offers no encryption, and the connection asks for it, so the password was not sent. Turn it on in the server, or use encrypt=false where the network is trusted.`;
  }
  if (code === 'EENCRYPT') {
    return `${target} takes encrypted connections only: ${finish(message)} Remove encrypt=false from the connection URL, or choose the TLS mode "require".`;
  }
  if (/does not match certificate's altnames/i.test(message)) {
    return `The certificate of ${target} is for another host name: ${finish(message)} Connect by the name in the certificate, or name it (hostNameInCertificate=NAME).`;
  }
  if (/self.signed|^(ERR_TLS|ERR_SSL|ERR_OSSL|UNABLE_TO_|CERT_|DEPTH_ZERO|EPROTO)/.test(`${code ?? ''}`)) {
    return `TLS with ${target} failed: ${finish(message)} Name the authority that signed its certificate (sslrootcert=FILE), or use trustServerCertificate=true to encrypt without checking it.`;
  }
  return null;
}

function innermost(fields: Fields): Fields {
  let found = fields;
  for (let depth = 0; depth < 5 && found.cause instanceof Error; depth++) found = fieldsOf(found.cause);
  return found;
}

/** Of several errors of one batch the first one is the cause, except where it only announces the others. */
function fieldsOf(error: unknown): Fields {
  if (error instanceof AggregateError) {
    const [first, second] = error.errors as unknown[];
    const announces = first instanceof Error && (first as Error & Fields).number === 11501;
    return fieldsOf((announces ? second : first) ?? new Error(error.message));
  }
  return error instanceof Error ? (error as Error & Fields) : { message: String(error) };
}
