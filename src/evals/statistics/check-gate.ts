import { ModelProviderError } from '../../pattern/errors';
import { showValue } from '../../pattern/json';
import { kindOf } from '../kind-of';
import { unknownOption } from '../require-known';
import type { Gate, PerSample, ScoreGate, VsBaseline } from './gate';

/** A gate, its defaults filled in. */
export interface CheckedGate {
  readonly maxErrors: number;
  readonly minSamples: number;
  readonly perSample: PerSample;
  readonly vsBaseline: VsBaseline | undefined;
  readonly inconclusive: 'pass' | 'warn' | 'fail';
  readonly scores: readonly (readonly [name: string, demand: ScoreGate])[];
}

/**
 * Checks a gate. The names of its own options cannot be scores.
 *
 * @throws ModelProviderError `EVAL_INVALID` for what is no object, a bar that is not a number, an unknown `by`, an option that there is none of, a negative or broken `maxErrors`, a
 *   `minSamples` below 1, a baseline without a name, an unknown `inconclusive`.
 */
export function checkGate(gate: Gate): CheckedGate {
  if (typeof gate !== 'object' || (gate as unknown) === null || Array.isArray(gate))
    throw invalid(`it is ${showValue(gate)}; write { accuracy: { min: 0.8 } }, the bar by score`);
  const {
    maxErrors = 0,
    minSamples = 1,
    perSample = {},
    vsBaseline,
    inconclusive = 'warn',
    ...scores
  } = gate as Omit<Gate, string> & Pick<Gate, keyof Omit<CheckedGate, 'scores'>>;
  requireNumber('maxErrors', maxErrors, maxErrors >= 0 && (maxErrors < 1 || Number.isInteger(maxErrors)));
  requireNumber('minSamples', minSamples, minSamples >= 1 && Number.isInteger(minSamples));
  if (!['pass', 'warn', 'fail'].includes(inconclusive))
    throw invalid(`inconclusive is ${JSON.stringify(inconclusive)}; it must be 'pass', 'warn' or 'fail'`);
  requirePerSample(perSample);
  if (vsBaseline !== undefined) requireBaseline(vsBaseline);
  const demands = Object.entries(scores as Record<string, ScoreGate | number | undefined>);
  return {
    maxErrors,
    minSamples,
    perSample,
    vsBaseline,
    inconclusive,
    scores: demands.flatMap(([name, demand]) =>
      demand === undefined ? [] : [[name, checked(name, demand)]],
    ),
  };
}

function checked(name: string, demand: ScoreGate | number): ScoreGate {
  const given: { min?: unknown; by?: unknown } = typeof demand === 'object' ? demand : {};
  refuseUnknown(name, given, ['min', 'by']);
  const isKnown = given.by === undefined || ['lower95', 'mean', 'upper95'].includes(given.by as string);
  if (Number.isFinite(given.min) && isKnown) return demand as ScoreGate;
  throw new ModelProviderError(
    'EVAL_INVALID',
    `gate: ${name} is ${JSON.stringify(demand)}; write { min: 0.8, by: 'lower95' }, by being lower95, mean or upper95.`,
  );
}

function requireNumber(option: string, value: number, isRight: boolean): void {
  if (Number.isFinite(value) && isRight) return;
  const wanted =
    option === 'maxErrors' ? 'a share below 1 or a whole number' : 'a whole number of at least 1';
  throw new ModelProviderError('EVAL_INVALID', `gate: ${option} is ${String(value)}; it must be ${wanted}.`);
}

function requirePerSample(perSample: unknown): void {
  const isObject = typeof perSample === 'object' && perSample !== null && !Array.isArray(perSample);
  if (isObject && Object.values(perSample).every(Number.isFinite)) return;
  throw invalid(
    `perSample is ${JSON.stringify(perSample)}; write { accuracy: 0.5 }, the least value by score`,
  );
}

function requireBaseline(vsBaseline: unknown): void {
  const given = (typeof vsBaseline === 'object' && vsBaseline !== null ? vsBaseline : {}) as {
    run?: unknown;
    maxDrop?: unknown;
  };
  refuseUnknown('vsBaseline', given, ['run', 'maxDrop']);
  const isDrop =
    given.maxDrop === undefined || (Number.isFinite(given.maxDrop) && Number(given.maxDrop) >= 0);
  if (typeof given.run === 'string' && given.run !== '' && isDrop) return;
  const found = typeof vsBaseline === 'object' ? JSON.stringify(vsBaseline) : kindOf(vsBaseline);
  throw invalid(`vsBaseline is ${found}; write { run: 'name', maxDrop: 0.02 }`);
}

function refuseUnknown(name: string, given: object, known: readonly string[]): void {
  const problem = unknownOption(given, known);
  if (problem !== undefined) throw invalid(`${name}: ${problem}`);
}

function invalid(what: string): ModelProviderError {
  return new ModelProviderError('EVAL_INVALID', `gate: ${what}.`);
}
