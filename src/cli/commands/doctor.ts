import { Command } from 'commander';
import { checks } from '../doctor/checks';
import type { Finding } from '../doctor/finding';
import { print } from '../output/print';

/** `doctor`: checks what this machine has. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'say which engines, GPUs and packages are here, and what to do about the rest; changes nothing',
    )
    .option('--json', 'print it as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const findings = (await Promise.all(checks.map(async (check) => check()))).flat();
      print(json, { findings }, () => describe(findings));
      if (findings.some(({ status }) => status === 'problem')) process.exitCode = 1;
    });
}

function describe(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  return findings
    .map(({ name, status, detail, fix }) => {
      const line = `${status.padEnd('problem'.length)}  ${name.padEnd(width)}  ${detail}`;
      return fix === null ? line : `${line}\n${' '.repeat('problem'.length + width + 4)}${fix}`;
    })
    .join('\n');
}
