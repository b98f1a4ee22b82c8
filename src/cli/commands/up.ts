import { Command, Option } from 'commander';
import type { WarmedUp } from '../../session/warm/supervisor-protocol';
import { ensureSupervisor } from '../../supervisor/launch';
import { requireSameProject } from '../../supervisor/same-project';
import { describeDuration, parseDuration } from '../arguments/duration';
import { printableLines } from '../../base/printable';
import { print } from '../output/print';
import { parseSpecArgument } from '../arguments/spec-argument';

interface UpOptions {
  readonly ttl: number;
  readonly config?: string;
  readonly json?: boolean;
}

/** `up <spec…>`: loads resources and keeps them warm between runs. */
export function upCommand(): Command {
  return new Command('up')
    .description('load resources and keep them warm between runs of Jest, under a supervisor')
    .argument('<spec...>', 'resources, such as embedded:expert, or the JSON of { spec, config }')
    .addOption(
      new Option('--ttl <duration>', 'how long after their last use they are kept: 90s, 30m, 1h')
        .argParser(parseDuration)
        .default(3_600_000, '1h'),
    )
    .option(
      '--config <path>',
      'configuration of Jest that names your provider module; by default that of the working directory',
    )
    .option('--json', 'print what is warm as JSON')
    .action(async (specs: string[], { ttl, config, json }: UpOptions) => {
      const requests = specs.map(parseSpecArgument);
      const label = `jest-model-provider up (pid ${process.pid})`;
      const onOutput = (text: string): void =>
        void process.stderr.write(`${printableLines(text.trimEnd())}\n`);
      const { client, isNew } = await ensureSupervisor({ config }, { label, keeps: true, onOutput });
      try {
        if (!isNew) await requireSameProject(client.greeting, config);
        const found = await client.up({ requests, ttlMs: ttl });
        print(json, { supervisor: found.status, loaded: found.loaded }, () => describe(found));
      } catch (error) {
        // The first error is the one to report.
        await client.giveUp().catch(() => undefined);
        throw error;
      }
      client.close();
    });
}

function describe({ status, loaded }: WarmedUp): string {
  const lines = status.resources.map(({ spec, startMs }) =>
    loaded.includes(spec)
      ? `${spec} is warm, ready after ${describeDuration(startMs)}`
      : `${spec} is warm already`,
  );
  const end = `The supervisor (pid ${status.pid}) ends ${describeDuration(status.ttlMs)} after the last use; jest-model-provider down ends it now.`;
  return [...lines, end].join('\n');
}
