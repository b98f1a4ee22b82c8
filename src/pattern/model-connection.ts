import { isObject, type Json } from '../base/json';
import { URL } from '../base/real-globals';

/** How any process reaches an OpenAI-compatible model. */
export type ModelConnection = {
  /** Ends with `/v1`, or with what the endpoint has in its place. */
  baseURL: string;
  apiKey: string;
  /** The model's name in requests. */
  model: string;
};

/** The base URL in a connection of any resource; undefined for one that has none. */
export function baseURLOf(connection: Json | undefined): string | undefined {
  const baseURL = isObject(connection) ? connection['baseURL'] : undefined;
  return typeof baseURL === 'string' && URL.canParse(baseURL) ? baseURL : undefined;
}
