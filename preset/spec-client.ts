import type { Circus } from '@jest/types';
import type { Json } from '../src/base/json';
import type { EvalRun } from '../src/pattern/eval-run';
import {
  deserializeError,
  isModelProviderError,
  ModelProviderError,
  type ErrorCode,
  type SerializedError,
} from '../src/base/errors';
import { printableLines } from '../src/base/printable';
import { LeaseClient, type SessionTransport } from '../src/session/client/lease-client';
import type { RecordingUse } from '../src/pattern/recording-use';
import type { ParsedRequest } from '../src/pattern/resource-spec';
import type { TapEndpoint } from '../src/pattern/tap-endpoint';
import { isWithin, type Owner } from '../src/session/client/owners';
import type { DatabaseSockets } from './database-sockets';
import { blockName, fullName } from './full-name';
import type { ProjectBlocks } from './project-blocks';
import { showFailure } from './users-lines';

/** The Jest project of a test file. */
interface ClientProject {
  /** Empty without a displayName. */
  readonly name: string;
  /** Empty for the only project of a run. */
  readonly id: string;
}

/** What belongs to one test file. */
interface FileParts {
  readonly sockets: DatabaseSockets;
  readonly tapEndpoint: TapEndpoint;
  readonly projectBlocks: ProjectBlocks | undefined;
}

/**
 * The session client of one test file: knows which describe block, test or hook is running, and fails tests
 * whose resource died.
 */
export class SpecClient extends LeaseClient {
  readonly #blocks = new WeakMap<Circus.DescribeBlock, Owner>();
  readonly #tests = new Map<Circus.TestEntry, Owner>();
  readonly #losses = new Map<Circus.TestEntry, SerializedError[]>();
  readonly #betweenTests: SerializedError[] = [];
  readonly #lazy = new WeakSet<Circus.TestEntry | Circus.Hook>();
  readonly #project: ClientProject;
  readonly #sockets: DatabaseSockets;
  readonly #projectBlocks: ProjectBlocks | undefined;
  readonly #tapEndpoint: TapEndpoint;
  #running: Circus.TestEntry | undefined;
  #block: Circus.DescribeBlock | undefined;
  #hook: Circus.Hook | undefined;
  #state: Circus.State | undefined;
  #isRegisteringLazily = false;
  #isUsed = false;
  #mockedCall = (): string | undefined => undefined;
  /** More than one where the file loads the package again, as after jest.resetModules(). */
  readonly #recordings: (() => RecordingUse)[] = [];

  constructor(
    transport: SessionTransport,
    project: ClientProject,
    { sockets, tapEndpoint, projectBlocks }: FileParts,
  ) {
    super(transport, '');
    this.#tapEndpoint = tapEndpoint;
    this.#project = project;
    this.#sockets = sockets;
    this.#projectBlocks = projectBlocks;
    this.onLost = (owner, error) => this.#noteLoss(owner, error);
  }

