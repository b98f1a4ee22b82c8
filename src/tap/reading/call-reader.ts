import type { Asked } from '../../answers/answer-error';
import type { Received } from '../../answers/answer';
import { apiPath } from './api-path';
import { ChatReader } from './chat-reader';
import { messageShape } from './messages';
import { otherShape } from './other';
import type { CallReader } from './read-call';
import { responseShape } from './responses';
import { ShapeReader } from './shape-reader';

/**
 * The reader for the answer of an API. What is no answer of it, or of no API that is known, is read as JSON.
 *
 * @param path what was asked, below the base URL.
 */
export function callReader(asked: Asked, path: string, received: Omit<Received, 'body'>): CallReader {
  const api = apiPath(path).replace(/\/+$/, '');
  if (received.status < 400 && (api === '/chat/completions' || api === '/completions'))
    return new ChatReader(asked, received);
  const isStream = received.contentType?.startsWith('text/event-stream') === true;
  if (api === '/responses') return new ShapeReader(responseShape, isStream);
  if (api === '/messages') return new ShapeReader(messageShape, isStream);
  return new ShapeReader(otherShape, isStream);
}
