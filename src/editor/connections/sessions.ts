/** Open databases, one per profile, and what became of them. */
import * as vscode from 'vscode';
import type { Catalog } from '../../core/catalog/catalog.ts';
import {
  type Database,
  DatabaseError,
  type DatabaseErrorReason,
  type RoleAdvice,
} from '../../core/database.ts';
import { roleSentence } from '../../databases/role-sentence.ts';
import type { Log } from '../log.ts';
import { type ConnectionProfile, NO_SECRETS, toConnectionSettings } from './profile.ts';

/** A connected database with what was read of it. */
export interface OpenSession {
  readonly profile: ConnectionProfile;
  readonly database: Database;
  readonly catalog: Catalog;
  /** set when the connection's role may do more than read */
  readonly role: RoleAdvice | null;
}

export type SessionState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'opening'; readonly message: string }
  | ({ readonly kind: 'open' } & OpenSession)
  /** it was open, and the server or the way to it went away */
  | { readonly kind: 'lost'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

export interface OpenRequest {
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

/** Opens a profile's database; asks for the password when there is none. */
export type OpenDatabase = (profile: ConnectionProfile, request: OpenRequest) => Promise<Database>;

interface Opening {
  readonly promise: Promise<OpenSession>;
  readonly abort: AbortController;
  readonly listeners: Set<(message: string) => void>;
  waiting: number;
}

/** Of a session that was open, these say that the server or the way to it is gone: a pool connects again by itself. */
const LOST: readonly DatabaseErrorReason[] = [
  'connectionLost',
  'refused',
  'unknownHost',
  'tls',
  'authentication',
];

const CLOSED: SessionState = { kind: 'closed' };

export class Sessions implements vscode.Disposable {
  private readonly openDatabase: OpenDatabase;
  private readonly log: Log;
  private readonly states = new Map<string, SessionState>();
  private readonly openings = new Map<string, Opening>();
  private readonly changed = new vscode.EventEmitter<string>();
  /** the key of the profile whose session changed its state */
  readonly onDidChange = this.changed.event;

  constructor(openDatabase: OpenDatabase, log: Log) {
    this.openDatabase = openDatabase;
    this.log = log;
  }

  state(key: string): SessionState {
    return this.states.get(key) ?? CLOSED;
  }

  /**
   * The profile's open session; it is opened when it is not. Several callers share one opening, which is given up
   * when the last of them cancels.
   *
   * @throws DatabaseError
   */
  async open(profile: ConnectionProfile, request: OpenRequest): Promise<OpenSession> {
    const state = this.state(profile.key);
    if (state.kind === 'open') return state;
    request.signal.throwIfAborted();
    const opening = this.openings.get(profile.key) ?? this.start(profile);
    opening.waiting++;
    opening.listeners.add(request.onProgress);
    let giveUp: () => void = () => undefined;
    const cancelled = new Promise<never>((_, reject) => {
      giveUp = () => reject(new DatabaseError('cancelled', 'Connecting was cancelled.'));
      request.signal.addEventListener('abort', giveUp, { once: true });
    });
    try {
      return await Promise.race([opening.promise, cancelled]);
    } finally {
      request.signal.removeEventListener('abort', giveUp);
      opening.listeners.delete(request.onProgress);
      opening.waiting--;
      if (opening.waiting === 0 && this.openings.get(profile.key) === opening) opening.abort.abort();
    }
  }

  /** Work on a session; when the connection breaks meanwhile, everyone is told. @throws what `work` throws */
  async use<T>(session: OpenSession, work: (session: OpenSession) => Promise<T>): Promise<T> {
    try {
      return await work(session);
    } catch (error) {
      if (DatabaseError.is(error, ...LOST)) this.lose(session, error.message);
      throw error;
    }
  }

  /** Read the catalog again: tables were created or statistics gathered since. @throws DatabaseError */
  async refresh(session: OpenSession, signal: AbortSignal): Promise<OpenSession> {
    const catalog = await this.use(session, ({ database }) => database.readCatalog({ signal }));
    const refreshed = { ...session, catalog };
    this.set(session.profile.key, { kind: 'open', ...refreshed });
    return refreshed;
  }

  async close(key: string): Promise<void> {
    this.openings.get(key)?.abort.abort();
    const state = this.state(key);
    this.set(key, CLOSED);
    if (state.kind === 'open') await this.closeQuietly(state.database);
  }

  /** Close the sessions of profiles that are gone or lead elsewhere now. */
  closeChanged(find: (key: string) => ConnectionProfile | null): void {
    for (const [key, state] of this.states) {
      if (state.kind !== 'open') continue;
      const profile = find(key);
      if (!profile || place(profile) !== place(state.profile)) void this.close(key);
    }
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.states.keys()].map((key) => this.close(key)));
  }

  dispose(): void {
    this.changed.dispose();
  }

  private start(profile: ConnectionProfile): Opening {
    const abort = new AbortController();
    const listeners = new Set<(message: string) => void>();
    const say = (message: string): void => {
      for (const listener of listeners) listener(message);
    };
    const promise = this.connect(profile, { signal: abort.signal, onProgress: say }).finally(() =>
      this.openings.delete(profile.key),
    );
    // a caller that gave up no longer listens; the state tells what happened
    promise.catch(() => undefined);
    const opening = { promise, abort, listeners, waiting: 0 };
    this.openings.set(profile.key, opening);
    return opening;
  }

  private async connect(profile: ConnectionProfile, request: OpenRequest): Promise<OpenSession> {
    this.set(profile.key, { kind: 'opening', message: 'connecting' });
    let database: Database | null = null;
    try {
      request.onProgress(`Connecting to ${profile.name}`);
      database = await this.openDatabase(profile, request);
      request.onProgress('Reading the catalog');
      const catalog = await database.readCatalog({ signal: request.signal });
      request.signal.throwIfAborted();
      for (const gap of catalog.gaps) {
        const way = gap.grant === null ? '' : ` This would allow it: ${gap.grant}`;
        this.log.warn(`${profile.name}: the ${gap.what} could not be read: ${gap.reason}.${way}`);
      }
      const session = { profile, database, catalog, role: await this.roleOf(profile, database, request) };
      this.log.info(
        `${profile.name}: connected to ${database.info.product} ${database.info.versionText}, ${catalog.tables.length} tables.`,
      );
      this.set(profile.key, { kind: 'open', ...session });
      return session;
    } catch (error) {
      if (database) await this.closeQuietly(database);
      const cancelled = request.signal.aborted;
      const message = error instanceof Error ? error.message : String(error);
      this.set(profile.key, cancelled ? CLOSED : { kind: 'failed', message });
      throw cancelled ? new DatabaseError('cancelled', 'Connecting was cancelled.', { cause: error }) : error;
    }
  }

  /** A server that does not tell is no reason to do without it. */
  private async roleOf(
    profile: ConnectionProfile,
    database: Database,
    { signal }: OpenRequest,
  ): Promise<RoleAdvice | null> {
    try {
      const role = (await database.adviseOnRole?.({ signal })) ?? null;
      if (role) this.log.warn(`${profile.name}: ${roleSentence(role)}`);
      return role;
    } catch (error) {
      if (signal.aborted) throw error;
      this.log.error(`${profile.name}: the role's privileges could not be read`, error);
      return null;
    }
  }

  private lose(session: OpenSession, message: string): void {
    const state = this.state(session.profile.key);
    if (state.kind !== 'open' || state.database !== session.database) return;
    this.log.warn(`${session.profile.name}: the connection was lost: ${message}`);
    this.set(session.profile.key, { kind: 'lost', message });
    void this.closeQuietly(session.database);
  }

  private async closeQuietly(database: Database): Promise<void> {
    try {
      await database.close();
    } catch (error) {
      this.log.error('Closing a connection failed', error);
    }
  }

  private set(key: string, state: SessionState): void {
    this.states.set(key, state);
    this.changed.fire(key);
  }
}

function place(profile: ConnectionProfile): string {
  return JSON.stringify(toConnectionSettings(profile, NO_SECRETS));
}
