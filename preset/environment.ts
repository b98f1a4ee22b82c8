import type { Circus } from '@jest/types';
import type { EnvironmentContext, JestEnvironmentConfig } from '@jest/environment';
import { TestEnvironment } from 'jest-environment-node';
import { relative } from 'node:path';
import { serializeError } from '../src/base/errors';
import { sessionClientKey, privateClientKey } from '../src/pattern/session-client';
import { presentSession } from '../src/session/open-session';
import { openPrivateClient } from '../src/session/private-client';
import type { SessionAddress } from '../src/session/wire/private-socket';
import { sessionVariable } from '../src/session/wire/protocol';
import { SocketTransport, sessionEnded } from '../src/session/client/socket-transport';
import { endWithParent } from '../src/process/watch/parent-watch';
import { providerModulePath, type ProjectOptions } from '../src/provider-module/path';
import { chosenModels } from '../src/run/chosen-models';
import { DatabaseSockets } from './database-sockets';
import { makeErrorsHarmless } from './harmless-errors';
import { makeTitlesHarmless } from './harmless-titles';
import { matrixProject, matrixFile } from './matrix-project';
import { ProjectBlocks } from './project-blocks';
import { SpecClient } from './spec-client';
import { titlesRecord } from './unused-models';
import { showUsersLines } from './users-lines';
import { holdInterrupts, workerProcess } from './worker-signals';

/**
 * Jest's Node environment with a connection to the session. Whatever a test file leased is released at its
 * end, also when a test, a hook or the file itself failed.
 */
class ModelProviderEnvironment extends TestEnvironment {
  readonly #project: ProjectOptions;
  readonly #identity: ConstructorParameters<typeof SpecClient>[1];
  readonly #label: string;
  readonly #blocks: ProjectBlocks | undefined;
  readonly #file: string | undefined;
  readonly #sockets: DatabaseSockets;
  #client: SpecClient | undefined;
  #transport: SocketTransport | undefined;

  constructor(config: JestEnvironmentConfig, context: EnvironmentContext) {
    super(config, context);
    const { displayName, id, rootDir, testEnvironmentOptions } = config.projectConfig;
    this.#project = { rootDir, testEnvironmentOptions: testEnvironmentOptions };
    const isOnly = config.globalConfig.projects.length <= 1;
    this.#identity = { name: displayName?.name ?? '', id: isOnly ? '' : id };
    this.#label = relative(rootDir, context.testPath);
    const matrix = matrixProject(this.#project);
    this.#blocks = matrix === undefined ? undefined : new ProjectBlocks(matrix);
    this.#file = matrix === undefined ? undefined : matrixFile(matrix, context.testPath);
    this.#sockets = new DatabaseSockets(this.global.Function);
    // Jest makes every option a global; no test needs these.
    for (const option of ['modelProviders', 'modelMatrix'])
      delete (this.global as Record<string, unknown>)[option];
  }

  override async setup(): Promise<void> {
    await haltIfInterrupted();
    await super.setup();
    Object.defineProperty(this.global, privateClientKey, { value: openPrivateClient, configurable: true });
    const address = process.env[sessionVariable];
    // Without a session the first use says what to do. A file that does not use the package needs none.
    if (address === undefined) return;
    const worker = workerProcess();
    if (worker !== undefined) {
      holdInterrupts();
      endWithParent();
    }
    const transport = await SocketTransport.open(JSON.parse(address) as SessionAddress, {
      label: this.#label,
      file: this.#file,
      worker,
      providerModule: providerModulePath(this.#project),
      onLost: (leaseId, error) => this.#client?.lost(leaseId, error),
      onEnded: () => this.#sessionEnded(),
    });
    this.#transport = transport;
    this.#client = new SpecClient(transport, this.#identity, this.#sockets, this.#blocks);
    Object.defineProperty(this.global, sessionClientKey, { value: this.#client, configurable: true });
  }

  handleTestEvent: Circus.EventHandler = (event, state) => {
    const isUsed = this.#client?.isUsed === true;
    if (isUsed) makeTitlesHarmless(event, state, this.global.process.env);
    if (event.name === 'run_start') this.#blocks?.removeOthers(state.rootDescribeBlock, this.global);
    showUsersLines(event, state);
    this.#client?.handleTestEvent(event, state);
    if (isUsed) makeErrorsHarmless(event, state, this.global.process.env);
    if (event.name === 'run_finish' && chosenModels(process.env) !== null)
      this.#transport?.record(titlesRecord(state.rootDescribeBlock));
    return haltIfInterrupted();
  };

  override async teardown(): Promise<void> {
    if (this.#sockets.areOpen) await this.#transport?.ending();
    this.#sockets.close();
    await this.#transport?.close();
    await super.teardown();
  }

  #sessionEnded(): void {
    this.#client?.lostAll(serializeError(sessionEnded()));
    // A worker has no use without its main process. By signal: a worker that exits is started again.
    if (workerProcess() !== undefined) process.kill(process.pid, 'SIGKILL');
  }
}

/**
 * Never resolves after a signal, while its handler ends this process: the loss of the resources fails the
 * running tests, and Jest would start the next ones. Workers have no handler; they end with the session's
 * socket.
 */
async function haltIfInterrupted(): Promise<void> {
  if (presentSession()?.isInterrupted === true) await new Promise(() => undefined);
}

// Not a default export: native ES modules would see it one level too deep.
export = ModelProviderEnvironment;
