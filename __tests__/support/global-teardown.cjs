'use strict';

const { rmSync } = require('node:fs');
const { killProcessesOf } = require('./left-behind.cjs');

module.exports = function removeInstallation() {
  const root = process.env.E2E_INSTALLATION;
  if (root === undefined) return;
  delete process.env.E2E_INSTALLATION;
  // What tests have started that did not come to wait for its end: their places are below the installation.
  killProcessesOf(root);
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
};
