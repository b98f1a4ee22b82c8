import { join } from 'node:path';
import { isModelProviderError } from '../../base/errors';
import type { LaunchOptions, ServerProcess } from '../../pattern/resource-context';
import { startGuardian, type GuardianClient } from './guardian-client';
import type { SilenceLimits } from './answer-watch';
import type { GuardianOptions } from './guardian-protocol';
import { Ledger } from '../ledger/ledger';
import { launchServer } from './server-process';
import { reclaimProcesses } from './sweep';

/**
 * Starts the servers of one session. The guardian is started for the first of them. If it is killed, or does
 * not answer, its servers are ended by means of the ledger, and the next server gets a new guardian.
 */
export class ServerLauncher {
  readonly #options: GuardianOptions;
  readonly #limits: SilenceLimits | undefined;
  readonly #hurry = new AbortController();
  #guardian: Promise<GuardianClient> | undefined;
  #reclaim: Promise<unknown> = Promise.resolve();
  #count = 0;

  /** @param limits how long a guardian may be silent; of a moment for tests. */
  constructor(options: GuardianOptions, limits?: SilenceLimits) {
    this.#options = options;
    this.#limits = limits;
  }

  /**
   * Whether a guardian was started: it then removes the session's directory and ledger if this process is
   * killed.
   */
  get isGuarded(): boolean {
    return this.#guardian !== undefined;
  }

  /** Says that a server will be launched, so that the guardian starts while the launch is being prepared. */
  expectServer(): void {
    // The launch tries again and reports a failure; this only avoids an unhandled rejection.
    this.#ensureGuardian().catch(() => undefined);
  }

  /** @throws ModelProviderError `COMMAND_NOT_FOUND`, `GUARDIAN_LOST`, `SETUP_FAILED`. */
  async launch(options: LaunchOptions, resourceId: string, directory: string): Promise<ServerProcess> {
    const guardian = await this.#ensureGuardian();
    this.#count += 1;
    const server = await launchServer(options, {
      guardian,
      id: `server-${this.#count}`,
      resourceId,
      directory,
    });
    return Object.create(server, { stop: { value: () => this.#stop(server) } }) as ServerProcess;
  }

  /** Has the guardian look which processes the servers have, to know them also when they leave their group. */
  look(): void {
    void this.#guardian?.then(
      (guardian) => guardian.look(),
      () => undefined,
    );
  }

  /** Ends all grace periods, also of servers that are ended without a guardian. */
  async forceKill(): Promise<void> {
    this.#hurry.abort();
    const guardian = await this.#guardian?.catch(() => undefined);
    await guardian?.forceKill();
  }

  /** Ends the guardian, and with it every server that is left. */
  async close(): Promise<void> {
    const guardian = await this.#guardian?.catch(() => undefined);
    await guardian?.close();
    await this.#reclaim;
    // A guardian that was killed while it ended leaves its ledger, and maybe servers.
    await this.#reclaimServers();
  }

  #ensureGuardian(): Promise<GuardianClient> {
    this.#guardian ??= this.#startGuardian().catch((error: unknown) => {
      this.#guardian = undefined;
      throw error;
    });
    return this.#guardian;
  }

  async #startGuardian(): Promise<GuardianClient> {
    // What is reclaimed is known by the session's mark, which new servers have too.
    await this.#reclaim.catch(() => undefined);
    const patience = { limits: this.#limits, hurry: this.#hurry.signal };
    return startGuardian(this.#options, () => this.#onGuardianLost(), patience);
  }

  async #stop(server: ServerProcess): Promise<void> {
    try {
      await server.stop();
    } catch (error) {
      if (!isModelProviderError(error, 'GUARDIAN_LOST')) throw error;
      await this.#reclaim;
    }
  }

  #onGuardianLost(): void {
    this.#guardian = undefined;
    this.#reclaim = this.#reclaimServers();
    // close() and #stop() handle it; this only avoids an unhandled rejection.
    this.#reclaim.catch(() => undefined);
  }

  #reclaimServers(): Promise<unknown> {
    const { ledger, session, directory } = this.#options;
    return reclaimProcesses(new Ledger(ledger), session, directory, this.#hurry.signal);
  }
}

/** The file of a session's ledger. */
export function ledgerPath(directory: string, session: string): string {
  return join(directory, `${session}.jsonl`);
}
