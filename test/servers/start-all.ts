/**
 * Starts every server that is installed, prints one line of JSON and serves until its standard input ends:
 * `{"env":{"SQLOPT_TEST_PG18_URL":"postgresql://…"},"missing":[{"name":"…","advice":"…"}]}`.
 * The test runner puts `env` into the environment of the test files.
 */
import { adviceFor, availableServers, serverOf, stopServers } from './servers.ts';
import { SERVER_NAMES, SERVER_VARIABLES } from './test-server.ts';

const available = availableServers();
try {
  const servers = await Promise.all(
    available.map(async (name) => [SERVER_VARIABLES[name], (await serverOf(name)).url] as const),
  );
  const missing = SERVER_NAMES.filter((name) => !available.includes(name)).map((name) => ({
    name,
    advice: adviceFor(name),
  }));
  console.log(JSON.stringify({ env: Object.fromEntries(servers), missing }));
  await new Promise<void>((resolve) => {
    process.stdin.once('end', resolve).once('close', resolve).resume();
    process.once('SIGTERM', resolve).once('SIGINT', resolve);
  });
} finally {
  await stopServers();
}
