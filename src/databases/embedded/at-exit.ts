/** What is left to do when this process ends: databases to kill, folders to delete. One listener serves them all. */

const tasks = new Set<() => void>();
let listening = false;

/**
 * Do something when this process ends, in time for nothing that waits.
 *
 * @returns a function that takes it back
 */
export function atExit(task: () => void): () => void {
  if (!listening) {
    listening = true;
    process.once('exit', runAll);
  }
  tasks.add(task);
  return () => {
    tasks.delete(task);
  };
}

function runAll(): void {
  for (const task of tasks) {
    try {
      task();
    } catch {
      // the others are still to be done, and nobody is left to tell
    }
  }
}
