import type { LeasedBlock } from '../../pattern/blocks/leased-block';
import type { LeasedResource } from '../../pattern/blocks/leased-resource';
import type { EvalRun } from '../../pattern/eval-run';
import { nameInProject } from '../../pattern/name-in-project';
import { baseURLOf } from '../../pattern/model-connection';
import type { RecordedPlace } from '../../pattern/recordings';
import type { ResourceHandle } from '../../pattern/resource-handle';
import { currentRuntime } from '../../pattern/runtime';
import type { LogName } from '../log/log-path';
import { withoutSecrets } from '../log/without-secrets';
import type { ResourceOrigin } from '../log/log-record';
import type { Provenance } from '../log/provenance';
import type { SummaryRules } from '../summary/summary-builder';
import type { AttemptRules, SampleFunction } from './attempt';
import { codeVersion } from './code-version';
import type { CheckedOptions } from './foreach-options';
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
  /** The stored calls of a trial, likewise. */
  readonly storedCalls?: AttemptRules['storedCalls'];
}

/**
 * The resource that an evaluation inside `block` is of: the nearest model of a `withClient`, or `model` of a
 * `withClients`; databases and judges between the evaluation and its model are what the model works with.
 * Without a model around it, it is of the nearest `withClient`'s resource, else of none.
 */
export function evaluatedIn(block: LeasedBlock | undefined): LeasedResource | undefined {
  const around = resourcesAround(block);
  return around.find(({ isEvaluated }) => isEvaluated) ?? around.find(({ key }) => key === undefined);
}

/** All resources of a block and of those around it, from the inside out. */
export function resourcesAround(block: LeasedBlock | undefined): readonly LeasedResource[] {
  return block?.chain.flatMap(({ resources }) => resources) ?? [];
}

/** The handle of what is evaluated, if anything is, and those of everything else that the blocks around lease. */
export function handlesOf(
  evaluated: LeasedResource | undefined,
  block: LeasedBlock | undefined,
): readonly ResourceHandle[] {
  const others = resourcesAround(block).filter((resource) => resource !== evaluated);
  return [...(evaluated === undefined ? [] : [evaluated]), ...others].map(({ handle }) => handle);
}

/** Those of them that are models. */
export function modelsAround(block: LeasedBlock | undefined): readonly LeasedResource[] {
  return resourcesAround(block).filter(({ isModel }) => isModel);
}

/**
 * The base URLs of the resources of a block and of those around it that have one: those of models. Clients whose calls
 * are recorded know them by an address of this run.
 */
export function leasedEndpoints(block: LeasedBlock | undefined): readonly string[] {
  const leases = resourcesAround(block).map(({ handle }) => handle.lease);
  const isRecorded = leases.some((lease) => lease?.recordedAs !== undefined);
  const { origin } = (isRecorded ? currentRuntime().session().tapEndpoint : undefined) ?? {};
  const found = leases.flatMap((lease) => baseURLOf(lease?.connection) ?? []);
  return origin === undefined ? found : [...found, origin];
}

/** What tells an evaluation's log from the others of its run. */
export function nameOf({ specFile, model, name, title }: EvaluationPlan, { root }: EvalRun): LogName {
  const file = specFile.startsWith(`${root}/`) ? specFile.slice(root.length + 1) : specFile;
  // Projects may run the same files.
  const { project, projectId } = currentRuntime().session();
  if (project !== '') return withoutSecrets({ file, model, name: nameInProject(project, name), title });
  return withoutSecrets({ file, model, name, title, ...(projectId === '' ? {} : { project: projectId }) });
}

/** Where what an evaluation calls is recorded. */
export function placeOf(plan: EvaluationPlan, run: EvalRun): RecordedPlace {
  const { name, title } = nameOf(plan, run);
  return { name, title };
}

/** What the answers depend on, known without starting the model. */
export async function provenanceOf(plan: EvaluationPlan, run: EvalRun): Promise<Provenance> {
  const { block, evaluated, specFile, identity: stored } = plan;
  const { root } = run;
  const originOf = (resource: LeasedResource): Promise<ResourceOrigin> =>
    originAt(placeOf(plan, run), resource);
  const code = await codeVersion(specFile, root);
  const nothing = { spec: null, config: null, identity: stored ?? null };
  const model = evaluated === undefined ? nothing : await originOf(evaluated);
  const others = resourcesAround(block).filter((resource) => resource !== evaluated);
  if (others.length === 0) return { code, ...model };
  return { code, ...model, tools: await Promise.all(others.map(originOf)) };
}

async function originAt(place: RecordedPlace, resource: LeasedResource): Promise<ResourceOrigin> {
  const { spec, provider, name, config } = resource.request;
  const ref = { provider, name, config };
  const recordings = currentRuntime().recordings();
  const isReplayed = recordings?.isReplay === true && (await resource.provider()).replayable;
  const identity = isReplayed
    ? recordings.identityOf(place, ref)
    : await currentRuntime().session().identify(ref);
  return { spec, config: config ?? null, identity };
}

/** How the scores are summed up, for this run and for its baseline. */
export function summaryRules({ reduce, statistics }: CheckedOptions): SummaryRules {
  return {
    ...(reduce === undefined ? {} : { reduce }),
    ...(statistics === undefined ? {} : { estimate: statistics }),
  };
}

/** Trials of all samples; null if their number cannot be known before the data set is read. */
export function totalTrials({
  source,
  options: { samples = Infinity, filter, trials },
}: Pick<EvaluationPlan, 'source' | 'options'>): number | null {
  return source.rows === null || filter !== undefined ? null : Math.min(source.rows, samples) * trials;
}
