import type { Circus } from '@jest/types';
import type { EnvironmentContext, JestEnvironmentConfig } from '@jest/environment';
import { TestEnvironment } from 'jest-environment-node';
import { relative } from 'node:path';
import { serializeError } from '../src/pattern/errors';
import { hostKey, privateHostKey } from '../src/pattern/host';
import { presentSession } from '../src/session/open-session';
import { matrixFile } from '../src/pattern/matrix-project';
import { openPrivateHost } from '../src/session/private-host';
import type { SessionAddress } from '../src/session/private-socket';
import { sessionVariable } from '../src/session/protocol';
import { SocketLink, sessionEnded } from '../src/session/socket-link';
import { providerModulePath, type ProjectOptions } from '../src/session/provider-module-path';
import { matrixProject } from './matrix-project';
import { ProjectBlocks } from './project-blocks';
import { SpecHost } from './spec-host';
import { holdInterrupts } from './worker-signals';

/**
 * Jest's Node environment with a connection to the session. Whatever a test file leased is released at its end, also when a
 * test, a hook or the file itself failed.
 */
class ModelProviderEnvironment extends TestEnvironment {
  readonly #project: ProjectOptions;
  readonly #label: string;
  readonly #blocks: ProjectBlocks | undefined;
  readonly #file: string | undefined;
  #host: SpecHost | undefined;
  #link: SocketLink | undefined;

  constructor(config: JestEnvironmentConfig, context: EnvironmentContext) {
    super(config, context);
    const { rootDir, testEnvironmentOptions } = config.projectConfig;
    this.#project = { rootDir, testEnvironmentOptions: testEnvironmentOptions };
    this.#label = relative(rootDir, context.testPath);
    const matrix = matrixProject(this.#project);
    this.#blocks = matrix === undefined ? undefined : new ProjectBlocks(matrix);
    this.#file = matrix === undefined ? undefined : matrixFile(matrix, context.testPath);
    // Jest makes every option a global; no test needs these.
    for (const option of ['modelProviders', 'modelMatrix'])
      delete (this.global as Record<string, unknown>)[option];
  }

  override async setup(): Promise<void> {
    await haltIfInterrupted();
    await super.setup();
    Object.defineProperty(this.global, privateHostKey, { value: openPrivateHost, configurable: true });
    const address = process.env[sessionVariable];
    // Without a session the first use says what to do; a file that uses none is none of our business.
    if (address === undefined) return;
    holdInterrupts();
    const link = await SocketLink.open(JSON.parse(address) as SessionAddress, {
      label: this.#label,
      file: this.#file,
      providerModule: providerModulePath(this.#project),
      onLost: (leaseId, error) => this.#host?.lost(leaseId, error),
      onEnded: () => this.#sessionEnded(),
    });
    this.#link = link;
    this.#host = new SpecHost(link, this.#blocks);
    Object.defineProperty(this.global, hostKey, { value: this.#host, configurable: true });
  }

  handleTestEvent: Circus.EventHandler = (event, state) => {
    if (event.name === 'run_start') this.#blocks?.removeOthers(state.rootDescribeBlock, this.global);
    this.#host?.handleTestEvent(event, state);
    return haltIfInterrupted();
  };

  override async teardown(): Promise<void> {
    await this.#link?.close();
    await super.teardown();
  }

  #sessionEnded(): void {
    this.#host?.lostAll(serializeError(sessionEnded()));
    // A worker without its main process has nobody to report to. By signal, for a worker that exits is started again.
    if (presentSession() === undefined && process.send !== undefined) process.kill(process.pid, 'SIGKILL');
  }
}

/**
 * Never resolves once a signal has come to this process, which its handler is ending: losing the resources fails the tests
 * under way, and Jest would go on with the next ones. Workers have no handler; they end with the session's socket.
 */
async function haltIfInterrupted(): Promise<void> {
  if (presentSession()?.isInterrupted === true) await new Promise(() => undefined);
}

// Not a default export: native ES modules would see it one level too deep.
export = ModelProviderEnvironment;
