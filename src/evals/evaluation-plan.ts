import type { EvalRun } from '../pattern/eval-run';
import type { LeasedBlock } from '../pattern/leased-block';
import type { LeasedResource } from '../pattern/leased-resource';
import { currentRealm } from '../pattern/realm';
import { codeVersion } from './code-version';
import { resourcesAround } from './evaluated';
import type { CheckedOptions } from './foreach-options';
import type { LogName } from './log/log-path';
import type { HeaderRecord, ResourceOrigin } from './log/log-record';
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
  /** The model that is evaluated, if one is. */
  readonly evaluated: LeasedResource | undefined;
  /** The block whose resources the samples may use, those of the blocks around it included. */
  readonly block: LeasedBlock | undefined;
  readonly source: SampleSource;
  readonly fn: SampleFunction;
  readonly options: CheckedOptions;
  /** What stored answers depend on, where no model gives any. */
  readonly identity?: string;
}

/** What the samples of a segment of the log depend on. */
export type Making = Pick<HeaderRecord, 'code' | 'spec' | 'config' | 'identity' | 'tools'>;

/** What tells an evaluation's log apart. */
export function nameOf({ specFile, model, name, title }: EvaluationPlan, { root }: EvalRun): LogName {
  const file = specFile.startsWith(`${root}/`) ? specFile.slice(root.length + 1) : specFile;
  return { file, model, name, title };
}

/** What the answers depend on, known without starting the model. */
export async function makingOf(
  { block, evaluated, specFile, identity: stored }: EvaluationPlan,
  { root }: EvalRun,
): Promise<Making> {
  const code = await codeVersion(specFile, root);
  const nothing = { spec: null, config: null, identity: stored ?? null };
  const model = evaluated === undefined ? nothing : await originOf(evaluated);
  const others = resourcesAround(block).filter((resource) => resource !== evaluated);
  if (others.length === 0) return { code, ...model };
  return { code, ...model, tools: await Promise.all(others.map(originOf)) };
}

async function originOf({ request }: LeasedResource): Promise<ResourceOrigin> {
  const { spec, provider, name, config } = request;
  const identity = await currentRealm().host().identify({ provider, name, config });
  return { spec, config: config ?? null, identity };
}
