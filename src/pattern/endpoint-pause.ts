/** An endpoint has had too many requests (429): nobody sends it any for that time. JSON, since processes tell it. */
export type EndpointPause = {
  /** Its base URL. */
  readonly endpoint: string;
  /** Milliseconds from now on. */
  readonly ms: number;
};
