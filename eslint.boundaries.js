// Who may import whom: one line a folder of src/. docs/architecture.md says what lives in each of them; __tests__/boundaries.test.ts
// breaks each rule once. `preset` may use everything, and nothing imports `preset` or the public index.
const { dirname, join, relative, sep } = require('node:path');

const base = ['base'];
const pattern = [...base, 'pattern', 'pattern/blocks'];
const process = [
  ...['process/os', 'process/ledger', 'process/output', 'process/guardian', 'process/readiness'],
  'process/watch',
];

/** The folders of src/ with what each may import besides itself. */
const mayImport = {
  base: [],
  answers: [...base],
  pattern: [...base],
  'pattern/blocks': [...base, 'pattern'],

  'tap/endpoint': [...base, 'pattern', 'tap'],
  'tap/reading': [...base, 'answers', 'pattern'],
  tap: [...base, 'answers', 'pattern', 'tap/reading'],
  recordings: [...base, 'pattern'],
  'recordings/upkeep': [...base, 'pattern', 'recordings', 'evals/log'],

  'process/os': [...base, 'pattern'],
  'process/ledger': [...base, 'pattern', 'process/os'],
  'process/output': [...base],
  'process/guardian': [...base, 'pattern', 'process/os', 'process/ledger', 'process/output'],
  'process/readiness': [...base, 'pattern', 'process/guardian'],
  'process/watch': [...base, 'process/os', 'process/ledger'],

  'provider-module': [...base, 'pattern'],

  'session/scheduler': [...base, 'pattern'],
  'session/wire': [...base, 'pattern'],
  'session/events': [...base, 'pattern'],
  'session/resources': [
    ...base,
    'pattern',
    ...process,
    'session/scheduler',
    'session/events',
    'session/wire',
  ],
  'session/broker': [
    ...[...base, 'pattern', ...process, 'provider-module'],
    ...['session/scheduler', 'session/events', 'session/resources', 'session/wire'],
  ],
  'session/client': [...base, 'pattern', 'session/wire'],
  'session/warm': [...base, 'pattern', ...process, 'session/wire', 'session/resources'],
  session: [
    ...[...base, 'pattern', ...process, 'provider-module', 'run'],
    ...[
      'session/wire',
      'session/events',
      'session/resources',
      'session/broker',
      'session/client',
      'session/warm',
    ],
  ],

  run: [...base, 'pattern', 'process/os', 'provider-module', 'evals/log'],

  providers: [
    ...[...base, 'pattern', 'providers/database', 'providers/embedded', 'providers/llama-server'],
    ...['providers/openai-compatible', 'providers/postgres-server', 'providers/vllm'],
  ],
  'providers/openai-compatible': [...base, 'answers', 'pattern', 'tap', 'tap/reading', ...process],
  'providers/local-server': [...base, 'pattern', ...process, 'providers/openai-compatible'],
  'providers/gpu': [...base, 'pattern', 'process/os'],
  'providers/embedded/gguf': [...base],
  'providers/embedded/tokenizer': [...base, 'providers/embedded/gguf'],
  'providers/embedded/network': [...base, 'providers/embedded/gguf'],
  'providers/embedded/generation': [
    ...[...base, 'providers/embedded/gguf', 'providers/embedded/tokenizer', 'providers/embedded/network'],
  ],
  'providers/embedded/server': [...base, 'providers/embedded/tokenizer', 'providers/embedded/generation'],
  'providers/embedded': [
    ...[...base, 'pattern', ...process, 'providers/embedded/gguf'],
    ...['providers/local-server', 'providers/openai-compatible'],
  ],
  'providers/llama-server': [
    ...[...base, 'pattern', ...process, 'providers/embedded/gguf', 'providers/gpu'],
    ...['providers/local-server', 'providers/openai-compatible'],
  ],
  'providers/vllm': [
    ...[
      ...base,
      'pattern',
      ...process,
      'providers/gpu',
      'providers/local-server',
      'providers/openai-compatible',
    ],
  ],
  'providers/postgres-server': [...base, 'pattern', ...process],
  'providers/database': [...base, 'pattern', 'providers/database/schema', 'providers/postgres-server'],
  'providers/database/schema': [...base, 'pattern', 'providers/postgres-server'],

  'evals/statistics': [...base],
  'evals/data-sets': [...pattern, 'evals/statistics'],
  'evals/costs': [...base, 'pattern'],
  'evals/scorers/texts': [...base, 'answers'],
  'evals/transcripts': [...base, 'answers', 'pattern'],
  'evals/scorers': [
    ...[...base, 'answers', 'evals/scorers/texts', 'evals/statistics', 'evals/data-sets'],
    'evals/transcripts',
  ],
  'evals/log': [
    ...[...base, 'pattern', 'evals/statistics', 'evals/costs', 'evals/data-sets', 'evals/scorers'],
    'evals/transcripts',
  ],
  'evals/summary': [
    ...base,
    'answers',
    'pattern',
    'evals/statistics',
    'evals/costs',
    'evals/data-sets',
    'evals/scorers',
    'evals/log',
  ],
  'evals/execution': [
    ...[
      ...pattern,
      'answers',
      'tap',
      'evals/statistics',
      'evals/costs',
      'evals/data-sets',
      'evals/scorers',
      'evals/log',
      'evals/summary',
      'evals/transcripts',
    ],
  ],
  evals: [
    ...[...pattern, 'evals/statistics', 'evals/data-sets', 'evals/scorers'],
    ...['evals/log', 'evals/summary', 'evals/execution', 'evals/transcripts'],
  ],

  report: [...base, 'evals/statistics', 'evals/costs', 'evals/data-sets', 'evals/log', 'evals/summary'],
  'report/terminal': [
    ...[...base, 'evals/costs', 'evals/data-sets', 'evals/statistics', 'evals/log', 'report'],
  ],
  'report/export': [...base, 'answers', 'evals/log', 'evals/transcripts', 'report', 'report/terminal'],

  supervisor: [
    ...[...base, 'pattern', ...process, 'provider-module', 'providers'],
    ...['session', 'session/wire', 'session/events', 'session/scheduler', 'session/broker', 'session/warm'],
  ],
  'cli/arguments': [...base, 'pattern'],
  'cli/output': [...base, 'cli/arguments'],
  'cli/doctor': [
    ...[...base, 'process/os', 'process/ledger', 'providers/gpu', 'providers/llama-server'],
    ...['providers/postgres-server', 'providers/vllm'],
  ],
  'cli/commands': [
    ...[...base, 'process/os', 'process/ledger', 'process/guardian'],
    ...['report', 'report/terminal', 'report/export'],
    ...['supervisor', 'recordings', 'recordings/upkeep', 'cli/arguments', 'cli/output', 'cli/doctor'],
  ],
  cli: [...base, 'cli/commands', 'cli/output'],
  testing: [...pattern, 'providers'],
};

