/** A way to a server that can break as networks do: cut, or swallowing everything without a word. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface FaultyProxy {
  readonly port: number;
  /** how many connections lead through it */
  readonly connections: number;
  /** From now on nothing comes through in either direction, and nothing is closed. */
  swallow(): void;
  /** Let everything through again; what was swallowed is gone, so its connections are closed. */
  recover(): void;
  /** New connections lead to another server, as when a standby takes over the address. */
  leadTo(port: number): void;
  /** Close every connection without a goodbye. */
  cut(): void;
  stop(): Promise<void>;
}

/** @param port of the server, on 127.0.0.1 */
export async function startFaultyProxy(port: number): Promise<FaultyProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let swallowing = false;
  let leadsTo = port;
  const server = createServer((near) => {
    const far = connect(leadsTo, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('data', (chunk) => {
        if (!swallowing) to.write(chunk);
      });
      from.on('error', () => from.destroy());
      from.on('close', () => {
        if (swallowing) return;
        pairs.delete(pair);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
    pairs.clear();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return pairs.size;
    },
    swallow: () => {
      swallowing = true;
    },
    leadTo: (other) => {
      leadsTo = other;
    },
    recover: () => {
      cut();
      swallowing = false;
    },
    cut,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
