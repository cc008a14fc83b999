/** From what the server, the driver and the system say to a reason and a sentence that a person can act on. */
import { DatabaseError, type DatabaseErrorReason } from '../../core/database.ts';
import { cancelled, finish, timedOut } from '../call-errors.ts';
import { lost, type SocketFailure, silent, socketFailure } from '../socket-errors.ts';
import { errorPosition } from './positions.ts';

/** What is known around an error. */
export interface ErrorContext {
  /** how the connection is named in a sentence: 'shop on db.example.com:3306', never with the password */
  readonly target: string;
  readonly user: string | null;
  /** the statement as the caller gave it, and what we put before it */
  readonly sql?: string | undefined;
  readonly prefix?: string | undefined;
  /** who asked the server to stop the statement */
  readonly stopped?: 'signal' | 'limit' | null;
  readonly timeoutMs?: number | undefined;
}

interface Fields {
  readonly message: string;
  /** mysql2's name of the error, or the system's */
  readonly code?: string;
  readonly errno?: number;
  readonly sqlState?: string;
}

/**
 * By error number, where the SQLSTATE says too little: most of them have HY000 or 42000.
 * https://mariadb.com/kb/en/mariadb-error-code-reference/
 * https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html
 */
const BY_NUMBER: Readonly<Record<number, DatabaseErrorReason>> = {
  1040: 'tooManyConnections', // ER_CON_COUNT_ERROR
  1203: 'tooManyConnections', // ER_TOO_MANY_USER_CONNECTIONS
  1226: 'tooManyConnections', // ER_USER_LIMIT_REACHED
  1044: 'permission', // ER_DBACCESS_DENIED_ERROR
  1045: 'authentication', // ER_ACCESS_DENIED_ERROR
  1698: 'authentication', // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
  1130: 'authentication', // ER_HOST_NOT_PRIVILEGED
  1129: 'authentication', // ER_HOST_IS_BLOCKED
  1251: 'authentication', // ER_NOT_SUPPORTED_AUTH_MODE
  1524: 'authentication', // ER_PLUGIN_IS_NOT_LOADED
  1820: 'authentication', // ER_MUST_CHANGE_PASSWORD
  1862: 'authentication', // ER_MUST_CHANGE_PASSWORD_LOGIN
  3118: 'authentication', // ER_ACCOUNT_HAS_BEEN_LOCKED
  4151: 'authentication', // ER_ACCOUNT_HAS_BEEN_LOCKED in MariaDB
  3159: 'tls', // ER_SECURE_TRANSPORT_REQUIRED
  1049: 'unknownDatabase', // ER_BAD_DB_ERROR
  1053: 'connectionLost', // ER_SERVER_SHUTDOWN
  1077: 'connectionLost', // ER_NORMAL_SHUTDOWN
  1927: 'connectionLost', // ER_CONNECTION_KILLED
  4031: 'connectionLost', // ER_CLIENT_INTERACTION_TIMEOUT
  1317: 'timeout', // ER_QUERY_INTERRUPTED
  1969: 'timeout', // ER_STATEMENT_TIMEOUT
  3024: 'timeout', // ER_QUERY_TIMEOUT
  1142: 'permission', // ER_TABLEACCESS_DENIED_ERROR
  1143: 'permission', // ER_COLUMNACCESS_DENIED_ERROR
  1227: 'permission', // ER_SPECIFIC_ACCESS_DENIED_ERROR
  1345: 'permission', // ER_VIEW_NO_EXPLAIN
  1356: 'undefinedObject', // ER_VIEW_INVALID
  1370: 'permission', // ER_PROCACCESS_DENIED_ERROR
  1792: 'readOnly', // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
  1290: 'readOnly', // ER_OPTION_PREVENTS_STATEMENT (read_only)
  1836: 'readOnly', // ER_READ_ONLY_MODE
  1064: 'syntax', // ER_PARSE_ERROR
  1065: 'syntax', // ER_EMPTY_QUERY
  1149: 'syntax', // ER_SYNTAX_ERROR
  1305: 'undefinedObject', // ER_SP_DOES_NOT_EXIST
  1051: 'undefinedObject', // ER_BAD_TABLE_ERROR
  1054: 'undefinedObject', // ER_BAD_FIELD_ERROR
  1146: 'undefinedObject', // ER_NO_SUCH_TABLE
  1046: 'undefinedObject', // ER_NO_DB_ERROR
  1052: 'undefinedObject', // ER_NON_UNIQ_ERROR
  1055: 'undefinedObject', // ER_WRONG_FIELD_WITH_GROUP
  1056: 'undefinedObject', // ER_WRONG_GROUP_FIELD
  1066: 'undefinedObject', // ER_NONUNIQ_TABLE
  1109: 'undefinedObject', // ER_UNKNOWN_TABLE
  1111: 'undefinedObject', // ER_INVALID_GROUP_FUNC_USE
  1115: 'undefinedObject', // ER_UNKNOWN_CHARACTER_SET
  1140: 'undefinedObject', // ER_MIX_OF_GROUP_FUNC_AND_FIELDS
  1176: 'undefinedObject', // ER_KEY_DOES_NOT_EXITS
  1210: 'syntax', // ER_WRONG_ARGUMENTS
  1222: 'syntax', // ER_WRONG_NUMBER_OF_COLUMNS_IN_SELECT
  1247: 'undefinedObject', // ER_ILLEGAL_REFERENCE
  1248: 'syntax', // ER_DERIVED_MUST_HAVE_ALIAS
  1267: 'undefinedObject', // ER_CANT_AGGREGATE_2COLLATIONS
  1271: 'undefinedObject', // ER_CANT_AGGREGATE_NCOLLATIONS
  1582: 'undefinedObject', // ER_WRONG_PARAMCOUNT_TO_NATIVE_FCT
  1630: 'undefinedObject', // ER_FUNC_INEXISTENT_NAME_COLLISION
  1235: 'syntax', // ER_NOT_SUPPORTED_YET
  1690: 'dataException', // ER_DATA_OUT_OF_RANGE
  1139: 'dataException', // ER_REGEXP_ERROR
  1365: 'dataException', // ER_DIVISION_BY_ZERO
  1241: 'syntax', // ER_OPERAND_COLUMNS
  1021: 'resources', // ER_DISK_FULL
  1037: 'resources', // ER_OUTOFMEMORY
  1038: 'resources', // ER_OUT_OF_SORTMEMORY
  1041: 'resources', // ER_OUT_OF_RESOURCES
  1104: 'resources', // ER_TOO_BIG_SELECT
  1114: 'resources', // ER_RECORD_FILE_FULL
  1153: 'resources', // ER_NET_PACKET_TOO_LARGE
  1205: 'resources', // ER_LOCK_WAIT_TIMEOUT
  1213: 'resources', // ER_LOCK_DEADLOCK
  1461: 'resources', // ER_MAX_PREPARED_STMT_COUNT_REACHED
};

