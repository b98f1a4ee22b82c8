'use strict';

const { writeFileSync } = require('node:fs');

/** Writes the session's event record when the main process exits, so that the end of the session is in it. */
module.exports = class EventsReporter {
  constructor() {
    const session = globalThis[Symbol.for('jest-model-provider.session')]?.session;
    if (session !== undefined)
      process.once('exit', () =>
        writeFileSync(process.env.E2E_EVENTS, JSON.stringify(session.record.events)),
      );
  }
};