  handleTestEvent(event: Circus.Event, state: Circus.State): void {
    this.#state = state;
    switch (event.name) {
      case 'add_test':
        this.#markLazy(state.currentDescribeBlock.children.at(-1));
        break;
      case 'add_hook':
        this.#markLazy(state.currentDescribeBlock.hooks.at(-1));
        break;
      case 'run_start':
        this.#refuseMockedCall();
        // AsyncLocalStorage slows every promise: only files that import the package are tracked.
        if (this.#isUsed) this.#own(state.rootDescribeBlock, this.owners.root);
        break;
      case 'run_describe_start':
        this.#block = event.describeBlock;
        break;
      case 'run_describe_finish':
        this.#block = event.describeBlock.parent;
        break;
      case 'run_finish':
        // What hooks after the last test have missed fails the file.
        state.unhandledErrors.push(...this.#betweenTests.splice(0).map((error) => deserializeError(error)));
        break;
      case 'hook_start':
        this.#hook = event.hook;
        break;
      case 'test_started':
        this.#running = event.test;
        this.#tests.set(event.test, this.owners.child(event.test.name, this.#ownerOf(event.test.parent)));
        this.#losses.set(event.test, this.#betweenTests.splice(0));
        break;
      case 'test_fn_failure':
      case 'hook_failure':
        // Before the hooks that release what was leased for this test alone.
        this.#tellIfFailed(event.test);
        break;
      case 'test_done':
        this.#failIfLost(event.test);
        break;
    }
  }

  override get project(): string {
    return this.#projectBlocks === undefined ? this.#project.name : '';
  }

  override get tapEndpoint(): TapEndpoint {
    return this.#tapEndpoint;
  }

  override get projectId(): string {
    return this.#projectBlocks === undefined ? this.#project.id : '';
  }

  /** In a matrix the projects choose the models; blocks of other resources run in any case. */
  override get evals(): EvalRun | undefined {
    const evals = super.evals;
    return this.#projectBlocks === undefined || evals === undefined ? evals : { ...evals, models: null };
  }

  override noticeConnection(connection: Json): void {
    this.#sockets.watch(connection);
  }

  override noticeBlock(request: ParsedRequest): void {
    if (this.#state !== undefined) this.#projectBlocks?.note(this.#state.currentDescribeBlock, request);
  }

  override noticeImport(mockedCall: () => string | undefined): void {
    this.#isUsed = true;
    this.#mockedCall = mockedCall;
  }

  override noticeRecordings(use: () => RecordingUse): void {
    this.#recordings.push(use);
  }

  /** What the file has used of its recordings. */
  get recordingUses(): readonly RecordingUse[] {
    return this.#recordings.map((use) => use());
  }

  /** A mock of this package registers nothing, so that evaluations would be missing without a word. */
  #refuseMockedCall(): void {
    const name = this.#mockedCall();
    if (name === undefined) return;
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `${name}() has registered nothing: jest-model-provider itself is mocked in this file. Remove jest.mock('jest-model-provider'), or call jest.unmock('jest-model-provider').`,
    );
  }

  /** Whether the file imports the package. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  override registerLazily<T>(register: () => T): T {
    this.#isRegisteringLazily = true;
    try {
      return register();
    } finally {
      this.#isRegisteringLazily = false;
    }
  }

  override get test(): string {
    const { current } = this.owners;
    // Between two tests there is none: hooks of a block belong to it.
    const running = [...this.#tests.keys()].find((test) => test === this.#running);
    const [test = running] =
      [...this.#tests].find(([, owner]) => owner !== this.owners.root && isWithin(current, owner)) ?? [];
    return test === undefined ? blockName(this.#block) : fullName(test);
  }

  override failTest(error: SerializedError): void {
    // What hooks of a block have missed, the next test has missed.
    if (this.#tests.size === 0) this.#betweenTests.push(error);
    this.#noteLoss(this.owners.current, error);
  }

  override forgive(resourceId: string): void {
    const test = this.#running;
    const losses = test === undefined ? undefined : this.#losses.get(test);
    if (test === undefined || losses === undefined) return;
    this.#losses.set(
      test,
      losses.filter(({ details }) => details['resourceId'] !== printableLines(resourceId)),
    );
  }

  override blockNeedsLease(): boolean {
    const block = this.#block;
    return block === undefined || this.#needsLease(block);
  }

  override testNeedsLease(): boolean {
    const test = this.#running;
    if (test === undefined || !this.#lazy.has(test)) return true;
    // Hooks outside the block that asks cannot reach what it leases.
    const outermost = this.#hook?.parent;
    for (
      let block: Circus.DescribeBlock | undefined = test.parent;
      block !== undefined;
      block = block.parent
    ) {
      const ofTests = block.hooks.filter(({ type }) => type === 'beforeEach' || type === 'afterEach');
      if (ofTests.some((hook) => !this.#lazy.has(hook))) return true;
      if (block === outermost) break;
    }
    return false;
  }

  override hasConcurrentTests(): boolean {
    const isConcurrent = (child: Circus.DescribeBlock | Circus.TestEntry): boolean =>
      child.type === 'describeBlock'
        ? child.children.some(isConcurrent)
        : child.concurrent && child.mode !== 'skip';
    return this.#state?.currentDescribeBlock.children.some(isConcurrent) === true;
  }

  #needsLease({ hooks, children }: Circus.DescribeBlock): boolean {
    if (hooks.some((hook) => !this.#lazy.has(hook))) return true;
    return children.some((child) => {
      if (child.type === 'describeBlock') return this.#needsLease(child);
      return !this.#lazy.has(child) && this.#isSelected(child);
    });
  }

  #isSelected(test: Circus.TestEntry): boolean {
    const { hasFocusedTests, testNamePattern } = this.#state ?? {};
    if (test.mode === 'skip' || test.mode === 'todo' || (hasFocusedTests === true && test.mode !== 'only'))
      return false;
    return testNamePattern == null || testNamePattern.test(fullName(test));
  }

  #markLazy(added: Circus.TestEntry | Circus.DescribeBlock | Circus.Hook | undefined): void {
    if (this.#isRegisteringLazily && added !== undefined && added.type !== 'describeBlock')
      this.#lazy.add(added);
  }

  /** Makes every test and hook run as its own owner, within the owner of its block. */
  #own(block: Circus.DescribeBlock, owner: Owner): void {
    this.#blocks.set(block, owner);
    for (const hook of block.hooks) {
      const isPerTest = hook.type === 'beforeEach' || hook.type === 'afterEach';
      hook.fn = this.#wrap(hook.fn, hook.type, () => (isPerTest ? this.#runningOwner(owner) : owner));
    }
    for (const child of block.children) {
      if (child.type === 'describeBlock') this.#own(child, this.owners.child(child.name, owner));
      else if ((child.fn as Circus.TestFn | undefined) !== undefined)
        child.fn = this.#wrap(child.fn, '', () => this.#tests.get(child) ?? owner);
    }
  }

