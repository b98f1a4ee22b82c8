import type { Json } from '../../base/json';

/** JSON of which every text is well-formed: other programs refuse half a letter. */
export function wellFormedJson(value: Json): string {
  // JSON.stringify() escapes lone surrogates and no others. An even number of backslashes are letters.
  return JSON.stringify(value).replaceAll(/(\\+)ud[89a-f][0-9a-f]{2}/g, (found, slashes: string) =>
    slashes.length % 2 === 0 ? found : `${slashes}ufffd`,
  );
}
