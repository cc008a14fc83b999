import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runProgram } from './child-program.ts';

/** Texts in PEM. */
export interface Certificates {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/**
 * A certificate authority of a day and a server certificate that it signed. Needs `openssl`.
 *
 * @param folder an empty folder to work in
 * @param host the only host name that the certificate is for
 */
export async function makeCertificates(folder: string, host: string): Promise<Certificates> {
  const file = (name: string) => path.join(folder, name);
  const openssl = (...args: string[]) => runProgram('openssl', args, { cwd: folder });
  await openssl(
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=sqlopt test authority'],
    ...['-keyout', file('ca.key'), '-out', file('ca.crt')],
  );
  await openssl(
    ...['req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${host}`],
    ...['-keyout', file('server.key'), '-out', file('server.csr')],
  );
  await writeFile(file('names.cnf'), `subjectAltName=DNS:${host}\n`);
  await openssl(
    ...['x509', '-req', '-days', '1', '-in', file('server.csr'), '-out', file('server.crt')],
    ...['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial', '-extfile', file('names.cnf')],
  );
  const read = (name: string) => readFile(file(name), 'utf8');
  return {
    authority: await read('ca.crt'),
    certificate: await read('server.crt'),
    key: await read('server.key'),
  };
}
