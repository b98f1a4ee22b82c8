/** @jest-environment jest-model-provider/environment */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EmbeddedProvider, type EmbeddedOptions } from 'jest-model-provider';
import { caught } from '../../support/caught';
import { closeSessionsAfterEach, openPrivateSession } from '../../fixtures/private-session';
import { expert } from './tiny-model';

closeSessionsAfterEach();

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'jmp-'));
afterAll(() => fs.rmSync(directory, { recursive: true }));

test.each(['zz.gguf', 'a,b.gguf', ',.gguf', '100 % "q" $é.gguf'])(
  'a model file may be called %j',
  async (name) => {
    const file = path.join(directory, name);
    fs.copyFileSync(expert, file);
    const provider = new EmbeddedProvider();
    await openPrivateSession({ embedded: provider });
    const { client } = await provider.setup(file);
    const answer = await client.generate('What is 12 + 7?', { temperature: 0 });
    expect([answer.text, answer.model]).toEqual(['19', file.replaceAll(',', '_')]);
  },
);

test('an option or a config that there is none of is refused before anything starts', async () => {
  const misspelt = new EmbeddedProvider({ paralel: 2 } as EmbeddedOptions);
  const other = new EmbeddedProvider();
  const session = await openPrivateSession({ embedded: misspelt, other });
  const { code, message } = await caught(misspelt.setup('expert'));
  expect([code, message]).toEqual([
    'CONFIG_INVALID',
    'embedded: there is no option paralel; did you mean parallel?',
  ]);
  const configured = await caught(other.setup('expert', { temperature: 0 } as never));
  expect([configured.code, configured.message]).toEqual([
    'CONFIG_INVALID',
    'The config of "other:expert" is {"temperature":0}, but its provider takes none: give options to the provider\'s constructor, and temperature and the like to generate().',
  ]);
  expect(session.pids).toEqual([]);
});
