import { Command } from 'commander';
import type { SupervisorStatus } from '../../session/warm/supervisor-protocol';
import { SupervisorClient } from '../../supervisor/client';
import { print } from '../output/print';
import { parseSpecArgument } from '../arguments/spec-argument';

/** `down [spec…]`: ends what `up` keeps warm. */
export function downCommand(): Command {
  return new Command('down')
    .description('end warm resources that no run is using; without a spec all, and the supervisor')
    .argument('[spec...]', 'resources, as they were given to up')
    .option('--json', 'print what was ended as JSON')
    .action(async (specs: string[], { json }: { json?: boolean }) => {
      const requests = specs.map(parseSpecArgument);
      const label = `jest-model-provider down (pid ${process.pid})`;
      const client = await SupervisorClient.open({ label });
      try {
        const { stopped, left } = (await client?.down(requests)) ?? { stopped: [], left: undefined };
        print(json, { stopped, supervisor: left ?? null }, () => describe(stopped, left));
      } finally {
        client?.close();
      }
    });
}

function describe(stopped: readonly string[], rest: SupervisorStatus | undefined): string {
  const ended = stopped.length === 0 ? 'Nothing was warm' : `Ended ${stopped.join(', ')}`;
  const warm = rest?.resources.map(({ spec }) => spec).join(', ');
  return warm === undefined ? `${ended}; no supervisor is running.` : `${ended}; still warm: ${warm}.`;
}