/** SQLSTATE classes and codes, the longest match wins. */
const BY_STATE: Readonly<Record<string, DatabaseErrorReason>> = {
  '08': 'connectionLost',
  '22': 'dataException',
  '21': 'dataException',
  '23': 'dataException',
  '25006': 'readOnly',
  '28': 'authentication',
  '42S': 'undefinedObject',
  '70100': 'timeout',
};

/** Locks that somebody else holds. */
const LOCKED = [1205, 1213];

/** The error of a call as a {@link DatabaseError}; one that is one already stays as it is. */
export function toDatabaseError(error: unknown, context: ErrorContext): DatabaseError {
  if (error instanceof DatabaseError) return error;
  if (context.stopped === 'signal') return cancelled(error);
  if (context.stopped === 'limit') return timedOut(context.timeoutMs, error);
  const fields = fieldsOf(error);
  if (fields.errno === undefined || fields.errno <= 0) return fromDriver(fields, context, error);
  const reason = reasonOf(fields);
  return new DatabaseError(reason, sentence(reason, fields, context), {
    code: String(fields.errno),
    position: errorPosition(fields.errno, fields.message, context.sql),
    cause: error,
  });
}

function reasonOf({ errno = 0, sqlState = '' }: Fields): DatabaseErrorReason {
  const byNumber = BY_NUMBER[errno];
  if (byNumber) return byNumber;
  for (let length = sqlState.length; length >= 2; length--) {
    const reason = BY_STATE[sqlState.slice(0, length)];
    if (reason) return reason;
  }
  return 'other';
}

