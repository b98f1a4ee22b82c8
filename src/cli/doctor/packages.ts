import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { missing, ok, problem, type Finding } from './finding';

type Version = readonly [major: number, minor: number];

/** The version of Node. */
export function checkNode(): Finding {
  const version = process.version;
  if (isAtLeast(version, [20, 19])) return ok('node', version);
  return problem('node', `${version} is too old`, 'Install Node.js 20.19 or later.');
}

/** The packages that a run of the project in the working directory needs, or may need. */
export function checkPackages(): Finding[] {
  const [jest, tsJest, typescript] = ['jest', 'ts-jest', 'typescript'].map(installedVersion);
  return [
    jest === undefined
      ? problem('jest', `is not installed in ${process.cwd()}`, 'npm install --save-dev jest')
      : isAtLeast(jest, [30, 0])
        ? ok('jest', jest)
        : problem('jest', `${jest} is too old`, 'npm install --save-dev jest@30'),
    tsJest === undefined
      ? missing('ts-jest', 'is not installed: specs in TypeScript need it', 'npm install --save-dev ts-jest')
      : isAtLeast(tsJest, [29, 4])
        ? ok('ts-jest', tsJest)
        : problem('ts-jest', `${tsJest} is too old`, 'npm install --save-dev ts-jest@29'),
    typescript === undefined
      ? missing(
          'typescript',
          'is not installed: specs in TypeScript need it',
          'npm install --save-dev typescript@5',
        )
      : isAtLeast(typescript, [5, 0]) && !isAtLeast(typescript, [7, 0])
        ? ok('typescript', typescript)
        : problem('typescript', `${typescript} is not supported`, 'npm install --save-dev typescript@5'),
  ];
}

function installedVersion(name: string): string | undefined {
  try {
    const manifest = createRequire(join(process.cwd(), 'package.json')).resolve(`${name}/package.json`);
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
  } catch {
    return undefined;
  }
}

function isAtLeast(version: string, [major, minor]: Version): boolean {
  const [, foundMajor, foundMinor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(foundMajor) > major || (Number(foundMajor) === major && Number(foundMinor) >= minor);
}
