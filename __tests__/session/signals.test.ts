import { endScriptsAfterEach, startScript, type NodeScript } from '../process/node-script';
import { ownPlaces } from '../support/own-places';

const places = ownPlaces();
endScriptsAfterEach();

/** A process that handles signals; `close` and `kill` are the bodies of two async functions. */
function handling({ before = '', close = '', kill = '', parents = '' }: Record<string, string>): NodeScript {
  return startScript(
    `${before}
    const { handleSignals } = require('#session/signals');
    setInterval(() => undefined, 1000);
    const forever = new Promise(() => undefined);
    handleSignals({ close: async () => { ${close} }, kill: async () => { ${kill} }, say: console.log }, [${parents}]);
    console.log('ready');`,
    places.env,
  );
}

describe('signals', () => {
  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('the first %s closes everything and then exits with %i', async (signal, code) => {
    const script = handling({ close: `console.log('closed');` });
    await script.printed(/ready/);
    script.child.kill(signal);
    expect(await script.ended).toBe(code);
    expect(script.output()).toBe(
      `ready\njest-model-provider: ${signal}, stopping all resources (again to kill them at once)\nclosed\n`,
    );
  });

  it('exits with the code of the signal also when the close fails', async () => {
    const script = handling({ close: `throw new Error('stuck');` });
    await script.printed(/ready/);
    script.child.kill('SIGTERM');
    expect(await script.ended).toBe(143);
  });

  describe('when a process that started this one is gone', () => {
    const parents = 'processEntry(starter.pid)';
    const before = `
      const { processEntry } = require('#process/os/process-identity');
      const starter = require('node:child_process').spawn('/bin/sleep', ['3600']);
      process.once('exit', () => starter.kill());
      const endStarter = () => new Promise((resolve) => starter.once('exit', resolve).kill('SIGKILL'));`;

    it('everything is closed, as by SIGHUP', async () => {
      const script = handling({
        before: `${before} endStarter();`,
        parents,
        close: `console.log('closed');`,
      });
      expect(await script.ended).toBe(129);
      expect(script.output()).toMatch(/the process that started this run is gone, stopping all.*\nclosed\n/);
    });

    it('a process that is blocked is killed', async () => {
      const script = handling({
        before: `${before} setTimeout(() => { starter.kill('SIGKILL'); for (;;); }, 100);`,
        parents,
      });
      expect(await script.ended).toBe('SIGKILL');
      expect(script.output()).toContain(
        'the process that started this run is gone, but this process is blocked',
      );
    });

    it('by the signal that has come to this one too, that is no second signal', async () => {
      const script = handling({
        before: `${before}
          const looks = [];
          const { setInterval: begin } = globalThis;
          globalThis.setInterval = (look, ms) => { looks.push(look); return begin(look, ms); };`,
        parents,
        close: `
          await endStarter();
          performance.now = () => 1e9;
          looks.forEach((look) => look());
          console.log('closed');`,
        kill: `console.log('killed');`,
      });
      await script.printed(/ready/);
      script.child.kill('SIGTERM');
      expect(await script.ended).toBe(143);
      expect(script.output()).toMatch(/closed/);
      expect(script.output()).not.toMatch(/killed/);
    });
  });

  it('a second signal kills everything at once, with the code of the second', async () => {
    const script = handling({ close: 'await forever;', kill: `console.log('killed');` });
    await script.printed(/ready/);
    script.child.kill('SIGINT');
    await script.printed(/stopping all resources/);
    // Until it counts: what comes within a moment of the first one is npm's echo of it.
    const again = setInterval(() => script.child.kill('SIGTERM'), 50);
    expect(await script.ended.finally(() => clearInterval(again))).toBe(143);
    expect(script.output()).toContain('killed');
  });

  it('the echo that npm sends along with a Ctrl-C is not a second one', async () => {
    const script = handling({
      // By its clock it comes within the moment, however long the machine takes for it.
      before: `let now = 0; performance.now = () => now;`,
      close: `now = 250; process.kill(process.pid, 'SIGINT'); process.kill(process.pid, 'SIGINT'); await new Promise((resolve) => setTimeout(resolve, 100));`,
      kill: `console.log('killed');`,
    });
    await script.printed(/ready/);
    script.child.kill('SIGINT');
    expect(await script.ended).toBe(130);
    expect(script.output()).not.toContain('killed');
  });
});

describe('a signal while the session is being opened', () => {
  it.each(['SIGHUP', 'SIGINT', 'SIGTERM'] as const)(
    '%s ends the process before anybody gets the session, and leaves nothing',
    async (signal) => {
      const script = startScript(
        `const { openSocketSession } = require('#session/open-session');
        const { ProviderRegistry } = require('#pattern/registry');
        const registry = () =>
          new Promise((resolve) => {
            setInterval(() => undefined, 1000);
            process.once('${signal}', () => resolve(new ProviderRegistry({})));
            console.log('loading');
          });
        openSocketSession({ registry }).then(() => console.log('went on'));`,
        places.env,
      );
      await script.printed(/loading/);
      script.child.kill(signal);
      expect(await script.ended).toBe({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }[signal]);
      expect(script.output()).not.toContain('went on');
      expect(places.left()).toEqual([]);
    },
  );

  it('waits for no provider module that never ends loading', async () => {
    const script = startScript(
      `const { openSocketSession } = require('#session/open-session');
      setInterval(() => undefined, 1000);
      const registry = () => new Promise(() => console.log('loading'));
      openSocketSession({ registry }).finally(() => console.log('went on'));`,
      places.env,
    );
    await script.printed(/loading/);
    script.child.kill('SIGINT');
    expect(await script.ended).toBe(130);
    expect(script.output()).not.toContain('went on');
    expect(places.left()).toEqual([]);
  });

  it('is not kept back by a provider module that cannot be loaded', async () => {
    const script = startScript(
      `const { openSocketSession } = require('#session/open-session');
      const registry = () => Promise.reject(new Error('no such module'));
      openSocketSession({ registry }).catch((error) => {
        console.log(error.message);
        setInterval(() => undefined, 1000);
      });`,
      places.env,
    );
    await script.printed(/no such module/);
    script.child.kill('SIGTERM');
    expect(await script.ended).toBe('SIGTERM');
    expect(places.left()).toEqual([]);
  });
});

