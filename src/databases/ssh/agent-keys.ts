/** The keys of an SSH agent in the order in which they are shown, or only some of them. */
import type { BaseAgent, KnownPublicKeys, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';

type Ssh2 = typeof import('ssh2');
type PublicKey = string | Buffer | ParsedKey;

/**
 * An agent that shows the named keys first, as OpenSSH does: jump hosts close the connection after a few wrong ones.
 *
 * @param socket where the agent listens
 * @param named public keys in SSH's binary form, the first ones to show
 * @param only none but the named keys (IdentitiesOnly): those of the agent that are not among them stay unknown
 */
export function agentShowing(ssh2: Ssh2, socket: string, named: readonly Buffer[], only: boolean): BaseAgent {
  const agent = ssh2.createAgent(socket);
  const place = (key: KnownPublicKeys[number]): number => {
    const blob = publicPart(ssh2, key);
    const found = named.findIndex((one) => blob !== null && one.equals(blob));
    return found < 0 ? named.length : found;
  };
  class Showing extends ssh2.BaseAgent {
    getIdentities(done: Parameters<BaseAgent['getIdentities']>[0]): void {
      agent.getIdentities((error, keys = []) => {
        if (error) done(error);
        else {
          const shown = only ? keys.filter((key) => place(key) < named.length) : keys;
          done(
            null,
            [...shown].sort((a, b) => place(a) - place(b)),
          );
        }
      });
    }

    sign(
      key: PublicKey,
      data: Buffer,
      options: SigningRequestOptions | SignCallback,
      done?: SignCallback,
    ): void {
      if (typeof options === 'function') agent.sign(key, data, options);
      else agent.sign(key, data, options, done);
    }
  }
  return new Showing();
}

function publicPart(ssh2: Ssh2, key: KnownPublicKeys[number]): Buffer | null {
  if (Buffer.isBuffer(key)) return key;
  if (typeof key === 'object' && 'pubKey' in key) {
    const { pubKey } = key;
    return publicPart(ssh2, 'pubKey' in pubKey ? pubKey.pubKey : pubKey);
  }
  const read = typeof key === 'string' ? ssh2.utils.parseKey(key) : key;
  return read instanceof Error ? null : read.getPublicSSH();
}
