/** From what the server, the driver and the system say to a reason and a sentence that a person can act on. */
import { DatabaseError, type DatabaseErrorReason } from '../../core/database.ts';
import { cancelled, finish, timedOut } from '../call-errors.ts';
import { lost, silent, socketFailure } from '../socket-errors.ts';
import { offsetOfCharacter } from './positions.ts';

/** What is known around an error. */
export interface ErrorContext {
  /** how the connection is named in a sentence: 'shop on db.example.com:5432', never with the password */
  readonly target: string;
  readonly user: string | null;
  /** the statement as the caller gave it, and how many characters we put before it */
  readonly sql?: string | undefined;
  readonly prefix?: string | undefined;
  /** who asked the server to stop the statement */
  readonly stopped?: 'signal' | 'limit' | null;
  readonly timeoutMs?: number | undefined;
}

interface ServerFields {
  readonly code?: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: string;
  readonly severity?: string;
  readonly table?: string;
  readonly schema?: string;
}

/**
 * SQLSTATE classes and codes, the longest match wins.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const REASONS: Readonly<Record<string, DatabaseErrorReason>> = {
  '28': 'authentication',
  '3D': 'unknownDatabase',
  '53300': 'tooManyConnections',
  '57P03': 'refused',
  '08P01': 'other',
  '08': 'connectionLost',
  '57P': 'connectionLost',
  '57P05': 'connectionLost',
  '25P03': 'connectionLost',
  '57014': 'timeout',
  '42501': 'permission',
  '25006': 'readOnly',
  '42601': 'syntax',
  '42': 'undefinedObject',
  '3F': 'undefinedObject',
  '0A': 'other',
  '22': 'dataException',
  '21': 'dataException',
  '23': 'dataException',
  '53': 'resources',
  '54': 'resources',
  '55P03': 'resources',
  '57P04': 'unknownDatabase',
};

/** True for an error after which the connection is gone. */
export function losesConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { severity, code } = error as Error & Partial<ServerFields>;
  if (severity === 'FATAL' || severity === 'PANIC') return true;
  return severity === undefined && code === undefined
    ? /terminated|not queryable|closed/i.test(error.message)
    : severity === undefined;
}

/** The error of a call as a {@link DatabaseError}; one that is one already stays as it is. */
export function toDatabaseError(error: unknown, context: ErrorContext): DatabaseError {
  if (error instanceof DatabaseError) return error;
  if (context.stopped === 'signal') return cancelled(error);
  if (context.stopped === 'limit') return timedOut(context.timeoutMs, error);
  const fields = fieldsOf(error);
  if (fields.severity === undefined) return fromDriver(fields, context, error);
  const code = fields.code ?? '';
  const reason = reasonOf(code);
  return new DatabaseError(reason, sentence(reason, code, fields, context), {
    code,
    position: positionOf(fields, context),
    cause: error,
  });
}

function reasonOf(code: string): DatabaseErrorReason {
  for (let length = code.length; length >= 2; length--) {
    const reason = REASONS[code.slice(0, length)];
    if (reason) return reason;
  }
  return 'other';
}

function sentence(
  reason: DatabaseErrorReason,
  code: string,
  fields: ServerFields,
  context: ErrorContext,
): string {
  const { target } = context;
  const said = finish(fields.message);
  switch (reason) {
    case 'authentication':
      return authenticationSentence(code, said, context);
    case 'unknownDatabase':
      return `There is no such database on ${target}: ${said} Check the name at the end of the connection URL.`;
    case 'tooManyConnections':
      return `${target} has no free connection: ${said} Close connections that nobody uses, or raise max_connections.`;
    case 'refused':
      return `${target} is not ready for connections: ${said} Try again in a moment.`;
    case 'connectionLost':
      return `The connection to ${target} was ended by the server: ${said} The next call connects again.`;
    case 'timeout':
      return stoppedSentence(said);
    case 'permission':
      return `Permission denied: ${said} ${permissionAdvice(context)}`;
    case 'readOnly':
      return `The statement would change data, and this connection only reads: ${said} Nothing was changed.`;
    case 'resources':
      return code === '55P03'
        ? `Another session holds a lock that the statement needs: ${said} Try again when it has ended.`
        : `The server ran out of something: ${said} ${fields.hint ?? 'Try again later, or with less data.'}`;
    case 'syntax':
      return `The server does not accept the statement: ${said}${hint(fields)}`;
    default:
      return `${said}${hint(fields)}`;
  }
}

