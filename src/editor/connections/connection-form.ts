/** The questions that make or change a connection. */
import * as vscode from 'vscode';
import type { TlsMode } from '../../databases/connection-settings.ts';
import {
  type ConnectionProfile,
  defaultPort,
  defaultTls,
  EMPTY_DRAFT,
  type Engine,
  isServer,
  type ProfileDraft,
  portProblem,
  TLS_MODES,
  target,
  withEngine,
} from './profile.ts';
import { sshSteps } from './ssh-steps.ts';
import { runSteps, type Step } from './steps.ts';

export interface ConnectionAnswers {
  readonly draft: ProfileDraft;
  /** undefined: the stored one stays; '' is no password */
  readonly password: string | undefined;
  /** of the jump host; undefined: the stored one stays, or there is none */
  readonly sshSecret: string | undefined;
  readonly scope: 'user' | 'workspace';
}

const TLS_DETAIL: Readonly<Record<TlsMode, string>> = {
  disable: 'No encryption. For this machine and private networks only.',
  prefer: 'Encrypted if the server offers it; nothing is checked.',
  require: 'Encrypted, but whoever answers is believed.',
  'verify-ca': 'Encrypted, and the certificate must come from a trusted authority.',
  'verify-full': 'Encrypted, and the certificate must be trusted and name the host. The safe choice.',
};

/** What the user enters for a new connection, null when given up. */
export function askNewConnection(draft: ProfileDraft = EMPTY_DRAFT): Promise<ConnectionAnswers | null> {
  const steps: Step<ConnectionAnswers>[] = [
    engineStep(),
    ...serverSteps(null),
    ...sshSteps(false),
    ...embeddedSteps(),
    ...nameSteps(),
  ];
  return runSteps('Add connection', steps, { draft, password: '', sshSecret: undefined, scope: 'user' });
}

/** What the user changes of a connection, null when given up. */
export function askChangedConnection(profile: ConnectionProfile): Promise<ConnectionAnswers | null> {
  const steps: Step<ConnectionAnswers>[] = [
    ...serverSteps(profile),
    ...sshSteps(true),
    ...embeddedSteps(),
    nameStep(),
  ];
  const scope = profile.scope === 'workspace' ? 'workspace' : 'user';
  return runSteps(`Edit ${profile.name}`, steps, {
    ...{ draft: profile, password: undefined, sshSecret: undefined, scope },
  });
}

/** Name and place for a connection whose other parts came from a URL. */
export function askNameAndPlace(answers: ConnectionAnswers): Promise<ConnectionAnswers | null> {
  return runSteps('Add connection', nameSteps(), answers);
}

function engineStep(): Step<ConnectionAnswers> {
  return {
    kind: 'choice',
    title: 'Database',
    prompt: 'Where do your statements run?',
    choices: () => [
      { label: '$(server) PostgreSQL server', description: 'version 13 to 18', value: 'postgresql' },
      { label: '$(server) MariaDB server', description: 'version 10.6 to 11', value: 'mariadb' },
      { label: '$(server) MySQL server', description: 'version 8.0 to 9', value: 'mysql' },
      { label: '$(server) SQL Server', description: '2016 to 2025, and Azure SQL', value: 'sqlserver' },
      {
        label: '$(package) Embedded PostgreSQL',
        description: 'no server needed',
        detail: 'Starts with the editor’s process and is filled by a SQL file of yours.',
        value: 'embedded',
      },
    ],
    value: ({ draft }) => draft.engine,
    apply: (state, value) => ({ ...state, draft: withEngine(state.draft, engineOf(value)) }),
  };
}

function engineOf(value: string): Engine {
  return isServer(value) ? value : 'embedded';
}

