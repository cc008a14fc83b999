// `npm run bench`: installs and builds what is needed, then runs bench/run.ts.
import { ensureDependencies, projectNode, run, runAsProgram, SetupError } from './bootstrap.mjs';
import { provideParts } from './test/parts.mjs';
import { installServer } from './vscode-server.mjs';

runAsProgram(import.meta.url, async () => {
  const wanted = process.argv.slice(2);
  const inEditor = wanted.length === 0 || wanted.includes('editor');
  ensureDependencies();
  if (inEditor) {
    const missing = provideParts(new Set(['editor']), (text) => console.error(text));
    if (missing.length > 0)
      throw new SetupError(missing.map(({ name, advice }) => `${name}: ${advice}`).join('\n'));
    await installServer();
  }
  if ((await run(projectNode(), ['esbuild.mjs', '--production'], { stdio: ['ignore', 2, 2] })) !== 0)
    return 1;
  return run(projectNode(), ['--disable-warning=ExperimentalWarning', 'bench/run.ts', ...wanted]);
});
