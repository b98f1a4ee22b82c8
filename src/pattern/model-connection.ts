/** How any process reaches an OpenAI-compatible model. */
export type ModelConnection = {
  /** Ends with `/v1`, or with what the endpoint has in its place. */
  baseURL: string;
  apiKey: string;
  /** The model's name in requests. */
  model: string;
};
