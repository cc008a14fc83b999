/** `npm run test:attack -- [seconds] [seed]`: the attack of pattern-attack.test.ts for as long as one likes. */
import { closeWarmScratch, openScratch } from '../../../src/databases/embedded/scratch.ts';
import { attack, describeFault } from './attack.ts';

const [seconds = '900', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const scratch = await openScratch();
try {
  const report = await attack(scratch, {
    seed: Number(seed),
    budgetMs: Number(seconds) * 1000,
    databases: 60,
    onFault: (fault) => console.log(`${describeFault(fault)}\n`),
  });
  const { statements, rewrites, reached, refutedLikely, faults } = report;
  console.log(
    `seed ${seed}: ${statements} statements, ${rewrites} rewrites attacked (${reached} with rows, ${refutedLikely} that needed tests refuted), ${faults.length} faults`,
  );
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  await scratch.close();
  await closeWarmScratch();
}
