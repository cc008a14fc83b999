// The parts that the tests run against and that npm cannot bring: what is missing is installed with Debian's apt-get
// where that is allowed, and named with the way to have it where it is not.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * @typedef {object} Part
 * @property {string} name for the table
 * @property {() => boolean} installed
 * @property {readonly string[]} packages of Debian
 * @property {readonly string[]} suites that need it
 */

/** @type {readonly Part[]} */
const parts = [
  {
    name: 'Chromium',
    installed: () =>
      [process.env['SQLOPT_CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'].some((file) =>
        existsSync(file),
      ),
    packages: ['chromium'],
    suites: ['editor', 'panels', 'package', 'compat'],
  },
  {
    name: 'PostgreSQL 15 with HypoPG',
    installed: () =>
      isNamed('SQLOPT_TEST_PG15_URL') ||
      (existsSync('/usr/lib/postgresql/15/bin/postgres') &&
        existsSync('/usr/share/postgresql/15/extension/hypopg.control')),
    packages: ['postgresql-15', 'postgresql-15-hypopg'],
    suites: ['databases'],
  },
  {
    name: 'MariaDB',
    installed: () =>
      isNamed('SQLOPT_TEST_MARIADB_URL') ||
      existsSync('/usr/sbin/mariadbd') ||
      existsSync('/usr/libexec/mariadbd'),
    packages: ['mariadb-server'],
    suites: ['databases', 'editor', 'compat'],
  },
];

/** @param {string} variable */
function isNamed(variable) {
  return (process.env[variable] ?? '') !== '';
}

/**
 * Installs what the suites need and is missing.
 *
 * @param {ReadonlySet<string>} suites
 * @param {(text: string) => void} say
 * @returns {{ name: string, advice: string, suites: readonly string[] }[]} what is still missing, and what to do
 */
export function provideParts(suites, say) {
  const missing = () =>
    parts.filter((part) => !part.installed() && part.suites.some((suite) => suites.has(suite)));
  const wanted = missing().flatMap(({ packages }) => packages);
  if (wanted.length > 0 && mayInstall()) {
    say(`Installing ${wanted.join(', ')} with apt-get …`);
    const apt = (/** @type {string[]} */ ...args) =>
      spawnSync('apt-get', ['-qq', ...args], {
        stdio: ['ignore', 2, 2],
        // The packages' own services are not wanted: the tests start throw-away servers.
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
      }).status;
    if (apt('update') === 0) {
      for (const { packages } of missing()) apt('install', '-y', '--no-install-recommends', ...packages);
    }
  }
  return missing().map(({ name, packages, suites: needing }) => ({
    name,
    suites: needing,
    advice: `install it (Debian: apt-get install ${packages.join(' ')})`,
  }));
}

function mayInstall() {
  return (
    process.platform === 'linux' &&
    process.getuid?.() === 0 &&
    existsSync('/usr/bin/apt-get') &&
    existsSync('/etc/debian_version')
  );
}

/** The version of Chromium that the tests drive, for the table. */
export function chromiumVersion() {
  const file = process.env['SQLOPT_CHROMIUM'] ?? '/usr/bin/chromium';
  const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
  return /[\d]+/.exec(stdout ?? '')?.[0] ?? '?';
}
