import type { Send } from '../base/http-answer';

/** A request of an application under test, as it came to this run's own address. */
export interface TappedRequest {
  readonly method: string;
  /** What was asked, from the host on: `/s/<token>/v1/chat/completions`. */
  readonly target: string;
  /** The names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty if there is none. */
  readonly body: Uint8Array;
  /** What {@link TapServer.caller} said when it was sent, if it was sent by `fetch` of this process. */
  readonly caller: string | undefined;
  /** Aborts when the application hangs up. */
  readonly signal: AbortSignal;
}

/** What the application gets. */
export interface TappedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Each piece is sent before the next one is asked for. If it throws, the connection is cut. */
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** What answers the requests: the code of the test file, in its realm. */
export interface TapServer {
  /** Never rejects. */
  answer(request: TappedRequest): Promise<TappedAnswer>;
  /** Names whose code is running, if anyone wants to know. */
  caller(): string | undefined;
}

/** Where applications under test send their requests: an HTTP server on 127.0.0.1, outside the realm of the spec. */
export interface TapEndpoint {
  /** Such as `http://127.0.0.1:49152`. */
  readonly origin: string;
  /** The token of the address that is known before any resource is: that of the whole file. */
  readonly fileToken: string;
  /** Sends what is passed on. It is taken from where no spec can replace it. */
  readonly send: Send;
  /** Has all requests answered by `server`. Without one they are refused. */
  serve(server: TapServer): void;
}
