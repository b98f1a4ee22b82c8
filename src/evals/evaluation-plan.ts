import type { EvalRun } from '../pattern/eval-run';
import type { LeasedBlock } from '../pattern/leased-block';
import { currentRealm } from '../pattern/realm';
import { codeVersion } from './code-version';
import type { CheckedOptions } from './foreach-options';
import type { LogName } from './log/log-path';
import type { HeaderRecord } from './log/log-record';
import type { SampleFunction } from './run-trial';
import type { SampleSource } from './sample-source';

/** What is evaluated. */
export interface EvaluationPlan {
  readonly title: string;
  /** The full name of the test. */
  readonly name: string;
  /** Absolute path. */
  readonly specFile: string;
  /** The label of the model; empty if there is none. */
  readonly model: string;
  /** The block whose model answers, if one does. */
  readonly block: LeasedBlock | undefined;
  readonly source: SampleSource;
  readonly fn: SampleFunction;
  readonly options: CheckedOptions;
}

/** What the samples of a segment of the log depend on. */
export type Making = Pick<HeaderRecord, 'code' | 'spec' | 'config' | 'identity'>;

/** What tells an evaluation's log apart. */
export function nameOf({ specFile, model, name, title }: EvaluationPlan, { root }: EvalRun): LogName {
  const file = specFile.startsWith(`${root}/`) ? specFile.slice(root.length + 1) : specFile;
  return { file, model, name, title };
}

/** What the answers depend on, known without starting the model. */
export async function makingOf({ block, specFile }: EvaluationPlan, { root }: EvalRun): Promise<Making> {
  const code = codeVersion(specFile, root);
  if (block === undefined) return { code, spec: null, config: null, identity: null };
  const { spec, provider, name, config } = block.request;
  const identity = await currentRealm().host().identify({ provider, name, config });
  return { code, spec, config: config ?? null, identity };
}
