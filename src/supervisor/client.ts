import { findSupervisor } from '../session/supervisor-address';
import { SupervisorLink, type SupervisorLinkOptions } from '../session/supervisor-link';
import {
  downRequest,
  statusRequest,
  upRequest,
  type SupervisorGreeting,
  type SupervisorStatus,
  type WarmedUp,
  type WarmRequest,
} from '../session/supervisor-protocol';
import { untilGone } from './until-gone';

/** The command line's end of the supervisor's socket; what it is loading is given up when it is closed. */
export class SupervisorClient {
  readonly #link: SupervisorLink;

  private constructor(link: SupervisorLink) {
    this.#link = link;
  }

  /**
   * Connects to the supervisor of this user; undefined if there is none.
   *
   * @throws ModelProviderError `SESSION_CLOSED` if it does not answer.
   */
  static async open(options: SupervisorLinkOptions): Promise<SupervisorClient | undefined> {
    const address = findSupervisor();
    return address && new SupervisorClient(await SupervisorLink.open(address, options));
  }

  get greeting(): SupervisorGreeting {
    return this.#link.greeting;
  }

  up(request: WarmRequest): Promise<WarmedUp> {
    return this.#link.ask(upRequest, request);
  }

  status(): Promise<SupervisorStatus> {
    return this.#link.ask(statusRequest, null);
  }

  /** Resolves to the specs that were ended, and to what is left; when that is nothing, the supervisor is gone too. */
  async down(
    requests: WarmRequest['requests'],
  ): Promise<{ stopped: readonly string[]; left: SupervisorStatus | undefined }> {
    const stopped = await this.#link.ask(downRequest, { requests });
    const status = requests.length === 0 ? undefined : await this.status();
    if (status !== undefined && status.resources.length > 0) return { stopped, left: status };
    await this.#untilGone();
    return { stopped, left: undefined };
  }

  /** To be called after an `up` that failed: closes the connection, and waits for the end of a supervisor that has nothing to keep. */
  async giveUp(): Promise<void> {
    const { resources } = await this.status();
    if (resources.length > 0) this.close();
    else await this.#untilGone();
  }

  close(): void {
    this.#link.close();
  }

  // It ends by itself when it has nothing to keep.
  async #untilGone(): Promise<void> {
    this.close();
    await untilGone(this.#link.process);
  }
}
