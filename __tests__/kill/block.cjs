// Loaded into every Node process of a trial that blocks one: SIGWINCH, which means nothing to anybody else,
// blocks the main thread for ever. A file named for the process says that it is blocked.
const { execSync } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

const ways = {
  loop: () => {
    for (;;);
  },
  regexp: () => /^(a+)+$/.test(`${'a'.repeat(60)}b`),
  wait: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  command: () => {
    try {
      execSync('sleep 3600; true');
    } catch {
      // It was ended.
    }
  },
};

process.on('SIGWINCH', () => {
  writeFileSync(join(process.env.KILL_BLOCKED, String(process.pid)), '');
  ways[process.env.KILL_WAY]();
});
