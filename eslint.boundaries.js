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
};

/** What a folder may import besides that in types alone. The compiler erases them, so nothing of it is loaded. */
const mayImportTypes = { report: ['session'], testing: ['session'] };

/**
 * Files that Jest loads into a spec's realm, by folder. There they load nothing of the main process at run time: a session or a
 * guardian client of the spec's own would be a second one, and `import()` fails in Jest's VM. Their types are free to use.
 */
const specRealm = {
  pattern: ['src/pattern/**/*.ts'],
  providers: ['src/providers/*/{provider,client,request-error}.ts', 'src/providers/built-in.ts'],
  evals: ['src/evals/**/*.ts'],
  testing: ['src/testing/**/*.ts'],
};

/**
 * The doors in that wall: a `require()` that the compiler keeps where it stands, so that the other side is loaded when it is
 * needed. A provider reaches its own session half. realm.ts finds out where it runs, and then loads one of two files that bear
 * any realm: the loader of the user's provider module, or, in a script outside Jest, the session of this very process.
 */
const lazyRequires = {
  'src/providers/*/provider.ts': ['^\\./resource$'],
  'src/realm.ts': ['^\\./session/(provider-module|script-host)$'],
};

const rule = '@typescript-eslint/no-restricted-imports';

const mainProcess = ['process', 'session'].map((folder) => ({
  regex: inFolder(folder),
  allowTypeImports: true,
  message: `This file runs in the realm of a spec, which must not load src/${folder}. Import its types, or move the code into the session half.`,
}));

// Static imports of ESM-only packages compile to require(), which Jest's VM refuses everywhere and old Node 20 releases too.
const esmOnly = ['execa', 'get-port'].map((name) => ({
  name,
  allowTypeImports: true,
  message: `${name} is an ES module: reach it by a lazy import() from src/process.`,
}));

const publicIndex = {
  regex: '^(\\.\\./)+(src/)?index$|^\\./index$|^(\\.\\./)+(src/?)?$|^jest-model-provider',
  message: 'The public index is for users: import the file that holds what you need.',
};

const presetFolder = { regex: inFolder('preset'), message: 'Nothing imports preset: Jest alone loads it.' };

function inFolder(folder) {
  return `^\\.{1,2}/(\\.\\./)*(src/)?${folder}/`;
}

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

function restrict(files, patterns) {
  return { files, rules: { [rule]: ['error', { paths: esmOnly, patterns }] } };
}

const everywhere = [publicIndex, presetFolder];

/** The ESLint configs that hold src/ and preset/ to the tables above. */
exports.boundaries = [
  restrict(['src/realm.ts', 'src/index.ts'], [...everywhere, ...mainProcess]),
  ...Object.keys(mayImport).flatMap((folder) => [
    restrict([`src/${folder}/**/*.ts`], [...everywhere, ...otherFolders(folder)]),
    // ESLint replaces a rule's options, it does not add to them.
    restrict(specRealm[folder] ?? [], [...everywhere, ...otherFolders(folder), ...mainProcess]),
  ]),
  restrict(['preset/**/*.ts'], [publicIndex]),
  ...Object.entries(lazyRequires).map(([file, allow]) => ({
    files: [file],
    rules: { '@typescript-eslint/no-require-imports': ['error', { allow }] },
  })),
].filter(({ files }) => files.length > 0);
