import { parsedJson, type Json } from '../base/json';

/**
 * What was said in a call. Texts are parsed when somebody wants to know them, which is after the call: the list
 * of messages that was sent may be a longer one by then.
 *
 * @param request the text that was sent.
 * @param answer the text that came, or what the pieces of a stream are together; undefined if it was not read to
 *   its end.
 */
export function callBodies(
  request: string,
  answer: unknown,
): { readonly request: Json; readonly answer: Json } {
  return {
    get request() {
      return JSON.parse(request) as Json;
    },
    get answer() {
      return ((typeof answer === 'string' ? parsedJson(answer) : answer) ?? null) as Json;
    },
  };
}
