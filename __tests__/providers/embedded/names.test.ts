/** @jest-environment jest-model-provider/environment */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EmbeddedProvider } from 'jest-model-provider';
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
