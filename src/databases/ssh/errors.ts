/** What can go wrong on the way through a jump host, in sentences to act on. */
import { DatabaseError } from '../../core/database.ts';
import type { SshSettings } from '../connection-settings.ts';
import { socketFailure } from '../socket-errors.ts';
import { SSH_SIGN_IN_CODE, signInUser } from './sign-in.ts';

/** How messages name the jump host. */
export function jumpHost({ host, port }: SshSettings): string {
  return port === 22 ? `the jump host ${host}` : `the jump host ${host}:${port}`;
}

/** An error of the SSH connection itself. */
export function sshError(error: unknown, settings: SshSettings): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const { code, level, message } = fieldsOf(error);
  const socket = socketFailure(code, jumpHost(settings));
  if (socket) return new DatabaseError(socket.reason, socket.message, { cause: error, code });
  if (level === 'client-authentication') {
    return new DatabaseError('authentication', notLetIn(settings), { cause: error, code: SSH_SIGN_IN_CODE });
  }
  if (/no matching/i.test(message)) {
    return new DatabaseError(
      'unsupportedVersion',
      `The jump host ${settings.host} offers only encryption methods that are no longer considered safe. Its SSH server has to be updated.`,
      { cause: error },
    );
  }
  if (level === 'client-timeout') return wayLost(settings, error);
  if (level === 'protocol' || level === 'handshake') {
    return new DatabaseError(
      'driver',
      `What answers at ${jumpHost(settings)} does not speak SSH as expected. Check host and port.`,
      { cause: error },
    );
  }
  return wayLost(settings, error);
}

/** The jump host is reached, and does not reach the database. */
export function forwardError(error: unknown, settings: SshSettings, place: string): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const { message, reason } = fieldsOf(error);
  // RFC 4254, section 5.1: 1 administratively prohibited, 2 connect failed
  if (reason === 1 || /administratively prohibited|forwarding disabled/i.test(message)) {
    return new DatabaseError(
      'permission',
      `The jump host ${settings.host} does not let ${signInUser(settings)} forward connections to ${place}. Its administrator allows it by AllowTcpForwarding and PermitOpen in sshd_config.`,
      { cause: error },
    );
  }
  if (reason === 2 || /open failure/i.test(message)) {
    return new DatabaseError(
      'refused',
      `The jump host ${settings.host} reaches nobody at ${place}. The name and port are looked up there: a server on the jump host itself is localhost.`,
      { cause: error },
    );
  }
  return wayLost(settings, error);
}

/** The SSH connection ended in the middle. */
export function wayLost(settings: SshSettings, cause?: unknown): DatabaseError {
  return new DatabaseError(
    'connectionLost',
    `The SSH connection to ${jumpHost(settings)} was lost. The next call connects again.`,
    { cause },
  );
}

/** Nothing came in time. */
export function noAnswer(settings: SshSettings): DatabaseError {
  return new DatabaseError(
    'timeout',
    `${capital(jumpHost(settings))} did not answer in time. Check host, port and firewall.`,
  );
}

function notLetIn(settings: SshSettings): string {
  const user = signInUser(settings);
  if (settings.keyFile !== null) {
    return `The jump host ${settings.host} does not let "${user}" in with the key ${settings.keyFile}. Check the user, and that the key's public part is in its authorized_keys.`;
  }
  return settings.secret === null
    ? `The jump host ${settings.host} does not let "${user}" in with the keys of the agent and of ~/.ssh. Name a key file, or enter a password.`
    : `The jump host ${settings.host} does not let "${user}" in. Check the user and the password.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

interface Fields {
  readonly code: string | null;
  readonly level: string | null;
  readonly reason: number | null;
  readonly message: string;
}

function fieldsOf(error: unknown): Fields {
  const fields = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const { code, level, reason, message } = fields;
  return {
    code: typeof code === 'string' ? code : null,
    level: typeof level === 'string' ? level : null,
    reason: typeof reason === 'number' ? reason : null,
    message: typeof message === 'string' ? message : '',
  };
}
