import type { ResourceContext } from '../../../src/pattern/resource-context';
import { ownPlaces } from '../../support/own-places';
import { closeOwnSessions, openOwnSession, ScriptedProvider, type OwnSession } from '../own-session';

ownPlaces();
closeOwnSessions();

const done: string[] = [];
beforeEach(() => void done.splice(0));

/** A provider whose resources put the end of their names off. */
function puttingOff(end: (name: string) => Promise<void> | void = () => undefined): ScriptedProvider {
  const create = (name: string, context: ResourceContext): { name: string } => {
    context.defer('end it', () =>
      context.putOff(`end ${name}`, {
        look: (file) => void done.push(`looked at ${name} of ${file}`),
        end: async () => {
          await end(name);
          done.push(`ended ${name}`);
        },
      }),
    );
    return { name };
  };
  return new ScriptedProvider({ maxLive: 1, sharing: 'perLease' }, create as never);
}

const asked = { provider: 'db', config: undefined, holding: [], requester: 'a test' };
const fileOf = ({ session }: OwnSession): ReturnType<OwnSession['session']['connect']> =>
  session.connect(() => undefined, { name: 'a.eval.js', reservation: undefined });

test('a step that is put off waits for the end of the file that has leased, and takes no place meanwhile', async () => {
  const file = fileOf(await openOwnSession({ db: puttingOff() }));
  for (const name of ['one', 'two']) await file.release((await file.lease({ ...asked, name })).leaseId);
  expect(done).toEqual([]);
  await file.ending();
  expect(done.splice(0)).toEqual(['looked at one of a.eval.js', 'looked at two of a.eval.js']);
  await file.close();
  expect(done).toEqual(['ended one', 'ended two']);
});

test('what the file has not released is released before it is looked at', async () => {
  const file = fileOf(await openOwnSession({ db: puttingOff() }));
  await file.lease({ ...asked, name: 'held' });
  await file.ending();
  await file.close();
  expect(done).toEqual(['looked at held of a.eval.js', 'ended held']);
});

test('a file that ends without a word ends what it has put off, and what it still holds', async () => {
  const own = await openOwnSession({ db: puttingOff() });
  const file = fileOf(own);
  await file.release((await file.lease({ ...asked, name: 'released' })).leaseId);
  await file.lease({ ...asked, name: 'held' });
  await file.close();
  expect(done.sort()).toEqual(['ended held', 'ended released']);
});

test('for a holder that is no file the step is done at once', async () => {
  const holder = (await openOwnSession({ db: puttingOff() })).holder();
  await holder.release((await holder.ask('db:script')).leaseId);
  expect(done).toEqual(['ended script']);
});

test('a session that closes does what is put off before it ends other resources, and waits for it', async () => {
  const server = new ScriptedProvider({ retain: 'session' });
  server.destroy = () => void done.push('ended the server');
  const own = await openOwnSession({ db: puttingOff(() => new Promise(setImmediate)), server });
  const file = fileOf(own);
  await file.lease({ ...asked, provider: 'server', name: 'server' });
  await file.release((await file.lease({ ...asked, name: 'one' })).leaseId);
  await own.session.close();
  expect(done).toEqual(['ended one', 'ended the server']);
});

test('a step that fails late is a teardown that failed', async () => {
  const db = puttingOff(() => Promise.reject(new Error('it is stuck')));
  const own = await openOwnSession({ db });
  const file = fileOf(own);
  await file.release((await file.lease({ ...asked, name: 'one' })).leaseId);
  await file.close();
  const { failures } = await own.session.close();
  expect(failures.map(({ message }) => message)).toEqual([
    '"db:one#1" could not be torn down: end one: it is stuck',
  ]);
});
