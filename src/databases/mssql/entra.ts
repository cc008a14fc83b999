/** Access tokens of Entra ID (formerly Azure Active Directory) for Azure SQL and SQL Server. */
import type { TokenCredential } from '@azure/identity';
import { DatabaseError } from '../../core/database.ts';
import { finish } from '../call-errors.ts';
import type { ServerSettings } from '../connection-settings.ts';
import type { SqlServerOptions } from './options.ts';

/** Gives the token to log in with. */
export type TokenSource = (signal: AbortSignal | undefined) => Promise<string>;

/**
 * Where tokens come from for a connection; null when it logs in by a login of SQL Server. What asks for them is loaded
 * with the first one.
 *
 * @throws DatabaseError reason 'authentication' when the settings lack something
 */
export function tokenSource(settings: ServerSettings, options: SqlServerOptions): TokenSource | null {
  if (options.authentication === 'sql') return null;
  const target = settings.host;
  if (options.authentication === 'accessToken') {
    const token = required(settings.password, 'an access token in place of the password');
    return async () => token;
  }
  refuseStrangers(settings, options);
  let credential: Promise<TokenCredential> | null = null;
  return async (signal) => {
    credential ??= credentialFor(settings, options);
    try {
      const found = await (await credential).getToken(scopeOf(target), signal ? { abortSignal: signal } : {});
      if (found) return found.token;
    } catch (error) {
      credential = null;
      if (DatabaseError.is(error)) throw error;
      throw refused(target, error);
    }
    throw refused(target, new Error('no token was issued'));
  };
}

/** Where Microsoft's own databases are. */
const OWN_HOSTS =
  /\.(database\.windows\.net|database\.usgovcloudapi\.net|database\.chinacloudapi\.cn|sql\.azuresynapse\.net|database\.fabric\.microsoft\.com|datawarehouse\.fabric\.microsoft\.com)$/i;

/**
 * A token opens every database that the user may enter. It is sent only to Microsoft's own hosts, and only when their
 * certificate is checked: a connection that somebody else wrote down could name any host.
 */
function refuseStrangers({ host, tls }: ServerSettings, { strict }: SqlServerOptions): void {
  const checked = strict || tls.mode === 'verify-full' || tls.mode === 'verify-ca';
  if (checked && OWN_HOSTS.test(host)) return;
  throw new DatabaseError(
    'authentication',
    checked
      ? `Tokens of Entra ID are sent to Azure’s own hosts only, and ${host} is none of them. Give it a token by yourself (authentication=ActiveDirectoryAccessToken).`
      : 'A token of Entra ID is sent only where the server’s certificate is checked. Remove trustServerCertificate and encrypt=false from the connection.',
  );
}

async function credentialFor(
  { user, password }: ServerSettings,
  { authentication, tenantId, clientId }: SqlServerOptions,
): Promise<TokenCredential> {
  const azure = await import('@azure/identity');
  switch (authentication) {
    case 'password':
      return new azure.UsernamePasswordCredential(
        tenantId ?? 'organizations',
        required(clientId, 'clientId='),
        required(user, 'a user'),
        required(password, 'a password'),
      );
    case 'servicePrincipal':
      return new azure.ClientSecretCredential(
        required(tenantId, 'tenantId='),
        required(clientId ?? user, 'the application’s id as user'),
        required(password, 'the application’s secret as password'),
      );
    case 'managedIdentity': {
      const id = clientId ?? user;
      return id === null
        ? new azure.ManagedIdentityCredential()
        : new azure.ManagedIdentityCredential({ clientId: id });
    }
    default:
      return new azure.DefaultAzureCredential({
        ...(tenantId === null ? {} : { tenantId }),
        ...(clientId === null ? {} : { managedIdentityClientId: clientId }),
      });
  }
}

/** What the token is for, by the cloud. https://learn.microsoft.com/azure/azure-sql/database/authentication-aad-overview */
function scopeOf(host: string): string {
  const cloud = /\.(database\.(?:usgovcloudapi\.net|chinacloudapi\.cn))$/i.exec(host)?.[1];
  return `https://${cloud?.toLowerCase() ?? 'database.windows.net'}/.default`;
}

function required(value: string | null, what: string): string {
  if (value !== null && value !== '') return value;
  throw new DatabaseError(
    'authentication',
    `This way to log in by Entra ID needs ${what}. Edit the connection and add it.`,
  );
}

function refused(target: string, cause: unknown): DatabaseError {
  const [said = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  return new DatabaseError(
    'authentication',
    `Entra ID gave no access token for ${target}: ${finish(said)} Sign in (az login), or check tenant, user and secret.`,
    { cause },
  );
}
