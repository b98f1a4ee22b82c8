import { isModelProviderError, messageOf } from '../../base/errors';
import { queryNvidiaSmi } from '../../providers/gpu/nvidia-smi';
import { missing, ok, problem, type Finding } from './finding';

/** The GPUs that nvidia-smi lists, with their memory and the processes that hold some of it. */
export async function checkGpus(): Promise<readonly Finding[]> {
  try {
    const [gpus, processes] = await Promise.all([
      queryNvidiaSmi('gpu', 'uuid,index,name,memory.used,memory.total'),
      queryNvidiaSmi('compute-apps', 'gpu_uuid,pid,used_memory'),
    ]);
    return gpus.map(([uuid, index, name, used, total]) => {
      const holders = processes.filter(([gpu]) => gpu === uuid);
      const held = holders.map(([, pid, memory]) => `pid ${pid ?? '?'} (${memory ?? '?'} MiB)`).join(', ');
      // In containers nvidia-smi often lists no process.
      return ok(
        `GPU ${index ?? '?'}`,
        `${name ?? 'unknown'}, ${used ?? '?'} of ${total ?? '?'} MiB in use${held === '' ? '' : ` by ${held}`}`,
      );
    });
  } catch (error) {
    if (isModelProviderError(error, 'COMMAND_NOT_FOUND'))
      return [
        missing('GPU', 'there is no nvidia-smi', 'Models run on the CPU. For a GPU, install its driver.'),
      ];
    const [why = ''] = messageOf(error).split('\n');
    return [
      problem('GPU', `nvidia-smi fails: ${why}`, 'Look at what nvidia-smi says, and put the driver right.'),
    ];
  }
}
