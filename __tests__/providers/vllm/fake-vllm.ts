import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  VLLMProvider,
  type LaunchOptions,
  type ModelConnection,
  type ModelProviderError,
  type ResourceContext,
  type ServerProcess,
  type VLLMConfig,
  type VLLMOptions,
} from 'jest-model-provider';
import { isTaken } from '../../../src/process/os/ports';
import { caught } from '../../support/caught';
import { openPrivateSession, type PrivateSession } from '../../fixtures/private-session';

const program = path.join(__dirname, '../../fixtures/fake-vllm.js');

/** A start of model a that is refused. */
export interface RefusedStart {
  readonly title: string;
  readonly switches: string[];
  readonly options?: VLLMOptions;
  /** The lines of the whole message, as {@link FakeVllm.refused} gives it. */
  readonly message: readonly string[];
}

/** How long a program takes to begin is no stall of its server: its start goes on when it listens or has ended. */
class ListeningVllm extends VLLMProvider {
  override createResource(
    name: string,
    config: VLLMConfig | undefined,
    context: ResourceContext,
  ): Promise<ModelConnection> {
    const launch = async (options: LaunchOptions): Promise<ServerProcess> => {
      const server = await context.launch(options);
      const { args } = options;
      const port = Number(args[args.indexOf('--port') + 1]);
      let hasEnded = false;
      void server.exited.then(() => (hasEnded = true));
      while (!hasEnded && !(await isTaken(port))) await sleep(5);
      return server;
    };
    return super.createResource(name, config, { ...context, directory: context.directory, launch });
  }
}

/** A fake vLLM, and the directories of models that it may serve, in a place of their own. */
export class FakeVllm {
  readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'jmp-vllm-'));
  readonly command = path.join(this.directory, 'vllm');
  session: PrivateSession | undefined;

  constructor() {
    this.#install('vllm');
    this.#install('python3');
    for (const model of ['a', 'b', 'c', 'd']) {
      fs.mkdirSync(path.join(this.directory, model));
      fs.writeFileSync(path.join(this.directory, model, 'config.json'), '{}');
      fs.writeFileSync(path.join(this.directory, model, 'model.safetensors'), `weights of ${model}`);
    }
  }

  model(name: string): string {
    return path.join(this.directory, name);
  }

  /** A provider whose servers have these switches, in a session of its own. */
  async provider(switches: readonly string[] = [], options: VLLMOptions = {}): Promise<VLLMProvider> {
    const provider = new ListeningVllm({ command: this.command, extraArgs: [...switches], ...options });
    await this.open(provider);
    return provider;
  }

  async open(provider: VLLMProvider): Promise<void> {
    this.session = await openPrivateSession({ vllm: provider });
  }

  /** What the setup of model a is refused with; what differs from run to run has a name instead. */
  async refused(
    switches: readonly string[],
    options: VLLMOptions = {},
    name = this.model('a'),
  ): Promise<string> {
    const provider = await this.provider(switches, options);
    return this.readable(await caught(provider.setup(name)));
  }

  /** An error's message, without what differs from run to run. */
  readable({ code, message }: ModelProviderError): string {
    const text = message
      .replaceAll(this.directory, 'DIR')
      .replaceAll(/jmp-[0-9a-f]{16}/g, 'NONCE')
      .replaceAll(/--port \d+/g, '--port PORT')
      .replaceAll(/\b(port):? \d+/gi, '$1 PORT')
      .replaceAll(/pid=\d+/g, 'pid=PID')
      .replaceAll(/\bpid \d+/g, 'pid PID');
    return `${code}: ${text}`;
  }

  remove(): void {
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  #install(name: string): void {
    const wrapper = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`;
    fs.writeFileSync(path.join(this.directory, name), wrapper, { mode: 0o755 });
  }
}
