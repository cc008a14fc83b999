// The licences of what is bundled: refuses what is not permissive, and writes the notices that have to be shipped.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Licences that allow shipping inside an MIT-licensed product with a notice and no further duty. */
const permissive = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
  'PostgreSQL',
  'Python-2.0',
  'CC-BY-4.0',
]);

/** What is inside a package under a licence of its own, beyond what its package.json says. */
const alsoInside = /** @type {Readonly<Record<string, string>>} */ ({
  '@electric-sql/pglite': [
    'Contains PostgreSQL, compiled to WebAssembly, under the PostgreSQL License:',
    '',
    'PostgreSQL Database Management System (also known as Postgres, formerly known as Postgres95)',
    'Portions Copyright (c) 1996-2026, PostgreSQL Global Development Group',
    'Portions Copyright (c) 1994, The Regents of the University of California',
    '',
    'Permission to use, copy, modify, and distribute this software and its documentation for any purpose, without fee,',
    'and without a written agreement is hereby granted, provided that the above copyright notice and this paragraph and',
    'the following two paragraphs appear in all copies.',
    '',
    'IN NO EVENT SHALL THE UNIVERSITY OF CALIFORNIA BE LIABLE TO ANY PARTY FOR DIRECT, INDIRECT, SPECIAL, INCIDENTAL, OR',
    'CONSEQUENTIAL DAMAGES, INCLUDING LOST PROFITS, ARISING OUT OF THE USE OF THIS SOFTWARE AND ITS DOCUMENTATION, EVEN',
    'IF THE UNIVERSITY OF CALIFORNIA HAS BEEN ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.',
    '',
    'THE UNIVERSITY OF CALIFORNIA SPECIFICALLY DISCLAIMS ANY WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED',
    'WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE. THE SOFTWARE PROVIDED HEREUNDER IS ON AN "AS IS"',
    'BASIS, AND THE UNIVERSITY OF CALIFORNIA HAS NO OBLIGATIONS TO PROVIDE MAINTENANCE, SUPPORT, UPDATES, ENHANCEMENTS,',
    'OR MODIFICATIONS.',
  ].join('\n'),
});

/**
 * @typedef {object} BundledPackage
 * @property {string} name
 * @property {string} version
 * @property {string} license SPDX expression, or '' when package.json does not say
 * @property {string} text of its licence file, '' when it has none
 */

/**
 * The npm packages whose code is in the bundles.
 *
 * @param {Pick<import('esbuild').Metafile, 'inputs' | 'outputs'>} metafile
 * @param {string} root the folder that its paths are relative to
 * @returns {BundledPackage[]} by name
 */
export function bundledPackages(metafile, root) {
  const used = new Set(
    Object.values(metafile.outputs).flatMap(({ inputs }) =>
      Object.entries(inputs)
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        .map(([input]) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? ''),
    ),
  );
  used.delete('');
  return [...used].sort().map((folder) => {
    const at = path.join(root, folder);
    const { name, version, license, licenses } = JSON.parse(
      readFileSync(path.join(at, 'package.json'), 'utf8'),
    );
    const file = readdirSync(at).find((entry) => /^(licen[cs]e|copying)([.-].*)?$/i.test(entry));
    const text =
      file !== undefined && existsSync(path.join(at, file)) ? readFileSync(path.join(at, file), 'utf8') : '';
    // older packages have an object, or a list of them
    const named = license ?? licenses?.[0];
    return { name, version, license: typeof named === 'string' ? named : (named?.type ?? ''), text };
  });
}

/**
 * @param {readonly BundledPackage[]} packages
 * @returns {string[]} one sentence per package that may not be shipped
 */
export function refusedLicenses(packages) {
  return packages
    .filter(({ license }) => !isPermissive(license))
    .map(
      ({ name, version, license }) =>
        `${name} ${version} is under "${license || 'no licence'}": not permissive`,
    );
}

/** @param {string} expression SPDX, with OR and AND */
function isPermissive(expression) {
  return expression
    .replace(/[()]/g, '')
    .split(/ OR /i)
    .some((option) => option.split(/ AND /i).every((license) => permissive.has(license.trim())));
}

/** @param {readonly BundledPackage[]} packages @returns {string} the text of THIRD_PARTY_NOTICES.txt */
export function notices(packages) {
  const head =
    'AI SQL Optimizer contains the following third-party software. Thank you to everyone who made it.\n';
  const parts = packages.map(({ name, version, license, text }) =>
    [
      `${name} ${version} (${license})`,
      '',
      text.trim(),
      ...(alsoInside[name] ? ['', alsoInside[name]] : []),
    ].join('\n'),
  );
  return [head, ...parts].join(`\n${'-'.repeat(100)}\n\n`).concat('\n');
}
