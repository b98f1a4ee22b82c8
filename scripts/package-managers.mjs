import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './consumer-project.mjs';

// All of them run on Node 20. Their names in package.json's `packageManager` need corepack, which not every Node has.
const tools = ['pnpm@10', 'yarn@1', '@yarnpkg/cli-dist@4'];

/**
 * How each package manager installs a project and runs a command in it. All use the registry of npm's own
 * configuration, and keep what they fetch below `root`, but for npm, which has its cache.
 */
export async function packageManagers(root) {
  const directory = join(root, 'tools');
  mkdirSync(directory);
  await run('npm', ['install', ...npmFlags, '--prefix', directory, ...tools], { cwd: directory });
  const registry = (await run('npm', ['config', 'get', 'registry'], { cwd: directory })).trim();
  const caches = join(root, 'caches');
  const manager = (program, { install, exec, env }) => {
    const start = (args, options) =>
      run('node', [join(directory, 'node_modules', program), ...args], {
        ...options,
        env: { ...env, ...options.env },
      });
    return {
      install: (options) => start(install, options),
      exec: (args, options) => start([...exec, ...args], options),
    };
  };
  const yarn4 = manager('@yarnpkg/cli-dist/bin/yarn.js', {
    install: ['install'],
    exec: ['run'],
    env: {
      YARN_NPM_REGISTRY_SERVER: registry,
      ...(registry.startsWith('http:') && { YARN_UNSAFE_HTTP_WHITELIST: new URL(registry).hostname }),
      YARN_GLOBAL_FOLDER: join(caches, 'yarn-4'),
      // In CI it refuses to write a lock file.
      YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
      YARN_ENABLE_TELEMETRY: 'false',
    },
  });
  return {
    npm,
    'pnpm workspace': manager('pnpm/bin/pnpm.cjs', {
      install: ['install', '--prefer-offline', '--no-frozen-lockfile'],
      exec: ['exec'],
      env: { npm_config_registry: registry, npm_config_store_dir: join(caches, 'pnpm') },
    }),
    'Yarn 1': manager('yarn/bin/yarn.js', {
      // Its cache bears but one at a time.
      install: ['install', '--non-interactive', '--prefer-offline', '--mutex', `file:${join(root, 'mutex')}`],
      exec: ['--silent', 'run'],
      env: { YARN_REGISTRY: registry, YARN_CACHE_FOLDER: join(caches, 'yarn-1') },
    }),
    'Yarn 4': yarn4,
    'Yarn 4 with PnP': yarn4,
  };
}

const npmFlags = ['--no-audit', '--no-fund', '--prefer-offline'];

/** npm, as it is on this machine. */
export const npm = {
  install: (options) => run('npm', ['install', ...npmFlags], options),
  exec: (args, options) => run('npx', ['--no-install', ...args], options),
};