/** What a folder may import besides that in types alone. The compiler erases them, so nothing of it is loaded. */
const mayImportTypes = {
  'process/watch': ['process/guardian'],
  'cli/output': ['session/warm', 'recordings/upkeep'],
  'evals/scorers': ['providers/openai-compatible'],
  'session/client': ['session/broker'],
  'report/terminal': ['session/events'],
  'cli/commands': ['session/warm'],
  testing: ['session', 'session/events'],
};

/**
 * The files that Jest loads into the realm of a spec. They must load nothing else: a session or a guardian of the spec's own would
 * be a second one, and Jest's VM has no `import()`. Types are free. Of a provider these are the spec halves.
 */
const specRealm = [
  /^src\/(index|runtime)$/,
  /^src\/(base|answers|pattern|evals|recordings|testing)\//,
  /^src\/tap\/(?!endpoint\/)/,
  /^src\/providers\/built-in$/,
  /^src\/providers\/[^/]+\/(provider|client|driver|leased-work|request-error)$/,
];

/**
 * The doors in that wall: a `require()` that the compiler keeps where it stands, so that the other side is loaded when it is
 * needed. A provider reaches its own session half. runtime.ts finds out where it runs, and then loads one of two files that bear
 * any realm: the loader of the user's provider module, or, in a script outside Jest, the session of this very process. What sees the
 * calls of applications is loaded there at the first of them, and so are recordings.
 */
