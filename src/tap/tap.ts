import { gateOf } from '../answers/endpoint-gate';
import { fetchFor } from '../answers/send';
import { WaitingFetch } from '../answers/waiting-fetch';
import type { Json } from '../base/json';
import { endedWithCaller, noteUnattributed, type Caller } from '../pattern/model-calls';
import type { ModelConnection } from '../pattern/model-connection';
import type { Tap, TappedLease, TapScope, TapTarget } from '../pattern/tap';
import type { TapEndpoint, TappedAnswer, TappedRequest } from '../pattern/tap-endpoint';
import { callRecording } from './call-recording';
import { RecordedSender } from './recorded-sender';
import { ended, notBelow, notRecorded, refusalAnswer } from './refusal';
import { onBehalfOf } from './on-behalf';
import { Scope } from './scope';
import { modelConnection, tapAddress, tappedConnection } from './tapped-connection';
import { TappedCall } from './tapped-call';

const { randomBytes } = process.getBuiltinModule('node:crypto');

/** What a token stands for. */
interface Address {
  readonly target: TapTarget;
  /** Absent for the address of a block, whose calls are those of whoever makes them. */
  readonly scope: Scope | undefined;
  /** Whether a client of a provider has it, which reports its calls itself. */
  readonly isOfClient?: boolean;
}

/** Gives out addresses, and passes on what comes there. One for each test file. */
export class FileTap implements Tap {
  readonly #endpoint: TapEndpoint;
  readonly #leased: () => readonly TapTarget[];
  readonly #addresses = new Map<string, Address>();
  readonly #tokens = new Map<Scope | undefined, Map<TapTarget, string>>();
  readonly #scopes = new Map<string, Scope>();
  /** The keys of those that had to end. */
  readonly #cancelled = new Set<string>();

  /** @param leased what the handles of this realm lease now. */
  constructor(endpoint: TapEndpoint, leased: () => readonly TapTarget[]) {
    this.#endpoint = endpoint;
    this.#leased = leased;
  }

  begin(caller: Caller, target: TapTarget | undefined): TapScope {
    const scope = new Scope(caller, target, this);
    this.#scopes.set(scope.key, scope);
    return scope;
  }

  connectionTo(target: TapTarget, scope?: Scope): Json {
    const { lease } = target;
    if (lease !== undefined && modelConnection(lease.connection) === undefined) return lease.connection;
    const token = this.#tokenOf(target, scope);
    return tappedConnection(target, tapAddress(this.#endpoint.origin, token));
  }

  clientConnection(lease: TappedLease): Json {
    const token = randomBytes(16).toString('hex');
    this.#addresses.set(token, { target: { lease }, scope: undefined, isOfClient: true });
    lease.signal.addEventListener('abort', () => this.#addresses.delete(token), { once: true });
    const { baseURL } = tapAddress(this.#endpoint.origin, token);
    return { ...(lease.connection as { [key: string]: Json }), baseURL };
  }

  close(scope: Scope, isCancelled: boolean): void {
    this.#scopes.delete(scope.key);
    if (isCancelled) this.#cancelled.add(scope.key);
    for (const token of this.#tokens.get(scope)?.values() ?? []) this.#addresses.delete(token);
    this.#tokens.delete(scope);
  }

  /** Answers what came to the endpoint. @throws what cuts the connection. */
  async answer(request: TappedRequest): Promise<TappedAnswer> {
    const { token, path } = partsOf(request.target);
    const address = this.#addresses.get(token);
    if (address === undefined && token !== this.#endpoint.fileToken) return refusalAnswer(ended);
    const scope = address?.scope ?? this.#scopes.get(request.caller ?? '');
    if (this.#cancelled.has(request.caller ?? '')) return refusalAnswer(ended);
    if (path === undefined) return refusalAnswer(notBelow);
    const target = address?.target ?? scope?.target ?? this.#onlyLeased();
    const lease = target?.lease;
    const connection = modelConnection(lease?.connection);
    if (lease === undefined || connection === undefined) return refusalAnswer(nothingLeased);
    const isOfClient = address?.isOfClient === true;
    return this.#exchange({ request, path, lease, connection, scope, isOfClient });
  }

  async #exchange({ request, path, lease, connection, scope, isOfClient }: Exchange): Promise<TappedAnswer> {
    const recording = callRecording({ request, path, lease, caller: scope?.caller });
    if (recording?.miss !== undefined) return refusalAnswer(notRecorded(recording.miss));
    const waiting = new WaitingFetch(
      fetchFor(connection, this.#endpoint.send),
      gateOf(connection.baseURL),
      () => onBehalfOf(scope?.caller, lease.signal),
    );
    const recorded = recording === undefined ? undefined : new RecordedSender(waiting, recording);
    const call = new TappedCall({
      ...{ request, path, connection, isOfClient, sender: recorded ?? waiting, lease: lease.signal },
      note: (facts, bodies) => {
        endsFirst?.();
        recorded?.ended(facts, bodies);
        if (isOfClient) return;
        const made = { spec: lease.spec, lease: lease.signal, facts, bodies };
        if (scope === undefined) noteUnattributed(made);
        else scope.caller.called(made);
      },
    });
    const endsFirst = isOfClient ? undefined : scope?.caller.begins(() => call.end(endedWithCaller));
    return call.answer();
  }

  /** Whose address is not known is asked for what alone can be meant. */
  #onlyLeased(): TapTarget | undefined {
    const models = this.#leased().filter(
      ({ lease }) => lease?.isModel === true && modelConnection(lease.connection) !== undefined,
    );
    return models.length === 1 ? models[0] : undefined;
  }

  #tokenOf(target: TapTarget, scope: Scope | undefined): string {
    const tokens = this.#tokens.get(scope) ?? new Map<TapTarget, string>();
    const token = tokens.get(target) ?? randomBytes(16).toString('hex');
    // That of a scope which has ended is nobody's.
    if (scope !== undefined && !this.#scopes.has(scope.key)) return token;
    this.#tokens.set(scope, tokens);
    tokens.set(target, token);
    this.#addresses.set(token, { target, scope });
    return token;
  }
}

interface Exchange {
  readonly request: TappedRequest;
  readonly path: string;
  readonly lease: TappedLease;
  readonly connection: ModelConnection;
  readonly scope: Scope | undefined;
  readonly isOfClient: boolean;
}

/**
 * The parts of what was asked: the token, and what follows the API's version. SDKs of OpenAI's API have it in their
 * base URL, those of Anthropic's append it.
 */
function partsOf(target: string): { token: string; path: string | undefined } {
  const [, token = '', path] = /^\/s\/([^/?#]+)(?:\/v1(\/[^]*))?/.exec(target) ?? [];
  return { token, path };
}

const nothingLeased = {
  status: 400,
  code: 'no_model_leased',
  message:
    'It cannot be told which model is meant, or it is not leased now: call it in a sample, a test or a hook of withClient, and with several models by the address in handle.connection of the right one.',
};
