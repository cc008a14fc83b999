/** Child process of the two-windows test: writes `count` runs with one candidate each into a shared store. */
import { openStore } from '../../../src/store/store.ts';
import { comparison, optimization, statement } from './samples.ts';

const [path = '', name = '', count = '0'] = process.argv.slice(2);
const store = await openStore(path, { redact: () => 'redacted' });
for (let i = 0; i < Number(count); i++) {
  const statementId = await store.statements.remember({ ...statement, fingerprint: `shared-${i % 10}` });
  const run = await store.optimizations.record({
    statementId,
    connectionId: null,
    source: `${name}-${i}.sql`,
    productVersion: '0.1.0',
    result: optimization,
  });
  const candidate = run.candidateIds.get('c1');
  if (candidate === undefined) throw new Error('no id for c1');
  await store.optimizations.setStatus(candidate, 'applied');
  await store.measurements.record(candidate, comparison(50, 5), { occasion: 'applied', connectionId: null });
}
await store.close();
