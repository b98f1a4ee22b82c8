import * as fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepSecret, keepSecretsIn } from '../../src/base/secrets';
import { TranscriptLog } from '../../src/evals/log/transcript-log';
import type { EvalRun } from '../../src/pattern/eval-run';
import { FileRecordings } from '../../src/recordings/file-recordings';
import { sample } from '../evals/log/records';
import { chatCall, saying } from '../evals/transcripts/calls';
import { ownPlaces } from '../support/own-places';

const places = ownPlaces();
const files = 1000;

/** Of a variable, of a server, of a URL, and one that somebody has told: with letters that texts escape. */
const [ofVariable, ofServer, ofURL, told] = [
  ...[
    'sk-proj-abcDEF0123456789',
    'Zm9v+YmFy/server==',
    'p@ss:w/rd?&#% of url',
    'with "quotes" and \\ slash é',
  ],
] as const;
const secrets = [ofVariable, ofServer, ofURL, told];

/** What a secret looks like wherever somebody may have put it. */
function formsOf(secret: string): readonly string[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  const inBase64 = [0, 1, 2].map((before) => {
    const bytes = Buffer.from('-'.repeat(before) + secret)
      .toString('base64')
      .replace(/=+$/, '');
    // The letters at both ends are of its neighbours, too.
    return bytes.slice(before === 0 ? 0 : before + 1, -2);
  });
  return [secret, inJson, JSON.stringify(inJson).slice(1, -1), encodeURIComponent(secret), ...inBase64];
}

const forms = [...new Set(secrets.flatMap(formsOf))];
/** A text with secrets in it, each as it is or in base64, in a URL or in JSON. */
const planted = fc
  .array(fc.tuple(fc.constantFrom(...secrets), fc.nat(3), fc.string({ maxLength: 6 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) =>
    parts
      .map(([secret, how, word]) => {
        const shown = [secret, JSON.stringify(secret), encodeURIComponent(secret)];
        return `${word} ${shown[how] ?? Buffer.from(secret).toString('base64')} `;
      })
      .join(''),
  );
const texts = fc.record({
  ...{ name: planted, sampleId: planted, asked: planted, said: planted, key: planted, config: planted },
});

test('no secret is in a thousand recordings and transcripts with keys planted everywhere', () => {
  process.env['PLANTED_API_KEY'] = ofVariable;
  const connection = {
    baseURL: `http://user:${encodeURIComponent(ofURL)}@127.0.0.1:1/v1?token=${encodeURIComponent(ofServer)}`,
    ...{ apiKey: ofServer, model: 'm' },
  };
  keepSecretsIn('fake:m#1', connection);
  keepSecret('what was told', told);
  let number = 0;
  fc.assert(
    fc.property(texts, ({ name, sampleId, asked, said, key, config }) => {
      number += 1;
      const ref = { provider: 'fake', name: 'm', config: { note: config } };
      const made = new FileRecordings(
        { mode: 'record', ignore: [] },
        { file: () => join(places.directory, 'a.eval.ts'), test: () => `${number} ${name}` },
      );
      const facts = { command: `${config} --key ${said}`, startMs: 1 };
      made.present(ref, {
        identity: { endpoint: config, [key]: 1 },
        connection: { ...connection, note: key },
        facts,
      });
      const request = { messages: [{ role: 'user', content: asked }], [key]: asked };
      const call = {
        ...{ method: 'POST', path: `/chat/completions?key=${encodeURIComponent(asked)}` },
        ...{ contentType: 'application/json', body: Buffer.from(JSON.stringify(request)) },
      };
      const answers = [
        ['application/json', JSON.stringify({ choices: [{ message: { content: said, [key]: said } }] })],
        ['text/event-stream', `data: ${JSON.stringify({ text: said })}\n\ndata: [DONE]\n\n`],
        ['text/plain', said],
      ] as const;
      const work = made.begin({ name: `${number} ${name}`, title: name, sample: sampleId, trial: 0 });
      for (const of of [work, undefined])
        for (const [contentType, body] of answers)
          made
            .call(ref, call, of)
            .keep({ status: 200, contentType, pieces: [Buffer.from(body)], isPart: false });
      made.commit(work, true);
      made.writeTests(ref);

      const run = { directory: join(places.directory, '.evals'), run: 'r' } as EvalRun;
      const log = new TranscriptLog(run, join(run.directory, `${number}.jsonl`));
      log.keep(sample({ id: sampleId }), [
        chatCall({ request, answer: saying(said) }, { resource: config, error: said, model: key }),
      ]);
      log.end();
    }),
    { numRuns: files },
  );
  const found = readdirSync(places.directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  expect(found.filter((path) => path.includes('__recordings__'))).toHaveLength(files);
  expect(found.filter((path) => path.endsWith('.calls.ndjson'))).toHaveLength(files);
  const leaks = found.flatMap((path) => {
    const text = path + readFileSync(path, 'utf8');
    return forms.filter((form) => text.includes(form)).map((form) => `${form} in ${path}`);
  });
  expect(leaks.slice(0, 10)).toEqual([]);
}, 300_000);
