import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { callAs, currentCaller, onUnattributed, type ModelCall } from '../../src/pattern/model-calls';
import type { TapScope, TapTarget } from '../../src/pattern/tap';
import { TapListener } from '../../src/tap/endpoint/tap-listener';
import { FileTap } from '../../src/tap/tap';
import { completion, fakeEndpoint, json } from '../fixtures/fake-endpoint';
import { OwnCaller } from '../pattern/own-caller';

const endpoint = fakeEndpoint();
let listener: TapListener;
let tap: FileTap;
const lease = new AbortController();
const target: TapTarget = {
  get lease() {
    const connection = { baseURL: endpoint.baseURL, apiKey: 'real', model: 'm' };
    return { spec: 'fake:m', isModel: true, connection, signal: lease.signal };
  },
};

/** A sample, which the tap asks for the name of its scope. */
class Sample extends OwnCaller {
  readonly scope: TapScope = tap.begin(this, target);

  override tapKey(): string {
    return this.scope.key;
  }

  /** What the model was asked in the calls that it was told of, and how they ended. */
  get told(): string[] {
    return this.calls.map((made) => `${contentOf(made)}${made.facts.error === undefined ? '' : ' ended'}`);
  }
}

function contentOf({ bodies }: ModelCall): string {
  const { messages } = bodies?.request as { messages: { content: string }[] };
  return messages[0]?.content ?? '';
}

beforeAll(async () => {
  listener = await TapListener.open();
  tap = new FileTap(listener, () => [target]);
  listener.serve({
    answer: (request) => tap.answer(request),
    caller: () => currentCaller()?.tapKey(),
  });
});

afterAll(() => listener.close());

beforeEach(() => {
  endpoint.answer((response, request) => {
    const { messages = [], stream } = request.body as { messages?: { content: string }[]; stream?: boolean };
    const content = messages[0]?.content ?? '';
    if (content.endsWith('hang')) return;
    if (stream !== true) {
      json(200, completion(content))(response, request);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const chunk = { choices: [{ index: 0, delta: { content }, finish_reason: 'stop' }] };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    setImmediate(() => response.end('data: [DONE]\n\n'));
  });
});

/** One call of a sample: by the address of the whole file or its own, whole or streamed, at some time. */
const call = fc.record({
  isOwnAddress: fc.boolean(),
  kind: fc.constantFrom('whole', 'stream', 'hang', 'late'),
  afterMs: fc.integer({ min: 0, max: 15 }),
});
const plans = fc.array(fc.array(call, { minLength: 0, maxLength: 3 }), { minLength: 50, maxLength: 50 });

function addressOf(sample: Sample, isOwn: boolean): string {
  const { baseURL } = sample.scope.connectionTo(target) as { baseURL: string };
  return isOwn ? baseURL : `${listener.origin}/s/${listener.fileToken}/v1`;
}

async function ask(baseURL: string, content: string, stream: boolean): Promise<number> {
  const response = await fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content }], stream }),
  });
  await response.text();
  return response.status;
}

test('each call of 50 samples at once is told to its own sample, and none after its end', async () => {
  const unattributed: string[] = [];
  const nobodys: string[] = [];
  const hearNoMore = onUnattributed((made) => nobodys.push(contentOf(made)));
  await fc.assert(
    fc.asyncProperty(plans, async (samples) => {
      await Promise.all(
        samples.map(async (calls, number) => {
          const sample = new Sample();
          const isCancelled = number % 2 === 0;
          const hanging: Promise<unknown>[] = [];
          const late: (() => Promise<void>)[] = [];
          const wanted: string[] = [];
          await callAs(sample, async () => {
            await Promise.all(
              calls.map(async ({ isOwnAddress, kind, afterMs }, index) => {
                await sleep(afterMs);
                const content = `${number}/${index} ${kind}`;
                const send = (): Promise<number> =>
                  ask(addressOf(sample, isOwnAddress), content, kind === 'stream');
                if (kind === 'late') {
                  const baseURL = addressOf(sample, isOwnAddress);
                  // As the sample's own code would do it after its end, or a queue whose turn it is.
                  const isNobodys = !isOwnAddress && !isCancelled;
                  late.push(async () => {
                    const status = await callAs(sample, () => ask(baseURL, content, false));
                    expect(status).toBe(isNobodys ? 200 : 410);
                  });
                  if (isNobodys) unattributed.push(content);
                  return;
                }
                wanted.push(kind === 'hang' ? `${content} ended` : content);
                if (kind !== 'hang') {
                  expect(await send()).toBe(200);
                  return;
                }
                const begun = endpoint.requests.length;
                hanging.push(send());
                while (
                  !endpoint.requests
                    .slice(begun)
                    .some(({ body }) => JSON.stringify(body).includes(`"${content}"`))
                )
                  await sleep(1);
              }),
            );
          });
          sample.scope.end(isCancelled);
          sample.endCalls();
          expect(sample.told.sort()).toEqual(wanted.sort());
          const before = sample.told.length;
          expect(await ask(addressOf(sample, true), 'late', false)).toBe(410);
          for (const send of late) await send();
          for (const sent of await Promise.all(hanging)) expect(sent).toBe(410);
          expect(sample.told).toHaveLength(before);
        }),
      );
    }),
    { numRuns: 8 },
  );
  expect(nobodys.sort()).toEqual(unattributed.sort());
  hearNoMore();
}, 120_000);
