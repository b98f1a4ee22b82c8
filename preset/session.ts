import { pauseEndpoint, sharePauses } from '../src/answers/endpoint-gate';
import { ModelProviderError } from '../src/base/errors';
import { printableLines } from '../src/base/printable';
import type { EvalRun } from '../src/pattern/eval-run';
import { ProviderRegistry, type ProviderMap } from '../src/pattern/registry';
import { builtInProviders } from '../src/providers/built-in';
import { describeClose } from '../src/session/events/close-report';
import { endsWithParent } from '../src/run/ends-with-parent';
import { optionMarks, runOptions } from '../src/run/run-options';
import { runSettings } from '../src/run/run-settings';
import { lockRun } from '../src/run/run-lock';
import { openSocketSession, presentSession } from '../src/session/open-session';
import { loadProviderModule, providersOf, requireSameModule } from '../src/provider-module/load';
import { withSources } from '../src/provider-module/typescript-sources';
import type { EvalBoard } from '../src/session/events/eval-board';
import type { SessionEvent } from '../src/session/events/events';
import { Spending } from '../src/session/events/spending';
import '../src/runtime';
import { beginTelling, tellRun } from './tell-run';
import { refuseUnaskedEnds } from './unasked-end';
import { providerModulePath, type ProjectOptions } from '../src/provider-module/path';

export type { SessionEvent };

/** The part of Jest's global configuration that this package reads. */
export interface GlobalOptions {
  readonly watch: boolean;
  readonly watchAll: boolean;
  /** There if this is one part of a run. */
  readonly shard?: object;
  /** Where `.evals` lies. */
  readonly rootDir: string;
  readonly seed: number;
  /** Whether nothing new is recorded, be it snapshots or calls. */
  readonly ci?: boolean;
}

/**
 * Opens the model provider session; to be called from a `globalSetup` of your own, with its two arguments.
 * Does nothing if the session is open already: several projects share one, and watch mode keeps it across
 * runs.
 *
 * @throws ModelProviderError `CONFIG_INVALID`, `PROVIDER_MODULE_INVALID`, `PROVIDER_INVALID`,
 *   `PROVIDER_MODULE_CONFLICT`, `PLATFORM_UNSUPPORTED`, `RUN_IN_USE`, `LOG_INVALID`, `STATE_DIRECTORY_UNSAFE`;
 *   nothing is left behind then.
 * @example
 * // global-setup.js
 * const { openSession } = require('jest-model-provider/session');
 * module.exports = async (globalConfig, projectConfig) => {
 *   await openSession(globalConfig, projectConfig);
 *   // your own setup
 * };
 */
export async function openSession(globalConfig: GlobalOptions, projectConfig: ProjectOptions): Promise<void> {
  const providerModule = providerModulePath(projectConfig);
  const present = presentSession();
  if (present !== undefined) {
    requireSameModule(present.providerModule, providerModule);
    if (!isWatching(globalConfig)) return;
    // Each run has logs of its own, unless it has a name.
    Object.assign(present.board, settingsOf(globalConfig, projectConfig));
    present.board.spending = new Spending();
    present.board.files.expect();
    beginTelling(present);
    return;
  }
  const settings = settingsOf(globalConfig, projectConfig);
  // No other process writes a run without a name.
  const unlock = (process.env['EVALS_RUN'] ?? '') === '' ? undefined : lockRun(await settings.run());
  try {
    const open = await openSocketSession({
      registry: () => loadRegistry(providerModule),
      providerModule,
      endsWithParent: endsWithParent(process.env),
    });
    const { session, board } = open;
    Object.assign(board, settings);
    board.options = optionMarks(projectConfig);
    board.files.expect();
    refuseUnaskedEnds(open);
    // The check of an endpoint at its setup, which runs here, waits with all others.
    session.pauses.listen(pauseEndpoint);
    sharePauses((pause) => session.pauses.add(pause, pauseEndpoint));
    if (unlock !== undefined) void session.ended.then(unlock);
  } catch (error) {
    unlock?.();
    throw error;
  }
}

/** What the board knows of the run that begins. */
function settingsOf(
  globalConfig: GlobalOptions,
  projectConfig: ProjectOptions,
): Pick<EvalBoard, 'report' | 'tables'> & { readonly run: () => Promise<EvalRun> } {
  const { report, tables, ...options } = runOptions(projectConfig, process.env);
  return { run: runSettings(globalConfig, process.env, options), report, tables };
}

function isWatching({ watch, watchAll }: Pick<GlobalOptions, 'watch' | 'watchAll'>): boolean {
  return watch || watchAll;
}

// Called while Jest's transforms are in force.
async function loadRegistry(providerModule: string | undefined): Promise<ProviderRegistry> {
  const own: ProviderMap =
    providerModule === undefined
      ? {}
      : providersOf(await withSources(() => loadProviderModule(providerModule)), providerModule);
  return new ProviderRegistry(builtInProviders(), own);
}

/**
 * Closes the session; to be called from a `globalTeardown` of your own, with its first argument. Stops every
 * resource, prints what was left behind, and keeps the session in watch mode. Safe to call twice.
 *
 * Where Jest has no reporter of this package, it first prints what the evaluations found and writes
 * `summary.json`.
 *
 * @throws ModelProviderError `TEARDOWN_FAILED` with every failure; `LOG_INVALID` or `CONFIG_INVALID` for a report that
 *   could not be made; `CONFIG_INVALID` if nothing ran with a model that `EVALS_MODELS` names. All make the run red.
 * @example
 * // global-teardown.js
 * const { closeSession } = require('jest-model-provider/session');
 * module.exports = async (globalConfig) => {
 *   // your own teardown
 *   await closeSession(globalConfig);
 * };
 */
export async function closeSession(
  globalConfig: Pick<GlobalOptions, 'watch' | 'watchAll' | 'shard'>,
): Promise<void> {
  const present = presentSession();
  if (present === undefined) return;
  const untold = tellRun(present, globalConfig.shard !== undefined);
  if (isWatching(globalConfig)) {
    present.board.files.complete();
    return;
  }
  const report = await present.close();
  if (report.stopped > 0 || report.kept.length > 0)
    process.stderr.write(`${printableLines(describeClose(report))}\n`);
  const problems = [
    ...report.failures.map((failure) => failure.message),
    ...report.leftBehind.map((left) => `left behind: ${left}`),
  ];
  if (problems.length > 0)
    throw new ModelProviderError(
      'TEARDOWN_FAILED',
      `${problems.length} resources could not be torn down:\n${problems.map((line) => `- ${line}`).join('\n')}`,
    );
  if (untold !== undefined) throw untold;
}

/**
 * Everything that has happened in this process's session so far, oldest first: requests, starts, leases,
 * ends; times in milliseconds since the session was opened, process ids and exit codes. For reporters of your
 * own. Empty without a session.
 *
 * @example
 * const { sessionEvents } = require('jest-model-provider/session');
 * const loads = sessionEvents().filter((event) => event.type === 'ready').length;
 */
export function sessionEvents(): readonly SessionEvent[] {
  return presentSession()?.session.record.events ?? [];
}
