// `npm run fuzz -- [--seconds 600] [--seed N]`: random schemas, data and statements against every rule of the pattern
// library, 10 minutes when nothing else is said.
import { ensureDependencies, projectNode, run, runAsProgram } from './bootstrap.mjs';

runAsProgram(import.meta.url, async () => {
  ensureDependencies();
  return run(projectNode(), [
    '--disable-warning=ExperimentalWarning',
    'test/databases/fuzz/run.ts',
    ...process.argv.slice(2),
  ]);
});
