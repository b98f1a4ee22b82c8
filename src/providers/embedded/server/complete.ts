import type { ServerResponse } from 'node:http';
import { usageOf, type CompletionFormat } from './completion-format';
import type { CompletionRequest } from './completion-request';
import type { Engine } from '../generation/engine';
import { generate, type GeneratedToken, type GenerationStep } from '../generation/generation';
import { EventStream, respondJson } from './respond';

/**
 * Generates the answer to a request and writes it, whole or as a stream. Rejects with the signal's reason on
 * abort.
 */
export async function complete(
  engine: Engine,
  request: CompletionRequest,
  format: CompletionFormat,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const steps = generate(engine, request.prompt, { ...request.options, signal });
  if (request.stream) await stream(steps, request, format, new EventStream(response, signal));
  else respondJson(response, 200, await collect(steps, request, format));
}

async function collect(
  steps: AsyncIterable<GenerationStep>,
  request: CompletionRequest,
  format: CompletionFormat,
): Promise<object> {
  const tokens: GeneratedToken[] = [];
  let text = '';
  let last: GenerationStep | undefined;
  for await (const step of steps) {
    text += step.text;
    tokens.push(...step.tokens);
    last = step;
  }
  const answer = { text, tokens: wanted(request, tokens), finishReason: last!.finishReason };
  return format.whole(answer, usageOf(request.prompt.length, last!));
}

async function stream(
  steps: AsyncIterable<GenerationStep>,
  request: CompletionRequest,
  format: CompletionFormat,
  events: EventStream,
): Promise<void> {
  const opening = format.opening();
  if (opening !== undefined) await events.send(opening);
  for await (const step of steps) {
    const { text, finishReason } = step;
    // The reason comes in a chunk of its own, so that clients which skip that chunk's text lose nothing.
    if (text !== '' || step.tokens.length > 0) {
      await events.send(format.chunk({ text, tokens: wanted(request, step.tokens), finishReason: null }));
    }
    if (finishReason === null) continue;
    await events.send(format.chunk({ text: '', tokens: undefined, finishReason }));
    if (request.includeUsage) await events.send(format.usageChunk(usageOf(request.prompt.length, step)));
  }
  events.end();
}

function wanted(
  request: CompletionRequest,
  tokens: readonly GeneratedToken[],
): readonly GeneratedToken[] | undefined {
  return request.options.topLogprobs === undefined ? undefined : tokens;
}