function sentence(reason: DatabaseErrorReason, fields: Fields, context: ErrorContext): string {
  const { target } = context;
  const said = finish(fields.message);
  switch (reason) {
    case 'authentication':
      return authenticationSentence(fields, said, context);
    case 'unknownDatabase':
      return `There is no such database on ${target}: ${said} Check the name at the end of the connection URL.`;
    case 'tooManyConnections':
      return `${target} has no free connection: ${said} Close connections that nobody uses, or raise max_connections.`;
    case 'tls':
      return `${target} refuses connections without TLS: ${said} Add sslmode=require to the connection URL.`;
    case 'connectionLost':
      return `The connection to ${target} was ended by the server: ${said} The next call connects again.`;
    case 'timeout':
      return `The server stopped the statement: ${said} An administrator or a limit of the server's own (max_statement_time, max_execution_time) did it.`;
    case 'permission':
      return `Permission denied: ${said} ${permissionAdvice(context)}`;
    case 'readOnly':
      return `The statement would change data, and this connection only reads: ${said} Nothing was changed.`;
    case 'resources':
      return LOCKED.includes(fields.errno ?? 0)
        ? `Another session holds a lock that the statement needs: ${said} Try again when it has ended.`
        : `The server ran out of something: ${said} Try again later, or with less data.`;
    case 'syntax':
      return `The server does not accept the statement: ${said}`;
    default:
      return said;
  }
}

function authenticationSentence(
  { errno, message }: Fields,
  said: string,
  { target, user }: ErrorContext,
): string {
  const name = user === null ? 'this user' : `user "${user}"`;
  if (errno === 1045 && /using password: NO/.test(message)) {
    return `${target} asks for a password: ${said} Edit the connection and enter it.`;
  }
  if (errno === 1045) {
    return `The password for ${name} on ${target} is wrong, or there is no such user: ${said} Edit the connection and enter them again.`;
  }
  if (errno === 1130) {
    return `${target} does not let ${name} in from here: ${said} Its administrator allows it by CREATE USER … @'this machine'.`;
  }
  if (errno === 1129) {
    return `${target} has blocked this machine after failed attempts: ${said} Its administrator runs FLUSH HOSTS.`;
  }
  return `${target} refused to log in ${name}: ${said} Check the user and the password.`;
}

function permissionAdvice({ user }: ErrorContext): string {
  const name = user === null ? 'your user' : `'${user}'`;
  return `Ask for the privilege (GRANT … TO ${name}), or connect as a user who has it.`;
}

/** Errors of sockets, TLS and mysql2 itself. https://nodejs.org/api/errors.html#common-system-errors */
function fromDriver(fields: Fields, context: ErrorContext, cause: unknown): DatabaseError {
  const { target } = context;
  const code = fields.code ?? null;
  const make = (reason: DatabaseErrorReason, message: string) =>
    new DatabaseError(reason, message, { cause, code });
  const tls = tlsSentence(fields, target);
  if (tls) return make('tls', tls);
  const failure = socketFailure(code, target) ?? driverFailure(fields, target);
  if (failure) return make(failure.reason, failure.message);
  return make('driver', finish(fields.message));
}

/** What mysql2 says in words of its own. */
function driverFailure({ code, message }: Fields, target: string): SocketFailure | null {
  if (code === 'PROTOCOL_SEQUENCE_TIMEOUT') return silent(target);
  if (code === 'AUTH_SWITCH_PLUGIN_ERROR') {
    return {
      reason: 'authentication',
      message: `${target} asks for a way to log in that is not known here: ${finish(message)} Use a user with mysql_native_password or caching_sha2_password.`,
    };
  }
  const closed = /closed state|connection (is )?(lost|closed)/i.test(message);
  return closed || code === 'PROTOCOL_CONNECTION_LOST' ? lost(target) : null;
}

function tlsSentence({ message, code }: Fields, target: string): string | null {
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') {
    return `${target} offers no TLS, and the connection asks for it. Turn TLS on in the server (ssl_cert, ssl_key), or use sslmode=disable where the network is trusted.`;
  }
  if (/does not match certificate's altnames/i.test(message)) {
    return `The certificate of ${target} is for another host name: ${finish(message)} Connect by the name in the certificate, or use sslmode=verify-ca.`;
  }
  if (code === 'HANDSHAKE_SSL_ERROR' || /^(ERR_TLS|ERR_SSL|ERR_OSSL|UNABLE_TO_|CERT_)/.test(code ?? '')) {
    return `TLS with ${target} failed: ${finish(message)} Name the authority that signed its certificate (sslrootcert=FILE), or use sslmode=require to encrypt without checking it.`;
  }
  return null;
}

function fieldsOf(error: unknown): Fields {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return fieldsOf(error.errors[0]);
  return error instanceof Error ? (error as Error & Fields) : { message: String(error) };
}
