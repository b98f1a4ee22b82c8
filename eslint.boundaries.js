// Who may import whom (DESIGN.md §5): pattern ← session, process ← providers ← evals ← report; preset may use all, nothing
// imports preset or the public index.

/** The folders of src/ with what each may import besides itself. */
const mayImport = {
  pattern: [],
  process: ['pattern'],
  session: ['pattern', 'process'],
  providers: ['pattern', 'process', 'session'],
  evals: ['pattern', 'providers'],
  report: ['pattern', 'evals'],
  testing: ['pattern', 'providers', 'evals'],
  supervisor: ['pattern', 'process', 'session', 'providers'],
  cli: ['pattern', 'process', 'providers', 'evals', 'report', 'supervisor'],
};

/** What a folder may import besides that in types alone. The compiler erases them, so nothing of it is loaded. */
const mayImportTypes = { report: ['session'], testing: ['session'], cli: ['session'] };

/**
 * Jest loads these into the realm of a spec, like all of pattern, evals and testing. There they must load nothing of the main
 * process: a session or a guardian of the spec's own would be a second one, and Jest's VM has no `import()`. Types are free.
 */
const specHalves = ['src/providers/*/{provider,client,request-error}.ts', 'src/providers/built-in.ts'];
const specRoots = ['src/realm.ts', 'src/index.ts'];

/**
 * The doors in that wall: a `require()` that the compiler keeps where it stands, so that the other side is loaded when it is
 * needed. A provider reaches its own session half. realm.ts finds out where it runs, and then loads one of two files that bear
 * any realm: the loader of the user's provider module, or, in a script outside Jest, the session of this very process.
 */
const lazyRequires = {
  'src/providers/*/provider.ts': ['^\\./(resource|identity)$'],
  'src/realm.ts': ['^\\./session/(provider-module|script-host)$'],
};

const publicIndex = {
  regex: '^(\\./|(\\.\\./)+(src/)?)index$|^\\.\\.(/\\.\\.)*(/src)?/?$|^jest-model-provider(/|$)',
  message: 'The public index is for users: import the file that holds what you need.',
};

const presetFolder = { regex: inFolder('preset'), message: 'Nothing imports preset: Jest alone loads it.' };

const mainProcess = ['process', 'session'].map((folder) => ({
  regex: inFolder(folder),
  allowTypeImports: true,
  message: `A spec must not load src/${folder}: import its types, or move the code into the session half.`,
}));

// A static import of an ES module compiles to require(), which Jest's VM refuses.
const esModules = ['execa', 'get-port'].map((name) => ({
  name,
  allowTypeImports: true,
  message: `${name} is an ES module: reach it by a lazy import() from src/process.`,
}));

function otherFolders(folder) {
  const allowed = mayImport[folder];
  const types = mayImportTypes[folder] ?? [];
  const words = [...allowed, ...types.map((name) => `the types of ${name}`)].join(', ') || 'no other folder';
  return Object.keys(mayImport)
    .filter((other) => other !== folder && !allowed.includes(other))
    .map((other) => ({
      regex: inFolder(other),
      allowTypeImports: types.includes(other),
      message: `src/${folder} may import ${words}.`,
    }));
}

function inFolder(folder) {
  return `^\\.{1,2}/(\\.\\./)*(src/)?${folder}/`;
}

function restrict(files, patterns) {
  return {
    files,
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { paths: esModules, patterns }] },
  };
}

const everywhere = [publicIndex, presetFolder];

/** The configs that hold src/ and preset/ to the tables above. Of two that match a file the later one counts alone. */
exports.boundaries = [
  ...Object.keys(mayImport).map((folder) =>
    restrict([`src/${folder}/**/*.ts`], [...everywhere, ...otherFolders(folder)]),
  ),
  restrict(specHalves, [...everywhere, ...otherFolders('providers'), ...mainProcess]),
  restrict(specRoots, [...everywhere, ...mainProcess]),
  restrict(['preset/**/*.ts'], [publicIndex]),
  ...Object.entries(lazyRequires).map(([file, allow]) => ({
    files: [file],
    rules: { '@typescript-eslint/no-require-imports': ['error', { allow }] },
  })),
];
