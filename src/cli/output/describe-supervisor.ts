import Table from 'cli-table3';
import type { SupervisorStatus, WarmResource } from '../../session/warm/supervisor-protocol';
import { printable } from '../../base/printable';
import { describeDuration } from '../arguments/duration';

/** The status of the supervisor as text for people; undefined if none runs. */
export function describeSupervisor(status: SupervisorStatus | undefined): string {
  if (status === undefined)
    return 'No supervisor is running: nothing is warm. Start one with jest-model-provider up <spec>.';
  const { pid, project, endsInMs, ttlMs, resources } = status;
  const end =
    endsInMs === null
      ? `in use, ends ${describeDuration(ttlMs)} after that`
      : `ends in ${describeDuration(endsInMs)} if nobody uses it`;
  const head = `supervisor (pid ${pid}) of ${project.directory}: ${end}`;
  return resources.length === 0 ? `${head}\nNothing is warm.` : `${head}\n${resourceTable(resources)}`;
}

function resourceTable(resources: readonly WarmResource[]): string {
  const table = new Table({
    head: ['resource', 'config', 'time to ready', 'processes', 'used by'],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'right', 'left', 'left'],
  });
  for (const { spec, config, startMs, pids, holders } of resources) {
    table.push([
      printable(spec),
      config === null ? '' : printable(JSON.stringify(config)),
      describeDuration(startMs),
      pids.join(', '),
      holders.map(printable).join('\n'),
    ]);
  }
  return table.toString();
}
