import { isObject, type Json } from '../base/json';
import { URL } from '../base/real-globals';
import { modelConnection } from './tapped-connection';

const loopback = '127.0.0.1';

/**
 * The variables by which the SDKs of OpenAI and Anthropic and the tools of PostgreSQL find what an application is to
 * use: those of the first model, and of the first database.
 */
export function applicationEnv(
  resources: readonly { readonly connection: Json; readonly isModel: boolean }[],
  { NO_PROXY, no_proxy = NO_PROXY }: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const models = resources
    .map(({ connection, isModel }) => (isModel ? modelConnection(connection) : undefined))
    .filter((connection) => connection !== undefined);
  const databases = resources
    .map(({ connection }) => databaseURL(connection))
    .filter((url) => url !== undefined);
  const withoutProxy = [no_proxy, loopback].filter((hosts) => hosts !== undefined && hosts !== '').join(',');
  return {
    ...(models[0] === undefined ? {} : modelVariables(models[0])),
    ...(databases[0] === undefined ? {} : databaseVariables(databases[0])),
    NO_PROXY: withoutProxy,
    no_proxy: withoutProxy,
  };
}

/** Those of a model. Anthropic's SDKs append the version of the API themselves. */
export function modelVariables({
  baseURL,
  apiKey,
}: {
  readonly baseURL: string;
  readonly apiKey: string;
}): Record<string, string> {
  return {
    OPENAI_BASE_URL: baseURL,
    OPENAI_API_BASE: baseURL,
    OPENAI_API_KEY: apiKey,
    ANTHROPIC_BASE_URL: baseURL.replace(/\/v1$/, ''),
    ANTHROPIC_API_KEY: apiKey,
  };
}

function databaseURL(connection: Json): URL | undefined {
  const url = isObject(connection) ? connection['url'] : undefined;
  return typeof url === 'string' && /^postgres(?:ql)?:/.test(url) && URL.canParse(url)
    ? new URL(url)
    : undefined;
}

/** https://www.postgresql.org/docs/current/libpq-envars.html */
function databaseVariables(url: URL): Record<string, string> {
  const { searchParams } = url;
  const variables = {
    DATABASE_URL: url.href,
    PGHOST: searchParams.get('host') ?? decodeURIComponent(url.hostname),
    PGPORT: searchParams.get('port') ?? url.port,
    PGUSER: searchParams.get('user') ?? decodeURIComponent(url.username),
    PGPASSWORD: searchParams.get('password') ?? decodeURIComponent(url.password),
    PGDATABASE: decodeURIComponent(url.pathname.slice(1)),
    PGSSLMODE: searchParams.get('sslmode') ?? '',
  };
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
}