function serverSteps(existing: ConnectionProfile | null): Step<ConnectionAnswers>[] {
  const when = ({ draft }: ConnectionAnswers): boolean => isServer(draft.engine);
  const required = (text: string): string | null => (text.trim() === '' ? 'Please enter something.' : null);
  return [
    {
      kind: 'text',
      title: 'Host',
      prompt:
        'Name or address of the server, or its socket: the folder (PostgreSQL) or the file; of SQL Server with its instance, if it has one (host\\SQLEXPRESS)',
      value: ({ draft }) => draft.host || 'localhost',
      problem: required,
      apply: (state, text) => {
        const host = text.trim();
        const tls = host === state.draft.host ? state.draft.tls : defaultTls(host);
        return withDraft(state, { host, tls });
      },
      when,
    },
    {
      kind: 'text',
      title: 'Port',
      prompt: 'Port of the server',
      value: ({ draft }) => String(draft.port || defaultPort(draft.engine)),
      problem: portProblem,
      apply: (state, text) => withDraft(state, { port: Number(text) }),
      when,
    },
    {
      kind: 'text',
      title: 'Database',
      prompt: 'Name of the database',
      value: ({ draft }) => draft.database,
      problem: required,
      apply: (state, text) => withDraft(state, { database: text.trim() }),
      when,
    },
    {
      kind: 'text',
      title: 'User',
      prompt: 'User to sign in as. One that may only read is enough.',
      value: ({ draft }) => draft.user,
      problem: required,
      apply: (state, text) => withDraft(state, { user: text.trim() }),
      when,
    },
    {
      kind: 'choice',
      title: 'Encryption',
      prompt: 'How is the connection protected?',
      choices: () => TLS_MODES.map((mode) => ({ label: mode, detail: TLS_DETAIL[mode], value: mode })),
      value: ({ draft }) => draft.tls,
      apply: (state, value) =>
        withDraft(state, { tls: TLS_MODES.find((mode) => mode === value) ?? 'verify-full' }),
      when,
    },
    {
      kind: 'text',
      title: 'Certificate authority',
      prompt: 'File with the certificates to trust; leave it empty for the system’s own',
      value: ({ draft }) => draft.caFile ?? '',
      apply: (state, text) => withDraft(state, { caFile: text.trim() === '' ? null : text.trim() }),
      when: (state) => when(state) && state.draft.tls.startsWith('verify'),
    },
    {
      kind: 'text',
      title: 'Password',
      prompt: existing
        ? 'Leave it empty to keep the stored password. It is kept in the editor’s secret storage only.'
        : 'Kept in the editor’s secret storage, never in settings. Leave it empty when none is needed.',
      password: true,
      value: () => '',
      apply: (state, text) => ({ ...state, password: existing && text === '' ? undefined : text }),
      when,
    },
  ];
}

function embeddedSteps(): Step<ConnectionAnswers>[] {
  return [
    {
      kind: 'text',
      title: 'Script',
      prompt:
        'SQL file that creates and fills the database (absolute, or relative to the workspace); empty for none',
      placeholder: 'schema.sql',
      value: ({ draft }) => draft.init ?? '',
      apply: (state, text) => withDraft(state, { init: text.trim() === '' ? null : text.trim() }),
      when: ({ draft }) => draft.engine === 'embedded',
    },
  ];
}

function nameStep(): Step<ConnectionAnswers> {
  return {
    kind: 'text',
    title: 'Name',
    prompt: 'A name to know it by',
    value: ({ draft }) => draft.name || target(draft),
    problem: (text) => (text.trim() === '' ? 'Please give it a name.' : null),
    apply: (state, text) => withDraft(state, { name: text.trim() }),
  };
}

function nameSteps(): Step<ConnectionAnswers>[] {
  return [
    nameStep(),
    {
      kind: 'choice',
      title: 'Safety',
      prompt: 'May statements that write be tried in a transaction that is rolled back, after asking you?',
      choices: () => [
        { label: 'Ask me', value: 'ask' },
        { label: '$(lock) Never: read-only', description: 'for production', value: 'never' },
      ],
      value: ({ draft }) => (draft.readOnly ? 'never' : 'ask'),
      apply: (state, value) => withDraft(state, { readOnly: value === 'never' }),
    },
    {
      kind: 'choice',
      title: 'Test databases',
      prompt:
        'Rewrites are attacked on small generated databases. May they be created on this server, and dropped?',
      choices: () => [
        { label: '$(lock) No', description: 'rewrites are compared on your data only', value: 'no' },
        { label: 'Yes', description: 'as sqlopt_scratch_…; the user needs CREATE and DROP', value: 'yes' },
      ],
      value: ({ draft }) => (draft.scratchOnServer ? 'yes' : 'no'),
      apply: (state, value) => withDraft(state, { scratchOnServer: value === 'yes' }),
      when: ({ draft }) => draft.engine === 'mysql' || draft.engine === 'mariadb',
    },
    {
      kind: 'choice',
      title: 'Where to keep it',
      prompt: 'The password is never written to either of them',
      choices: () => [
        { label: 'User settings', description: 'for you, in every workspace', value: 'user' },
        {
          label: 'Workspace settings',
          description: 'shared with whoever opens this folder',
          value: 'workspace',
        },
      ],
      value: ({ scope }) => scope,
      apply: (state, value) => ({ ...state, scope: value === 'workspace' ? 'workspace' : 'user' }),
      when: () => vscode.workspace.isTrusted && vscode.workspace.workspaceFolders !== undefined,
    },
  ];
}

function withDraft(state: ConnectionAnswers, change: Partial<ProfileDraft>): ConnectionAnswers {
  return { ...state, draft: { ...state.draft, ...change } };
}
