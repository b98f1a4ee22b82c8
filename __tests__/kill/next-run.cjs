// What every later run does first: it opens a session, which sweeps, and closes it.
const { closeSession, openSession } = require('jest-model-provider/session');

openSession(
  { watch: false, watchAll: false, rootDir: __dirname, seed: 1 },
  { rootDir: __dirname, testEnvironmentOptions: {} },
).then(() => closeSession({ watch: false, watchAll: false }));
