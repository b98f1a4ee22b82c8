import type { EnvironmentContext, JestEnvironment, JestEnvironmentConfig } from '@jest/environment';
import { relative } from 'node:path';
import { runInContext } from 'node:vm';
import { ModelProviderError, serializeError } from '../src/base/errors';
import { kindOf } from '../src/base/kind-of';
import { privateClientKey, sessionClientKey, sessionVariable } from '../src/pattern/session-client';
import { presentSession } from '../src/session/open-session';
import { openPrivateClient } from '../src/session/private-client';
import type { SessionAddress } from '../src/session/wire/private-socket';
import { SocketTransport, sessionEnded } from '../src/session/client/socket-transport';
import { endWithParent } from '../src/process/watch/parent-watch';
import { providerModulePath, type ProjectOptions } from '../src/provider-module/path';
import { chosenModels } from '../src/run/chosen-models';
import { TapListener } from '../src/tap/endpoint/tap-listener';
import { optionMarks } from '../src/run/run-options';
import { DatabaseSockets } from './database-sockets';
import { makeErrorsHarmless } from './harmless-errors';
import { makeTitlesHarmless } from './harmless-titles';
import { matrixProject, matrixFile } from './matrix-project';
import { ProjectBlocks } from './project-blocks';
import { RecordingMarks } from './recording-marks';
import { SpecClient } from './spec-client';
import { titlesRecord } from './unused-models';
import { showUsersLines } from './users-lines';
import { holdInterrupts, workerProcess } from './worker-signals';

// What the compiler wants of a class that is extended without being known.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type EnvironmentClass = new (...args: any[]) => JestEnvironment;

/**
 * Makes an environment of this package of another one: the same, with a connection to the session. Whatever a
 * test file leased is released at its end, also when a test, a hook or the file itself failed. The globals of
 * its files stay as the other environment makes them.
 *
 * @param Environment the class of an environment that runs its files in Node: jest-environment-jsdom,
 *   `@happy-dom/jest-environment`, one of your own.
 * @throws ModelProviderError `CONFIG_INVALID` for what is no class.
 * @example
 * // happy-dom-environment.js
 * const { withModelProviders } = require('jest-model-provider/environment');
 * module.exports = withModelProviders(require('@happy-dom/jest-environment').default);
 */
export function withModelProviders<Environment extends EnvironmentClass>(
  Environment: Environment,
): Environment {
  requireClass(Environment);

  class ConnectedEnvironment extends Environment {
    readonly #project: ProjectOptions;
    readonly #identity: ConstructorParameters<typeof SpecClient>[1];
    readonly #label: string;
    readonly #blocks: ProjectBlocks | undefined;
    readonly #file: string | undefined;
    readonly #testFile: ConstructorParameters<typeof RecordingMarks>[0];
    #sockets: DatabaseSockets | undefined;
    #client: SpecClient | undefined;
    #marks: RecordingMarks | undefined;
    #tap: TapListener | undefined;
    #transport: SocketTransport | undefined;

    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
    constructor(...args: any[]) {
      // eslint-disable-next-line @typescript-eslint/no-unsafe-argument -- see above
      super(...args);
      const [config, context] = args as [JestEnvironmentConfig, EnvironmentContext];
      const { displayName, id, rootDir, testEnvironmentOptions } = config.projectConfig;
      this.#project = { rootDir, testEnvironmentOptions: testEnvironmentOptions };
      const isOnly = config.globalConfig.projects.length <= 1;
      this.#identity = { name: displayName?.name ?? '', id: isOnly ? '' : id };
      this.#label = relative(rootDir, context.testPath);
      this.#testFile = { path: context.testPath, projectId: id };
      const matrix = matrixProject(this.#project);
      this.#blocks = matrix === undefined ? undefined : new ProjectBlocks(matrix);
      this.#file = matrix === undefined ? undefined : matrixFile(matrix, context.testPath);
    }

    override async setup(): Promise<void> {
      await haltIfInterrupted();
      await super.setup();
      // Jest makes every option a global; no test needs these.
      for (const option of ['modelProviders', 'modelMatrix', 'evals'])
        delete (this.global as Record<string, unknown>)[option];
      this.#hearTestEvents();
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
        options: optionMarks(this.#project),
        onLost: (leaseId, error) => this.#client?.lost(leaseId, error),
        onEnded: () => this.#sessionEnded(),
      });
      this.#transport = transport;
      this.#sockets = new DatabaseSockets(this.#functionsOfFile());
      this.#tap = await TapListener.open();
      this.#client = new SpecClient(transport, this.#identity, {
        sockets: this.#sockets,
        tapEndpoint: this.#tap,
        projectBlocks: this.#blocks,
      });
      this.#marks = new RecordingMarks(this.#testFile, this.#client);
      Object.defineProperty(this.global, sessionClientKey, { value: this.#client, configurable: true });
    }

    override async teardown(): Promise<void> {
      if (this.#sockets?.areOpen === true) await this.#transport?.ending();
      this.#sockets?.close();
      this.#tap?.close();
      await this.#transport?.close();
      await super.teardown();
    }

    /** Beside what the classes around this one do with them, be it by a method or by a field. */
    #hearTestEvents(): void {
      const others = this.handleTestEvent?.bind(this);
      this.handleTestEvent = async (event, state) => {
        const isUsed = this.#client?.isUsed === true;
        const variables = this.global.process.env;
        if (isUsed) makeTitlesHarmless(event, state, variables);
        if (event.name === 'run_start') {
          this.#marks?.collected(state.rootDescribeBlock);
          this.#blocks?.removeOthers(state.rootDescribeBlock, this.global);
        }
        showUsersLines(event, state);
        this.#client?.handleTestEvent(event, state);
        if (others !== undefined) await others(event as never, state);
        if (isUsed) makeErrorsHarmless(event, state, variables);
        if (event.name === 'run_finish' && chosenModels(process.env) !== null)
          this.#transport?.record(titlesRecord(state.rootDescribeBlock));
        await haltIfInterrupted();
        if (event.name === 'run_finish') this.#marks?.leave(state.rootDescribeBlock);
      };
    }

    /** What makes the functions of the test file. */
    #functionsOfFile(): unknown {
      const context = this.getVmContext();
      return context === null ? Function : runInContext('Function', context);
    }

    #sessionEnded(): void {
      this.#client?.lostAll(serializeError(sessionEnded()));
      // A worker has no use without its main process. By signal: a worker that exits is started again.
      if (workerProcess() !== undefined) process.kill(process.pid, 'SIGKILL');
    }
  }

  return ConnectedEnvironment;
}

function requireClass(environment: unknown): void {
  if (typeof environment === 'function') return;
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `withModelProviders() was given ${kindOf(environment)}; it must be given the class of an environment: withModelProviders(require('jest-environment-jsdom').default).`,
  );
}

/**
 * Never resolves after a signal, while its handler ends this process: the loss of the resources fails the
 * running tests, and Jest would start the next ones. Workers have no handler; they end with the session's
 * socket.
 */
async function haltIfInterrupted(): Promise<void> {
  if (presentSession()?.isInterrupted === true) await new Promise(() => undefined);
}
