/** Following the life of one connection, for drivers that tell of its end by events. */

/** What is known of a connection's life, with the means to tell of its end. */
export interface ConnectionLife {
  /** why the connection is gone; null while it lives */
  lost(): Error | null;
  /** no transaction of ours is open, and nothing that statements left behind is in the session */
  clean(): boolean;
  setClean(clean: boolean): void;
  /** The connection is gone: whoever waits for it fails. The first reason stays. */
  lose(error: Error): void;
  /** A promise that also fails when the connection does: a driver may tell that to the connection only. */
  guarded<T>(work: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T>;
}

/** A connection that begins to live. */
export function connectionLife(): ConnectionLife {
  let lost: Error | null = null;
  let clean = true;
  const pending = new Set<(error: unknown) => void>();
  return {
    lost: () => lost,
    clean: () => clean,
    setClean: (value) => {
      clean = value;
    },
    lose: (error) => {
      lost ??= error;
      for (const reject of [...pending]) reject(error);
    },
    guarded: (work) =>
      new Promise((resolve, reject) => {
        if (lost) {
          reject(lost);
          return;
        }
        const fail = (error: unknown) => {
          pending.delete(fail);
          reject(error);
        };
        pending.add(fail);
        work((value) => {
          pending.delete(fail);
          resolve(value);
        }, fail);
      }),
  };
}
