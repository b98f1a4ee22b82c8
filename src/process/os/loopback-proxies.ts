import http from 'node:http';

type Variables = Readonly<Record<string, string | undefined>>;

const exceptions = ['no_proxy', 'NO_PROXY'] as const;
const loopback = ['localhost', '127.0.0.1', '::1', '[::1]'];

/**
 * The variables with which programs that heed `HTTP_PROXY`, `HTTPS_PROXY` or `ALL_PROXY` talk directly with
 * servers of this machine; none if no proxy is set, or if none is used at all.
 */
export function loopbackExceptions(env: Variables): Record<string, string> {
  const hasProxy = Object.entries(env).some(
    ([name, value]) => /^(?:https?|all)_proxy$/i.test(name) && (value ?? '') !== '',
  );
  if (!hasProxy) return {};
  // Some programs read one name first and some the other: a name that is missing stays so, unless both are.
  const given = exceptions.filter((name) => env[name] !== undefined);
  const changed = (given.length === 0 ? exceptions : given).flatMap((name) => {
    const hosts = hostsIn(env[name] || env[name === 'NO_PROXY' ? 'no_proxy' : 'NO_PROXY']);
    const missing = loopback.filter((host) => !hosts.includes(host));
    return hosts.includes('*') || missing.length === 0 ? [] : [[name, [...hosts, ...missing].join(',')]];
  });
  return Object.fromEntries(changed) as Record<string, string>;
}

function hostsIn(value = ''): string[] {
  return value.split(/[\s,]+/).filter((host) => host !== '');
}

/**
 * Keeps what this process and its children send to servers of this machine from going through a proxy, which
 * would see keys and prompts, and cannot reach them. What goes elsewhere is not changed.
 */
export function bypassProxiesForLoopback(): void {
  const added = loopbackExceptions(process.env);
  if (Object.keys(added).length === 0) return;
  Object.assign(process.env, added);
  // With NODE_USE_ENV_PROXY `fetch` reads the variables at each request, and the agent of `http.request` at
  // the start of Node: https://nodejs.org/api/http.html#built-in-proxy-support
  const { options } = http.globalAgent as http.Agent & { options: { proxyEnv?: unknown } };
  if (options.proxyEnv === undefined) return;
  http.globalAgent = new http.Agent({ ...options, proxyEnv: process.env } as http.AgentOptions);
}