  // Circus tells callbacks and generators apart by the function itself, so its shape must stay.
  #wrap<Fn extends Circus.TestFn>(fn: Fn, label: string, parent: () => Owner): Fn {
    if (fn.constructor.name === 'GeneratorFunction') return fn;
    const run = (self: unknown, args: unknown[]): unknown =>
      (fn as (...args: unknown[]) => unknown).apply(self, args);
    const { owners } = this;
    const wrapped =
      fn.length > 0
        ? function (this: unknown, done: unknown): unknown {
            return owners.runIn(owners.child(label, parent()), () => run(this, [done]));
          }
        : function (this: unknown): unknown {
            return owners.run(label, () => run(this, []), parent());
          };
    return wrapped as unknown as Fn;
  }

  #ownerOf(block: Circus.DescribeBlock): Owner {
    return this.#blocks.get(block) ?? this.owners.root;
  }

  #runningOwner(fallback: Owner): Owner {
    return (this.#running === undefined ? undefined : this.#tests.get(this.#running)) ?? fallback;
  }

  #noteLoss(lease: Owner, error: SerializedError): void {
    for (const [test, owner] of this.#tests) {
      if (!isWithin(owner, lease) && !isWithin(lease, owner)) continue;
      this.#losses.set(test, [...(this.#losses.get(test) ?? []), error]);
    }
  }

  #tellIfFailed(test: Circus.TestEntry | undefined): void {
    const owner = test === undefined ? undefined : this.#tests.get(test);
    if (test !== undefined && owner !== undefined && test.errors.length > 0)
      this.testFailed(owner, fullName(test));
  }

  /** A test must not stay green because it happened not to touch its resource after it died. */
  #failIfLost(test: Circus.TestEntry): void {
    const owner = this.#tests.get(test) ?? this.owners.root;
    const losses = new Set([...(this.#losses.get(test) ?? []), ...this.lostWithin(owner)]);
    this.#tellIfFailed(test);
    this.#tests.delete(test);
    this.#losses.delete(test);
    const isReported = (code: ErrorCode): boolean =>
      test.errors.some((entry) => [entry].flat().some((error) => isModelProviderError(error, code)));
    const unreported = [...losses].filter(({ code }) => !isReported(code as ErrorCode));
    for (const loss of unreported) {
      const error = deserializeError(loss);
      showFailure(error, test.asyncError);
      test.errors.push([error, test.asyncError]);
    }
  }
}