const lazyRequires = {
  'src/providers/*/provider.ts': ['^\\./(resource|identity)$'],
  'src/runtime.ts': ['^\\./(provider-module/load|session/script-client|tap/tap|recordings/file-recordings)$'],
};

// A static import of an ES module compiles to require(), which Jest's VM refuses.
const esModules = ['execa', 'get-port'];

const inSpecRealm = (file) => specRealm.some((files) => files.test(file));
const folderOf = (file) => (dirname(file) === 'src' ? '' : dirname(file).replace(/^src\//, ''));

/** What is wrong with an import from one file to another, or undefined. Both are paths from the root, without extension. */
function refusal(from, to, isType) {
  if (to === 'src/index' || to === 'src')
    return 'The public index is for users: import the file that holds what you need.';
  if (from.startsWith('preset/')) return undefined;
  if (/^preset(\/|$)/.test(to)) return 'Nothing imports preset: Jest alone loads it.';
  if (!isType && inSpecRealm(from) && !inSpecRealm(to))
    return `A spec must not load ${to}: import its types, or move the code into the session half.`;
  const [own, other] = [folderOf(from), folderOf(to)];
  if (own === '' || own === other || other === '') return undefined;
  if (!(own in mayImport)) return `src/${own} is not in the table of eslint.boundaries.js.`;
  const types = mayImportTypes[own] ?? [];
  if (mayImport[own].includes(other) || (isType && types.includes(other))) return undefined;
  const words =
    [...mayImport[own], ...types.map((name) => `the types of ${name}`)].join(', ') || 'no other folder';
  return `src/${own} may import ${words}.`;
}

const isTypeOnly = (node) =>
  node.importKind === 'type' ||
  node.exportKind === 'type' ||
  (node.specifiers?.length > 0 &&
    node.specifiers.every((one) => one.importKind === 'type' || one.exportKind === 'type'));

const oneWay = {
  create(context) {
    const from = relative(context.cwd, context.filename).split(sep).join('/').replace(/\.ts$/, '');
    const check = (node, specifier, isType) => {
      const report = (message) => message !== undefined && context.report({ node, message });
      if (specifier === 'jest-model-provider' || specifier.startsWith('jest-model-provider/'))
        report(refusal(from, 'src/index', isType));
      else if (specifier.startsWith('.')) report(refusal(from, join(dirname(from), specifier), isType));
      else if (esModules.includes(specifier) && !isType && node.type !== 'ImportExpression')
        report(`${specifier} is an ES module: reach it by a lazy import() from src/process.`);
    };
    const checkDeclaration = (node) => {
      if (node.source != null) check(node, node.source.value, isTypeOnly(node));
    };
    return {
      ImportDeclaration: checkDeclaration,
      ExportNamedDeclaration: checkDeclaration,
      ExportAllDeclaration: checkDeclaration,
      ImportExpression: (node) => check(node, String(node.source.value), false),
      TSImportType: (node) => check(node, String(node.source?.value ?? node.argument?.literal?.value), true),
    };
  },
};

exports.mayImport = mayImport;

/** The configs that hold src/ and preset/ to the tables above. */
exports.boundaries = [
  {
    files: ['src/**/*.ts', 'preset/**/*.ts'],
    plugins: { boundaries: { rules: { 'one-way': oneWay } } },
    rules: { 'boundaries/one-way': 'error' },
  },
  ...Object.entries(lazyRequires).map(([file, allow]) => ({
    files: [file],
    rules: { '@typescript-eslint/no-require-imports': ['error', { allow }] },
  })),
];
