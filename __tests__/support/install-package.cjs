'use strict';

const { cpSync, mkdirSync, readdirSync, symlinkSync } = require('node:fs');
const { join, resolve } = require('node:path');

const repository = resolve(__dirname, '../..');
const published = ['dist', 'models', 'jest-preset.js', 'package.json'];

/**
 * Installs this package into a folder without one, as npm would: a real copy below `node_modules`, its
 * dependencies beside it. A link to the repository would not do: Jest would transform our own files.
 */
function installPackage(directory) {
  const modules = join(directory, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(repository, 'node_modules'))) {
    if (name !== '.bin') symlinkSync(join(repository, 'node_modules', name), join(modules, name));
  }
  for (const name of published)
    cpSync(join(repository, name), join(modules, 'jest-model-provider', name), { recursive: true });
}

module.exports = { installPackage };
