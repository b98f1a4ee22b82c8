import { groupMembers } from '../../process/os/process-group';
import { lackOfMemory, processesOn, sameGpu, usedMiB } from './gpu-memory';
import { untilFree, type GuardedMemory, type Verdict } from './memory-gate';
import { readGpus, type Gpu, type GpuReading } from './nvidia-smi';

// What stays of a sleeping server: the CUDA context, its graphs, and the buffers of NCCL.
const stays = { share: 0.05, leastMiB: 3072 };

/** MiB of one GPU that a server holds. */
interface Held {
  readonly awake: number;
  asleep: number;
}

/** The memory of a server's devices while it sleeps, and whether they have room for it to wake. */
export class SleepingMemory {
  readonly #memory: GuardedMemory;
  readonly #held = new Map<string, Held>();
  #own = new Set<number>();

  constructor(memory: GuardedMemory) {
    this.#memory = memory;
  }

  /** MiB that the server held on all its devices at its last measurement awake. */
  get awakeMiB(): number {
    return [...this.#held.values()].reduce((sum, { awake }) => sum + awake, 0);
  }

  /**
   * Measures a server that is about to be put to sleep.
   *
   * @param group its process group. If nvidia-smi lists processes of the group, their memory counts, else all
   *   memory taken since the server's start.
   */
  async measure(group: number): Promise<void> {
    this.#own = new Set(groupMembers(group).map(({ pid }) => pid));
    const now = await readGpus();
    for (const gpu of this.#memory.gpus) {
      const awake = this.#heldOn(sameGpu(gpu, now) ?? gpu, now);
      this.#held.set(gpu.uuid, { awake, asleep: awake });
    }
  }

  /**
   * Resolves once hardly any memory of the sleeping server is left on its devices, and another server like it
   * has room there.
   *
   * @throws an `Error` that says what is left when the time is up.
   */
  async untilFree(limitMs: number, signal: AbortSignal): Promise<void> {
    const judge = (gpu: Gpu, now: GpuReading): Verdict => this.#judge(gpu, now);
    await untilFree(this.#memory, judge, limitMs, 'it fell asleep', signal);
    this.#memory.isAsleep = true;
  }

  /**
   * Requires room on the devices for what the server gave up. From then on, memory that others hold now
   * counts as theirs.
   *
   * @throws an `Error` that says how much is free and which processes hold the rest.
   */
  async requireRoom(): Promise<void> {
    const now = await readGpus();
    for (const gpu of this.#memory.gpus) {
      const { awake = 0, asleep = 0 } = this.#held.get(gpu.uuid) ?? {};
      const lack = lackOfMemory(sameGpu(gpu, now) ?? gpu, now, awake - asleep, 'it needs');
      if (lack !== undefined) throw new Error(lack);
    }
    this.#memory.before = this.#without(now);
    this.#memory.isAsleep = false;
  }

  #judge(gpu: Gpu, now: GpuReading): Verdict {
    const { totalMiB = 0 } = gpu;
    const held = this.#heldOn(gpu, now);
    const most = Math.max(stays.share * totalMiB, stays.leastMiB);
    if (held > most)
      return { held: `GPU ${gpu.index} still has ${held} MiB of it, and may have ${Math.floor(most)} MiB` };
    const { utilization } = this.#memory;
    const wish = `gpuMemoryUtilization ${utilization} of the next model asks for`;
    const lack = lackOfMemory(gpu, now, utilization * totalMiB, wish);
    if (lack !== undefined) return { held: lack };
    const known = this.#held.get(gpu.uuid);
    if (known !== undefined) known.asleep = held;
    return {};
  }

  #heldOn(gpu: Gpu, now: GpuReading): number {
    const own = processesOn(gpu, now).filter(({ pid }) => this.#own.has(pid));
    // In containers nvidia-smi often lists no process, or all of them with other pids.
    if (own.length > 0 && own.every((process) => process.usedMiB !== undefined))
      return own.reduce((sum, process) => sum + (process.usedMiB ?? 0), 0);
    const { before } = this.#memory;
    return Math.max(0, usedMiB(gpu, now) - usedMiB(sameGpu(gpu, before) ?? gpu, before));
  }

  #without(now: GpuReading): GpuReading {
    const gpus = now.gpus.map((gpu) => {
      const asleep = this.#held.get(gpu.uuid)?.asleep ?? 0;
      return gpu.usedMiB === undefined ? gpu : { ...gpu, usedMiB: gpu.usedMiB - asleep };
    });
    return { gpus, processes: now.processes.filter(({ pid }) => !this.#own.has(pid)) };
  }
}
