import type { ProcessExit, ServerProcess } from '../../../src/pattern/resource-context';
import { LiveResource, type ResourcePorts } from '../../../src/session/resources/live-resource';
import { ownPlaces } from '../../support/own-places';
import { gate, ScriptedProvider } from '../own-session';

const places = ownPlaces();

/** A server that a test ends. */
function server(died: Promise<ProcessExit>): ServerProcess {
  return {
    ...{ pid: 7, exit: undefined, exited: died },
    ...{ logTail: () => ['out of disk'], logSize: () => 0, stop: () => Promise.resolve() },
  };
}

/** What a resource reports when its server dies, given how its provider tells the cause. */
async function reasonOfDeath(causeOfDeath?: (evidence: string) => string | undefined): Promise<string> {
  const died = gate<ProcessExit>();
  const lost = gate<string>();
  const nothing = (): void => undefined;
  const ports: ResourcePorts = {
    ...{ directory: places.directory, borrow: () => undefined, starting: nothing, expectServer: nothing },
    ...{ progress: nothing, note: nothing, launched: nothing, exited: nothing, kept: nothing },
    launch: () => Promise.resolve(server(died.passed)),
    lease: () => Promise.reject(new Error('not needed')),
    putOff: () => Promise.reject(new Error('not needed')),
    lost: (reason) => lost.open(reason),
  };
  const provider = new ScriptedProvider({}, async (name, context) => {
    await context.launch({ command: 'fake', args: [], ...(causeOfDeath && { causeOfDeath }) });
    return { name };
  });
  const names = { resourceId: 'db:a#1', scheduledId: '1', spec: 'db:a', prefix: 'db', name: 'a' };
  const plan = { ...names, config: undefined, provider, devices: [], pool: undefined };
  const live = new LiveResource(plan, ports);
  await live.start();
  live.markUp();
  died.open({ code: 3, signal: null });
  const reason = await lost.passed;
  await live.stop('it died');
  return reason;
}

describe('the death of a server is told', () => {
  test.each([
    ['alone', undefined, 'its server (pid 7) exited with code 3'],
    [
      'with the cause that its provider finds in its last lines',
      (evidence: string) => /out of (.*)/.exec(evidence)?.[1],
      'disk (its server (pid 7) exited with code 3)',
    ],
    [
      'also when its provider fails to say the cause',
      () => {
        throw new Error('no idea');
      },
      'its server (pid 7) exited with code 3',
    ],
  ])('%s', async (_title, causeOfDeath, reason) => {
    expect(await reasonOfDeath(causeOfDeath)).toBe(reason);
  });
});