describe('a signal to a process whose main thread is blocked', () => {
  const open = `const { openSocketSession } = require('#session/open-session');
    const { ProviderRegistry } = require('#pattern/registry');
    const { writeSync } = require('node:fs');
    setInterval(() => undefined, 1000);
    const block = () => { writeSync(1, 'blocked\\n'); for (;;); };
    const opened = openSocketSession({ registry: async () => new ProviderRegistry({}) });`;

  it('kills it, and leaves nothing of a session without a guardian', async () => {
    // Later, because a thread that is blocked at once may have a signal before it is watched.
    const script = startScript(`${open} opened.then(() => setTimeout(block, 1000));`, places.env);
    await script.printed(/blocked/);
    script.child.kill('SIGTERM');
    expect(await script.ended).toBe('SIGKILL');
    expect(script.output()).toContain('SIGTERM, but this process is blocked: it is killed');
    expect(places.left()).toEqual([]);
  });

  it('waits for one that is only busy, which then ends as ever', async () => {
    const busy = `writeSync(1, 'busy\\n'); const end = Date.now() + 1500; while (Date.now() < end);`;
    const script = startScript(`${open} opened.then(() => setTimeout(() => { ${busy} }, 1000));`, places.env);
    await script.printed(/busy/);
    script.child.kill('SIGINT');
    expect(await script.ended).toBe(130);
    expect(places.left()).toEqual([]);
  });

  it('kills it the second time, if its teardown has blocked it', async () => {
    const script = handling({
      close: `console.log('closing'); setTimeout(() => { for (;;); }); await forever;`,
    });
    await script.printed(/ready/);
    script.child.kill('SIGINT');
    await script.printed(/closing/);
    const again = setInterval(() => script.child.kill('SIGINT'), 200);
    expect(await script.ended.finally(() => clearInterval(again))).toBe('SIGKILL');
  });

  it('has its usual effect once the session has ended', async () => {
    const script = startScript(
      `${open} opened.then((session) => session.close()).then(() => setTimeout(block, 1000));`,
      places.env,
    );
    await script.printed(/blocked/);
    script.child.kill('SIGTERM');
    expect(await script.ended).toBe('SIGTERM');
  });
});

it('a signal that comes right after the end of a session has its usual effect', async () => {
  // As soon as the session has ended, while the watch over its signals is just ending too.
  const script = startScript(
    `const { openSocketSession } = require('#session/open-session');
    const { ProviderRegistry } = require('#pattern/registry');
    setInterval(() => undefined, 1000);
    openSocketSession({ registry: async () => new ProviderRegistry({}) }).then((open) =>
      setTimeout(async () => {
        await open.close();
        process.kill(process.pid, 'SIGINT');
      }, 500),
    );`,
    places.env,
  );
  const late = setTimeout(() => script.child.kill('SIGKILL'), 20_000);
  expect(await script.ended.finally(() => clearTimeout(late))).toBe('SIGINT');
});

describe('a signal that comes while JavaScript is busy', () => {
  const send = `process.kill(process.pid, 'SIGINT');`;

  it.each([
    ['just before the session is closed', `${send} await open.close();`],
    ['just after its close has begun', `const closed = open.close(); ${send} await closed;`],
  ])('%s ends the process all the same', async (_when, body) => {
    const script = startScript(
      `const { openSocketSession } = require('#session/open-session');
      const { ProviderRegistry } = require('#pattern/registry');
      openSocketSession({ registry: async () => new ProviderRegistry({}) }).then(async (open) => {
        ${body}
        setTimeout(() => console.log('went on'), 100);
      });`,
      places.env,
    );
    expect(await script.ended).toBe(130);
    expect(script.output()).not.toContain('went on');
    expect(places.left()).toEqual([]);
  });
});

it('a session that a signal ends can be found until the process is gone, so that Jest waits for it', async () => {
  const script = startScript(
    `const { openSocketSession, presentSession } = require('#session/open-session');
    const { ProviderRegistry } = require('#pattern/registry');
    openSocketSession({ registry: async () => new ProviderRegistry({}) }).then(() => {
      const look = () => (presentSession() === undefined ? console.log('lost') : setImmediate(look));
      look();
      console.log('open');
    });`,
    places.env,
  );
  await script.printed(/open/);
  script.child.kill('SIGINT');
  expect(await script.ended).toBe(130);
  expect(script.output()).not.toContain('lost');
});
