/** What the network says when a server cannot be reached, for every engine. */
import type { DatabaseErrorReason } from '../core/database.ts';

/** Why, in a word and in a sentence. */
export interface SocketFailure {
  readonly reason: DatabaseErrorReason;
  readonly message: string;
}

/**
 * The failure behind an error code of a socket; null when it is none.
 *
 * @param code https://nodejs.org/api/errors.html#common-system-errors
 * @param target how messages name the server
 */
export function socketFailure(code: string | null, target: string): SocketFailure | null {
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
    case 'EACCES':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return {
        reason: 'refused',
        message: `Nobody answers at ${target}. Check that the server runs and that host and port are right.`,
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        reason: 'unknownHost',
        message: `The host of ${target} is not known. Check its name and your network.`,
      };
    case 'ETIMEDOUT':
      return silent(target);
    case 'ECONNRESET':
    case 'EPIPE':
      return lost(target);
    default:
      return null;
  }
}

/** Nothing came in time. */
export function silent(target: string): SocketFailure {
  return { reason: 'timeout', message: `${target} did not answer in time. Check host, port and firewall.` };
}

/** The connection ended in the middle. */
export function lost(target: string): SocketFailure {
  return {
    reason: 'connectionLost',
    message: `The connection to ${target} was lost. The server may have been stopped or restarted; the next call connects again.`,
  };
}
