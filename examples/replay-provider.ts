// A provider without a model: it replays answers from a file. The embedded models cannot write SQL, and an example must not need a
// key. With a model that can, say `openai:gpt-4o-mini`, the evaluation stays as it is.
import { readFileSync } from 'node:fs';
import { ModelProvider, type ProviderConstraints } from 'jest-model-provider';

export interface ReplayClient {
  generate(question: string): Promise<{ text: string }>;
}

export class ReplayProvider extends ModelProvider<ReplayClient, { answers: Record<string, string> }> {
  readonly constraints: ProviderConstraints = {
    maxLive: Infinity,
    sharing: 'shared',
    retain: 'lease',
    startTimeoutMs: 5000,
    stopTimeoutMs: 5000,
  };

  async createResource(name: string) {
    const rows = JSON.parse(readFileSync(`${__dirname}/${name}.json`, 'utf8')) as {
      question: string;
      answer: string;
    }[];
    return { answers: Object.fromEntries(rows.map(({ question, answer }) => [question, answer])) };
  }

  createClient({ answers }: { answers: Record<string, string> }): ReplayClient {
    return { generate: async (question) => ({ text: answers[question] ?? '' }) };
  }
}