function authenticationSentence(code: string, said: string, { target, user }: ErrorContext): string {
  if (/no encryption/i.test(said)) {
    return `${target} refuses connections without TLS: ${said} Add sslmode=require to the connection URL.`;
  }
  if (/pg_hba\.conf/.test(said)) {
    return `${target} does not let ${user ?? 'this user'} in from here: ${said} Its administrator allows it in pg_hba.conf.`;
  }
  const name = user === null ? 'this user' : `user "${user}"`;
  return code === '28P01'
    ? `The password for ${name} on ${target} is wrong: ${said} Edit the connection and enter it again.`
    : `${target} refused to log in ${name}: ${said} Check the user and the password.`;
}

function stoppedSentence(said: string): string {
  return `The server stopped the statement: ${said} An administrator or a limit of the server's own (statement_timeout) did it.`;
}

function permissionAdvice({ user }: ErrorContext): string {
  const name = user === null ? 'your user' : `"${user}"`;
  return `Ask for the privilege (GRANT … TO ${name}), or connect as a user who has it.`;
}

/** Errors of sockets, TLS and pg itself. https://nodejs.org/api/errors.html#common-system-errors */
function fromDriver(fields: ServerFields, context: ErrorContext, cause: unknown): DatabaseError {
  const { target } = context;
  const code = fields.code ?? null;
  const make = (reason: DatabaseErrorReason, message: string) =>
    new DatabaseError(reason, message, { cause, code });
  const tls = tlsSentence(fields, target);
  if (tls) return make('tls', tls);
  const failure = socketFailure(code, target);
  if (failure) return make(failure.reason, failure.message);
  if (/password must be a string|no password|empty password/i.test(fields.message)) {
    return make('authentication', `${target} asks for a password. Edit the connection and enter it.`);
  }
  if (/timeout expired/.test(fields.message)) {
    const { reason, message } = silent(target);
    return make(reason, message);
  }
  if (losesConnection(cause)) {
    const { reason, message } = lost(target);
    return make(reason, message);
  }
  return make('driver', finish(fields.message));
}

function tlsSentence({ message, code }: ServerFields, target: string): string | null {
  if (/does not support SSL/.test(message)) {
    return `${target} offers no TLS, and the connection asks for it. Turn TLS on in the server (ssl = on), or use sslmode=disable where the network is trusted.`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `The certificate of ${target} is for another host name: ${finish(message)} Connect by the name in the certificate, or use sslmode=verify-ca.`;
  }
  if (
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS|ERR_SSL|ERR_OSSL)/.test(
      code ?? '',
    ) ||
    /certificate|establishing an SSL connection/i.test(message)
  ) {
    return `TLS with ${target} failed: ${finish(message)} Name the authority that signed its certificate (sslrootcert=FILE), or use sslmode=require to encrypt without checking it.`;
  }
  return null;
}

function fieldsOf(error: unknown): ServerFields {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return fieldsOf(error.errors[0]);
  return error instanceof Error ? (error as Error & ServerFields) : { message: String(error) };
}

function positionOf(fields: ServerFields, { sql, prefix = '' }: ErrorContext): number | null {
  if (sql === undefined || fields.position === undefined) return null;
  const offset = offsetOfCharacter(prefix + sql, Number(fields.position)) - prefix.length;
  return offset >= 0 && offset <= sql.length ? offset : null;
}

function hint({ hint: text }: ServerFields): string {
  return text ? ` ${finish(text)}` : '';
}
