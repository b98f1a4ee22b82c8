import { findSupervisor } from '../session/warm/supervisor-address';
import { SupervisorLink, type SupervisorLinkOptions } from '../session/warm/supervisor-link';
import {
  downRequest,
  statusRequest,
  upRequest,
  type SupervisorGreeting,
  type SupervisorStatus,
  type WarmedUp,
  type WarmRequest,
} from '../session/warm/supervisor-protocol';
import { untilGone } from './until-gone';

/** The command line's end of the supervisor's socket. Closing it cancels a load that it has asked for. */
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

  /**
   * Resolves to the specs that were ended, and to the status of what is left. If nothing is left, the
   * supervisor has ended too.
   */
  async down(
    requests: WarmRequest['requests'],
  ): Promise<{ stopped: readonly string[]; left: SupervisorStatus | undefined }> {
    const stopped = await this.#link.ask(downRequest, { requests });
    const status = requests.length === 0 ? undefined : await this.status();
    if (status !== undefined && status.resources.length > 0) return { stopped, left: status };
    await this.#untilGone();
    return { stopped, left: undefined };
  }

  /**
   * Call it after a failed `up`: closes the connection. If the supervisor keeps nothing, also waits for its
   * end.
   */
  async giveUp(): Promise<void> {
    const { resources } = await this.status();
    if (resources.length > 0) this.close();
    else await this.#untilGone();
  }

  close(): void {
    this.#link.close();
  }

  // The supervisor ends by itself when it keeps nothing.
  async #untilGone(): Promise<void> {
    this.close();
    await untilGone(this.#link.process);
  }
}
