const { join } = require('node:path');
const { defineProviders, ModelClient, ModelProvider } = require('jest-model-provider');

const switches = {
  stubborn: ['--ignore-sigterm'],
  forking: ['--grandchild'],
  stillborn: ['--exit', '0', '--exit-when', 'start'],
  // The first completion is the readiness check's.
  mortal: ['--exit', '0', '--exit-when', '4'],
};

/**
 * Serves hostile models: `hostile:stubborn` ignores SIGTERM, `hostile:forking` leaves a grandchild, and so
 * on.
 */
class HostileProvider extends ModelProvider {
  constraints = {
    maxLive: 2,
    sharing: 'shared',
    retain: 'session',
    startTimeoutMs: 60_000,
    stopTimeoutMs: 30_000,
  };

  createResource(name, _config, context) {
    const { startLocalServer } = require('../../../dist/src/providers/local-server/start-local-server.js');
    return startLocalServer(
      {
        title: `hostile:${name}`,
        command: process.execPath,
        model: name,
        args: (port, nonce) => [
          join(__dirname, '../../fixtures/fake-model-server.js'),
          ...['--port', String(port), '--alias', `${name},${nonce}`, '--load-ms', '200'],
          ...switches[name],
        ],
        env: (apiKey) => ({ FAKE_API_KEY: apiKey }),
        graceMs: 300,
        stallMs: 30_000,
        portConflict: /couldn't bind HTTP server socket/,
        hints: [],
      },
      context,
    );
  }

  createClient(connection, context) {
    return new ModelClient(connection, context);
  }
}

module.exports = defineProviders({ hostile: new HostileProvider() });
