/** `npm run fuzz -- --seconds 600 --seed 7`: the fuzzing of fuzz.test.ts for as long as one likes. */
import { parseArgs } from 'node:util';
import { serverOf, stopServers } from '../../servers/servers.ts';
import { createDatabase } from '../../servers/with-database.ts';
import { describeFault, fuzz, summary } from './fuzz.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '600' }, seed: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
try {
  const database = await createDatabase((await serverOf('PostgreSQL 18')).url);
  const report = await fuzz(database.url, {
    seed,
    budgetMs: Number(values.seconds) * 1000,
    onFault: (fault) => console.log(`${describeFault(fault)}\n`),
  });
  await database.drop();
  console.log(`seed ${seed}: ${summary(report)}`);
  process.exitCode = report.faults.length > 0 ? 1 : 0;
} finally {
  await stopServers();
}
