const js = require('@eslint/js');
const { defineConfig } = require('eslint/config');
const globals = require('globals');
const tseslint = require('typescript-eslint');
const { boundaries } = require('./eslint.boundaries');

// What the code that a spec loads takes from where Jest itself runs. Types are free.
const nodeGlobals = [
  ...['fetch', 'Headers', 'Request', 'Response', 'FormData', 'Blob', 'URL', 'URLSearchParams'],
  ...['AbortController', 'AbortSignal', 'TextDecoder', 'TextEncoder', 'structuredClone', 'performance'],
  ...['ReadableStream', 'TransformStream', 'WritableStream', 'setImmediate', 'clearImmediate'],
];

module.exports = defineConfig(
  { ignores: ['dist/', 'coverage/', '**/node_modules/', '.cache/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    rules: {
      'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['**/*.{js,cjs,mjs}'],
    languageOptions: { globals: globals.nodeBuiltin },
  },
  {
    files: ['**/*.{js,cjs}'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: globals.node,
    },
  },
  { files: ['**/*.eval.{js,cjs,mjs}'], languageOptions: { globals: globals.jest } },
  { files: ['__tests__/consumer/code/javascript-esm/**'], languageOptions: { sourceType: 'module' } },
  {
    files: ['__tests__/consumer/projects/**'],
    languageOptions: { globals: { ...globals.jest, document: 'readonly' } },
  },
  {
    files: ['__tests__/consumer/configs/next-jest/app/**'],
    languageOptions: { sourceType: 'module', parserOptions: { ecmaFeatures: { jsx: true } } },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strict],
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // process.env knows no other way to unset.
      '@typescript-eslint/no-dynamic-delete': 'off',
    },
  },
  {
    // Tests assert what they index. The embedded engine's loops do too: noUncheckedIndexedAccess doubts every element of a matrix.
    files: ['__tests__/**/*.ts', 'bench/**/*.ts', 'src/providers/embedded/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['__tests__/**'],
    rules: { 'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ['src/**/*.ts', 'preset/**/*.ts'],
    extends: [tseslint.configs.strictTypeCheckedOnly],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: __dirname } },
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'AbortSignal',
          property: 'any',
          message: 'Use anySignal(): Node forgets the sources of this one.',
        },
      ],
      'no-restricted-imports': [
        'error',
        {
          name: 'vscode-jsonrpc/node',
          importNames: ['createMessageConnection', 'StreamMessageReader'],
          message: 'Use messageConnection(): the reader alone may keep its process from ending.',
        },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // An async function without await turns what it throws into a rejection: often the reason why it is one.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
    },
  },
  { files: ['src/base/message-connection.ts'], rules: { 'no-restricted-imports': 'off' } },
  {
    files: [
      'src/{answers,base,evals,pattern,testing}/**/*.ts',
      'src/providers/**/{client,driver,leased-work,provider,request-error}.ts',
    ],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['node:*'],
              allowTypeImports: true,
              message: 'A spec may have mocked it for the code under test: process.getBuiltinModule().',
            },
          ],
        },
      ],
    },
  },
  {
    files: [
      'src/{answers,base,evals,pattern}/**/*.ts',
      'src/providers/**/{client,driver,leased-work,provider,request-error}.ts',
    ],
    ignores: ['src/base/real-globals.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...nodeGlobals.map((name) => ({
          name,
          message: 'A page, such as that of jsdom, has another, or none: src/base/real-globals.ts.',
        })),
      ],
    },
  },
  boundaries,
);
