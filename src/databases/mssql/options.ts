/**
 * What a connection to SQL Server knows beyond host, user and TLS: the text in `ServerSettings.options`, in the words
 * of Microsoft's own connection strings, `name=value` with `;` between.
 * https://learn.microsoft.com/sql/connect/ado-net/connection-string-syntax
 */
import { DatabaseError } from '../../core/database.ts';

/** How to log in: by a login of SQL Server, or by Entra ID with a token from one of its ways. */
export type Authentication =
  | 'sql'
  | 'default'
  | 'password'
  | 'servicePrincipal'
  | 'managedIdentity'
  /** the connection's password is the token */
  | 'accessToken';

export interface SqlServerOptions {
  /** TDS 8: TLS before anything else, always verified */
  readonly strict: boolean;
  /** ApplicationIntent=ReadOnly: an availability group may send us to a readable replica */
  readonly readOnlyIntent: boolean;
  /** try all addresses of a listener at once */
  readonly multiSubnetFailover: boolean;
  readonly authentication: Authentication;
  readonly tenantId: string | null;
  readonly clientId: string | null;
  /** the name in the certificate, where it is another one than the host's */
  readonly hostNameInCertificate: string | null;
}

const AUTHENTICATIONS: Readonly<Record<string, Authentication>> = {
  sqlpassword: 'sql',
  activedirectorydefault: 'default',
  activedirectorypassword: 'password',
  activedirectoryserviceprincipal: 'servicePrincipal',
  activedirectorymanagedidentity: 'managedIdentity',
  activedirectorymsi: 'managedIdentity',
  activedirectoryaccesstoken: 'accessToken',
};

/** The names that are read, in lower case without blanks; others are other drivers' business. */
export const OPTION_NAMES = [
  'encrypt',
  'applicationintent',
  'multisubnetfailover',
  'authentication',
  'tenantid',
  'clientid',
  'hostnameincertificate',
] as const;

/** @throws DatabaseError for a way to log in that is not known */
export function readOptions(text: string | null): SqlServerOptions {
  const given = new Map(
    (text ?? '').split(';').flatMap((part) => {
      const [name = '', ...value] = part.split('=');
      return name.trim() === '' ? [] : [[name.replace(/\s/g, '').toLowerCase(), value.join('=').trim()]];
    }),
  );
  const word = (name: (typeof OPTION_NAMES)[number]) => given.get(name)?.toLowerCase();
  const textOf = (name: (typeof OPTION_NAMES)[number]) => given.get(name) || null;
  return {
    strict: word('encrypt') === 'strict',
    readOnlyIntent: word('applicationintent') === 'readonly',
    multiSubnetFailover: ['true', 'yes', '1'].includes(word('multisubnetfailover') ?? ''),
    authentication: authenticationOf(given.get('authentication')),
    tenantId: textOf('tenantid'),
    clientId: textOf('clientid'),
    hostNameInCertificate: textOf('hostnameincertificate'),
  };
}

function authenticationOf(word: string | undefined): Authentication {
  if (word === undefined || word === '') return 'sql';
  const found = AUTHENTICATIONS[word.replace(/\s/g, '').toLowerCase()];
  if (found) return found;
  throw new DatabaseError(
    'authentication',
    `authentication=${word} is not known here. Take SqlPassword, ActiveDirectoryDefault, ActiveDirectoryPassword, ActiveDirectoryServicePrincipal, ActiveDirectoryManagedIdentity or ActiveDirectoryAccessToken.`,
  );
}
