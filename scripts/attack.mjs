// `npm run test:attack -- [seconds] [seed]`: attacks the pattern library with statements made by chance, 15 minutes
// when nothing else is said.
import { ensureDependencies, projectNode, run, runAsProgram } from './bootstrap.mjs';

runAsProgram(import.meta.url, async () => {
  ensureDependencies();
  return run(projectNode(), [
    '--disable-warning=ExperimentalWarning',
    'test/databases/attack/run.ts',
    ...process.argv.slice(2),
  ]);
});
