/** The way to a jump host as OpenSSH's configuration has it: its real name, its keys, the hosts before it. */
import { DatabaseError } from '../../core/database.ts';
import type { SshSettings } from '../connection-settings.ts';
import { type HostConfig, readHostConfig } from './client-config.ts';

/** OpenSSH's port, which a connection that names none has. */
const USUAL_PORT = 22;
/** Hosts on the way to one host at most: more are a loop. */
const MOST_HOPS = 8;

/** One host of the way, ready to sign in. */
export interface Hop {
  readonly settings: SshSettings;
  /** keys of the configuration, tried after the agent's; without any, the usual ones are */
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** null: no agent is asked */
  readonly agent: 'usual' | null;
}

/**
 * The hosts to sign in at, the first one first and the jump host of the connection last. What the connection says itself
 * comes before the configuration. The connection's password, passphrase and host key are for its own jump host alone.
 *
 * @throws DatabaseError when the way is one that cannot be gone here
 */
export async function wayTo(settings: SshSettings): Promise<readonly Hop[]> {
  return way(settings, [], null);
}

async function way(
  settings: SshSettings,
  behind: readonly string[],
  given: readonly string[] | null,
): Promise<Hop[]> {
  const config = await readHostConfig(settings.host, settings.configFile ?? null);
  // a chain that was named leads there in any case
  if (config.proxyCommand && given === null) {
    throw new DatabaseError(
      'refused',
      `Your SSH configuration reaches ${settings.host} by a ProxyCommand, and no program is run here. Use ProxyJump there, or ssh_config=none in the connection.`,
    );
  }
  const name = settings.host.toLowerCase();
  if (behind.includes(name) || behind.length >= MOST_HOPS) {
    throw new DatabaseError(
      'refused',
      `Your SSH configuration leads in a circle: ${[name, ...behind].join(' behind ')}. Correct ProxyJump in it.`,
    );
  }
  const before = given ?? config.jumps;
  const last = before.at(-1);
  const hops =
    last === undefined
      ? []
      : await way(
          jumpSettings(last, settings),
          [name, ...behind],
          before.length > 1 ? before.slice(0, -1) : null,
        );
  return [...hops, hopOf(settings, config)];
}

function hopOf(settings: SshSettings, config: HostConfig): Hop {
  return {
    settings: {
      ...settings,
      host: config.hostName ?? settings.host,
      port: settings.port === USUAL_PORT ? (config.port ?? USUAL_PORT) : settings.port,
      user: settings.user ?? config.user,
      agent: settings.agent ?? (config.agent === 'none' ? null : config.agent),
    },
    identityFiles: config.identityFiles,
    identitiesOnly: config.identitiesOnly,
    agent: settings.agent === null && config.agent === 'none' ? null : 'usual',
  };
}

/** '[user@]host[:port]', 'ssh://…' too. */
function jumpSettings(text: string, behind: SshSettings): SshSettings {
  const [, user, host = '', port] =
    /^(?:ssh:\/\/)?(?:(.*)@)?(\[[^\]]*\]|[^:@]*)(?::(\d+))?\/?$/.exec(text.trim()) ?? [];
  if (host === '') {
    throw new DatabaseError('refused', `"${text}" in ProxyJump of your SSH configuration names no host.`);
  }
  return {
    ...{ host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port ?? USUAL_PORT), user: user ?? null },
    ...{ keyFile: null, agent: behind.agent, secret: null, hostKey: null },
    ...{ knownHostsFile: behind.knownHostsFile, configFile: behind.configFile ?? null },
  };
}
