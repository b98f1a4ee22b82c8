// The shapes of projects that the consumer test has: what there is, what goes together, and the folders that make
// a project of each combination.
import { cpSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConsumerProject } from './consumer-project.mjs';

const folders = fileURLToPath(new URL('../__tests__/consumer', import.meta.url));

/** The dimensions whose values are the same on every machine. */
export const dimensions = {
  manager: ['npm', 'pnpm workspace', 'Yarn 1', 'Yarn 4', 'Yarn 4 with PnP'],
  jest: ['30.0', '30'],
  language: ['JavaScript', 'TypeScript 5.0', 'TypeScript <7'],
  modules: ['CommonJS', 'ES modules', 'mixed modules'],
  transform: ['babel-jest', 'ts-jest', '@swc/jest', 'next/jest'],
  layout: ['alone', 'beside jsdom units'],
  mode: ['-i', '-w 2'],
};

/** Whether the values go together. */
export function canBe({ manager, node, jest, language, modules, transform }) {
  if (transform === 'ts-jest' && language === 'JavaScript') return false;
  // There Yarn's loader gives packages a `require` without `resolve.paths` and `extensions`. Without our package too,
  // Jest before 30.5 does not start without the one, and Next's transform is not loaded without the other.
  const isShort = manager === 'Yarn 4 with PnP' && node === '22';
  if (isShort && (jest === '30.0' || transform === 'next/jest')) return false;
  // The transform of Next makes CommonJS of `.mjs` files, which Jest loads as ES modules.
  return !(transform === 'next/jest' && modules === 'mixed modules');
}

/** The folder of Jest's configuration, and what has to be installed for it. */
function transformOf({ transform, ...combination }) {
  switch (transform) {
    case 'babel-jest':
      return isTypeScript(combination)
        ? {
            folder: 'babel-typescript',
            packages: { '@babel/core': '7', '@babel/preset-env': '7', '@babel/preset-typescript': '7' },
          }
        : { folder: 'preset-alone' };
    case 'ts-jest':
      return { folder: 'preset-alone', packages: { 'ts-jest': '29' } };
    case '@swc/jest':
      return { folder: 'swc-jest', packages: { '@swc/core': '1', '@swc/jest': '0.2' } };
    case 'next/jest':
      return { folder: 'next-jest', packages: { next: '16', react: '19', 'react-dom': '19' } };
    default:
      throw new Error(`No transform ${transform}`);
  }
}

const managerFolders = {
  'pnpm workspace': 'pnpm-workspace',
  'Yarn 4': 'yarn-4',
  'Yarn 4 with PnP': 'yarn-4-pnp',
};

export const isTypeScript = ({ language }) => language !== 'JavaScript';
const isTwoProjects = ({ layout }) => layout === 'beside jsdom units';
const isWorkspace = ({ manager }) => manager === 'pnpm workspace';

/**
 * Writes the project of a combination into a new folder and returns it. `install()` installs it.
 *
 * @param tarball our packed package. @param manager of package-managers.mjs. @param node the Node of everything.
 *   @param packages more to install, with their versions.
 */
export function writeProject(combination, { directory: root, tarball, manager, node, packages }) {
  const directory = isWorkspace(combination) ? join(root, 'packages', 'evals') : root;
  const evals = isTwoProjects(combination) ? join(directory, 'evals') : directory;
  mkdirSync(evals, { recursive: true });
  for (const folder of codeFolders(combination))
    cpSync(join(folders, 'code', folder), evals, { recursive: true });
  cpSync(join(folders, 'configs', transformOf(combination).folder), evals, { recursive: true });
  nameProviders(evals);
  // It knows no `using`.
  if (combination.language === 'TypeScript 5.0') rmSync(join(evals, 'using.ts'));
  if (isTwoProjects(combination)) cpSync(join(folders, 'projects'), directory, { recursive: true });
  const managerFolder = managerFolders[combination.manager];
  if (managerFolder !== undefined)
    cpSync(join(folders, 'managers', managerFolder), root, { recursive: true });
  if (isWorkspace(combination)) {
    // Beside the evals, wherever those are.
    if (isTwoProjects(combination))
      renameSync(join(directory, 'shared.eval.cjs'), join(evals, 'shared.eval.cjs'));
    writeJson(join(root, 'package.json'), { name: 'workspace', private: true });
  }
  writeJson(
    join(directory, 'package.json'),
    manifest(combination, { 'jest-model-provider': `file:${tarball}`, ...packages }),
  );
  const project = new ConsumerProject({
    directory,
    manager,
    node,
    usesModules: combination.modules !== 'CommonJS',
  });
  return { project, evals, install: () => project.install(root) };
}

/** The files, of one test each, that a layout and a manager bring. */
export function moreFiles(combination) {
  return Number(isWorkspace(combination)) + 2 * Number(isTwoProjects(combination));
}

/** What tells combinations apart, as text. */
export function titleOf({ manager, language, modules, transform, layout, jest, node }) {
  return [manager, language, modules, transform, layout, `Jest ${jest}`, `Node ${node}`].join(', ');
}

/** What all projects of a language have, and what is written for one kind of modules, which comes last. */
function codeFolders(combination) {
  const language = isTypeScript(combination) ? 'typescript' : 'javascript';
  const modules = { CommonJS: 'commonjs', 'ES modules': 'esm', 'mixed modules': 'mixed' }[
    combination.modules
  ];
  return [language, `${language}-${modules}`];
}

/** Names the project's provider module in the configuration, as a user would who has one. */
function nameProviders(directory) {
  const module = readdirSync(directory).find((name) => name.startsWith('model-providers.'));
  const path = join(directory, 'jest.config.cjs');
  const preset = "preset: 'jest-model-provider'";
  const text = readFileSync(path, 'utf8');
  if (module === undefined || !text.includes(preset))
    throw new Error(`${path} and its provider module: ${module}`);
  const option = `testEnvironmentOptions: { modelProviders: './${module}' }`;
  writeFileSync(path, text.replace(preset, `${preset}, ${option}`));
}

function manifest(combination, packages) {
  const { manager, jest, language, modules, transform } = combination;
  const version = jest === '30.0' ? '~30.0.0' : `^${jest}`;
  return {
    name: 'evals',
    version: '1.0.0',
    private: true,
    type: modules === 'ES modules' ? 'module' : 'commonjs',
    devDependencies: {
      // Its peer, which other package managers find among what Jest brings.
      ...(transform === 'ts-jest' && manager === 'Yarn 4 with PnP' && { 'jest-util': version }),
      ...packages,
      jest: version,
      ...transformOf(combination).packages,
      ...(isTwoProjects(combination) && { 'jest-environment-jsdom': version }),
      ...(isTypeScript(combination) && {
        typescript: language === 'TypeScript 5.0' ? '~5.0.0' : '<7',
        '@types/jest': '30',
        '@types/node': '20',
      }),
      ...(isWorkspace(combination) && { sums: 'workspace:*' }),
    },
  };
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
