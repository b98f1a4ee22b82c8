import { isModelProviderError, messageOf, ModelProviderError } from '../../base/errors';
import { printable } from '../../base/printable';
import { URL } from '../../base/real-globals';
import { keepSecretsIn } from '../../base/secrets';

/** The fields that `pg` adds to errors of a server, and Node to errors of a socket. */
interface DriverError {
  readonly code?: string;
  readonly detail?: string;
  readonly hint?: string;
}

interface Refusal {
  readonly cause: string;
  readonly fix: string;
}

const connectionCodes = new Set([
  '57P01',
  '57P02',
  '57P03',
  '08000',
  '08003',
  '08006',
  'ECONNRESET',
  'EPIPE',
]);
const connectionMessages = /Connection terminated|not queryable|Client was closed|timeout expired/;

/** Whether the connection broke. False if the server refused a statement. */
export function isConnectionError(error: unknown): boolean {
  const { code = '' } = error as DriverError;
  return connectionCodes.has(code) || connectionMessages.test(messageOf(error));
}

/**
 * The refusal of a server, or a failure on the way to it, as an error that names the cause first and then the
 * fix.
 *
 * @param url of the database that the caller wanted.
 */
export function connectionError(error: unknown, url: string): ModelProviderError {
  if (isModelProviderError(error)) return error;
  const server = describeServer(url);
  keepSecretsIn(server, url);
  const message = printable(messageOf(error));
  const { code, hint } = error as DriverError;
  const { cause, fix } = refusalOf(code, message, server) ?? {
    cause: `${server} refused`,
    fix: hint ?? 'Look at the words of the server.',
  };
  return new ModelProviderError(
    'DATABASE_REFUSED',
    `${cause} (${code === undefined ? '' : `${code}, `}${message}).\nWhat to do: ${fix}`,
    {
      cause: error,
      details: { server, ...(code === undefined ? {} : { serverCode: code }) },
    },
  );
}

/** The server and database of a URL, without user, password and parameters. */
export function describeServer(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  return `PostgreSQL at ${host}${port === '' ? '' : `:${port}`}${pathname}`;
}

// Error codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
function refusalOf(code: string | undefined, message: string, server: string): Refusal | undefined {
  switch (code) {
    case '28P01':
      return {
        cause: `${server} refused the user or the password`,
        fix: 'Check user and password in the URL, or PGUSER and PGPASSWORD; the server says the same for both.',
      };
    case '28000':
      if (/^no pg_hba\.conf entry for host "[^[].*no encryption/.test(message))
        return {
          cause: `${server} does not let this user in from here without TLS`,
          fix: "Ask for TLS, ?sslmode=verify-full in the URL or PGSSLMODE; if that is refused too, look at the user, and at the server's pg_hba.conf.",
        };
      return {
        cause: `${server} does not let this user in from here`,
        fix: "Check the user, and the server's pg_hba.conf: it may demand TLS, ?sslmode=verify-full.",
      };
    case '3D000':
      return {
        cause: `${server} has no such database`,
        fix: 'Name a database that is there; it is connected to only in order to make others, "postgres" is a good one.',
      };
    case '42P04':
      return {
        cause: `${server} has a database of that name already`,
        fix: 'Drop it if it was left behind; names have 40 random bits, so a second try is likely to succeed.',
      };
    case '42501':
      return {
        cause: `the user may not make databases on ${server}`,
        fix: 'Give it the right: ALTER ROLE … CREATEDB. Or use the embedded server.',
      };
    case '55006':
      return {
        cause: `a database of ${server} is in use and can neither be copied nor dropped`,
        fix: 'End the connections to it; a schema function must close every connection that it opens.',
      };
    case '55000':
      return {
        cause: `a database of ${server} takes no connections`,
        fix: 'Templates are closed on purpose: lease a database, postgres:name, and connect to that.',
      };
    case '53300':
      return {
        cause: `${server} has no connection left`,
        fix: 'Lower maxLive of DatabaseProvider or the number of workers (jest -w), close the connections of the code under test, or raise max_connections.',
      };
    case '53100':
      return {
        cause: `the disk of ${server} is full`,
        fix: 'Make room; an embedded server keeps its databases in /dev/shm if that has room, else in the temporary directory.',
      };
    case '57P01':
    case '57P02':
      return { cause: `${server} was shut down`, fix: 'Look at who stopped it, and at its log.' };
    case '57P03':
      return { cause: `${server} is starting or stopping`, fix: 'Wait until it is up.' };
    case '0A000':
      return {
        cause: `${server} cannot do that`,
        fix: 'An extension that is not installed needs a server that has it: new DatabaseProvider({ server }).',
      };
    case 'ECONNREFUSED':
    case 'ENOENT':
      return {
        cause: `Nothing listens as ${server}`,
        fix: 'Start the server, or correct host and port. Without DATABASE_URL and PGHOST the embedded server is used.',
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        cause: `The host of ${server} has no address`,
        fix: "Correct the host. In a URL, a password's special characters must be percent-encoded.",
      };
    default:
      return refusalBySentence(message, server);
  }
}

function refusalBySentence(message: string, server: string): Refusal | undefined {
  if (/password must be a string/.test(message))
    return {
      cause: `${server} wants a password, and there is none`,
      fix: 'Put it into the URL, or into PGPASSWORD.',
    };
  if (/does not support SSL/.test(message))
    return {
      cause: `${server} does not speak TLS, which was asked for`,
      fix: 'Leave sslmode out of the URL, and PGSSLMODE unset.',
    };
  if (/certificate|self.signed/i.test(message))
    return {
      cause: `the certificate of ${server} is not trusted`,
      fix: 'Give its authority, ?sslrootcert=path, or ?sslmode=no-verify for a test server.',
    };
  if (/timeout expired/.test(message))
    return {
      cause: `${server} does not answer as a PostgreSQL server does`,
      fix: 'Check the port: another program may listen there.',
    };
  if (/Connection terminated/.test(message))
    return {
      cause: `${server} closed the connection`,
      fix: 'Check the port, and the log of the server: it may demand TLS, ?sslmode=verify-full.',
    };
  return undefined;
}
