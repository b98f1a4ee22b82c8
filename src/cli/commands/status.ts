import { Command } from 'commander';
import { SupervisorClient } from '../../supervisor/client';
import { describeSupervisor } from '../output/describe-supervisor';
import { print } from '../output/print';

/** `status`: lists what the supervisor keeps warm. */
export function statusCommand(): Command {
  return new Command('status')
    .description('say which resources are warm, who uses them, and when they end')
    .option('--json', 'print it as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const label = `jest-model-provider status (pid ${process.pid})`;
      const client = await SupervisorClient.open({ label });
      const status = await client?.status();
      client?.close();
      print(json, { supervisor: status ?? null }, () => describeSupervisor(status));
    });
}
