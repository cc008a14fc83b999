/** An SSH agent on a socket, by `ssh2`'s own side of its protocol: it holds keys and signs with them. */
import { createServer, type Socket } from 'node:net';
import ssh2, { type ParsedKey } from 'ssh2';
import type { KeyPair } from './jump-host.ts';

export interface TestAgent {
  readonly socket: string;
  /** the public keys that signed, as base64 */
  readonly signed: readonly string[];
  stop(): Promise<void>;
}

/** @param socket a path that is free  @param keys in the order in which the agent lists them */
export async function startAgent(socket: string, keys: readonly KeyPair[]): Promise<TestAgent> {
  const held = keys.map((key) => ssh2.utils.parseKey(key.private) as ParsedKey);
  const signed: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((stream) => {
    open.add(stream);
    stream.on('error', () => undefined).on('close', () => open.delete(stream));
    const protocol = new ssh2.AgentProtocol(false);
    protocol.on('identities', (request) => protocol.getIdentitiesReply(request, held));
    protocol.on('sign', (request, key, data) => {
      const blob = key.getPublicSSH();
      const own = held.find((one) => one.getPublicSSH().equals(blob));
      const signature = own?.sign(data);
      if (signature === undefined || signature instanceof Error) return protocol.failureReply(request);
      signed.push(blob.toString('base64'));
      protocol.signReply(request, signature);
    });
    stream.pipe(protocol as unknown as NodeJS.ReadWriteStream).pipe(stream);
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    ...{ socket, signed },
    stop: () =>
      new Promise((resolve) => {
        for (const stream of open) stream.destroy();
        server.close(() => resolve());
      }),
  };
}
