import type { Caller, ModelCall } from '../../src/pattern/model-calls';

/** A caller of clients, with what it is told. */
export class OwnCaller implements Caller {
  readonly calls: ModelCall[] = [];
  readonly events: string[] = [];
  readonly abort = new AbortController();
  maxWaitMs = 300_000;

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  tapKey(): string | undefined {
    return undefined;
  }

  readonly #underWay = new Set<() => void>();

  begins(end: () => void): () => void {
    this.#underWay.add(end);
    return () => this.#underWay.delete(end);
  }

  endCalls(): void {
    for (const end of this.#underWay) end();
  }

  called(call: ModelCall): void {
    this.calls.push(call);
  }

  waits(): () => void {
    this.events.push('waits');
    return () => this.events.push('goes on');
  }

  gaveUp(): void {
    this.events.push('gave up');
  }
}
