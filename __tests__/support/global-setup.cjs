'use strict';

// Once for all tests of a run, however many workers it has. Plain JavaScript, for which no compiler has to be
// loaded.

const { cpSync, existsSync, mkdtempSync, realpathSync, writeFileSync } = require('node:fs');
const { constants, tmpdir } = require('node:os');
const { join, resolve } = require('node:path');
const { SourceTextModule } = require('node:vm');
const removeInstallation = require('./global-teardown.cjs');
const { installPackage } = require('./install-package.cjs');
const { chosenModes } = require('./modes.cjs');

const tests = resolve(__dirname, '..');
/** What mini projects share, relative to the tests, where its files find each other. */
const kit = ['e2e/kit', 'support/processes.cjs'];

module.exports = function globalSetup() {
  // What is wrong with all tests is told here, before any runs.
  if (SourceTextModule === undefined) {
    throw new Error(
      'Jest lacks a flag of Node: use `npm test -- <files>`, or set NODE_OPTIONS=--experimental-vm-modules.',
    );
  }
  chosenModes();
  // Without a build most tests run all the same; those that need the package say so.
  if (!existsSync(join(tests, '../dist'))) return;
  // Short, because sockets lie below it. Workers find it in their environment.
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'e2e-')));
  process.env.E2E_INSTALLATION = root;
  // Jest ends without teardown by --bail, and by a signal. The runs of Jest that tests have started are in groups of
  // their own, so that Ctrl-C does not reach them.
  process.once('exit', removeInstallation);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  installPackage(root);
  const installed = join(root, 'node_modules/e2e-kit');
  for (const path of kit) cpSync(join(tests, path), join(installed, path), { recursive: true });
  writeFileSync(
    join(installed, 'package.json'),
    JSON.stringify({ name: 'e2e-kit', main: 'e2e/kit/index.js' }),
  );
};
