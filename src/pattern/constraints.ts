import { ModelProviderError } from '../base/errors';
import { showValue } from '../base/json';

/** The limits of one kind of resource. A provider states them; the session enforces them over all workers. */
export interface ProviderConstraints {
  /**
   * The provider's places: how many of its resources may live at once, starting and stopping ones included.
   * `Infinity` for no limit.
   */
  readonly maxLive: number;
  /**
   * `shared`: equal requests share one resource. `exclusive`: they take turns on it. `perLease`: each lease
   * has its own.
   */
  readonly sharing: 'shared' | 'exclusive' | 'perLease';
  /**
   * How long a resource without leases is kept. `lease`: not at all. `session`: until its place is needed or
   * the session ends. `idleMs`: for so many milliseconds, or until its place is needed.
   */
  readonly retain: 'lease' | 'session' | { readonly idleMs: number };
  /** How many requests one resource answers at once: the default concurrency of `foreach`. 4 by default. */
  readonly slots?: number;
  /** Milliseconds that a start may take, counted from the grant of a place. */
  readonly startTimeoutMs: number;
  /** Milliseconds that a stop may take before it is reported as failed. */
  readonly stopTimeoutMs: number;
}

/**
 * The longest timer in milliseconds: longer ones fire at once.
 * https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
 */
export const maxTimerMs = 2_147_483_647;

/**
 * Checks a provider's constraints.
 *
 * @throws ModelProviderError `PROVIDER_INVALID` naming the provider, the constraint, its value and what is
 *   allowed.
 */
export function validateConstraints(
  provider: string,
  constraints: unknown,
): asserts constraints is ProviderConstraints {
  if (typeof constraints !== 'object' || constraints === null) {
    throw new ModelProviderError(
      'PROVIDER_INVALID',
      `Provider "${provider}" has no constraints: give it a "constraints" property with ${required().join(', ')}.`,
      { details: { provider } },
    );
  }
  for (const [name, rule] of Object.entries(rules)) {
    const value = (constraints as Record<string, unknown>)[name];
    if (rule.allows(value)) continue;
    const found = value === undefined ? 'is missing' : `is ${showValue(value)}`;
    throw new ModelProviderError(
      'PROVIDER_INVALID',
      `Provider "${provider}": constraints.${name} ${found}; it must be ${rule.wanted}.`,
      { details: { provider, constraint: name } },
    );
  }
}

const isDuration = (value: unknown): boolean =>
  typeof value === 'number' && value >= 1 && value <= maxTimerMs;
const isOneOf =
  (...allowed: string[]) =>
  (value: unknown): boolean =>
    typeof value === 'string' && allowed.includes(value);
const duration = { allows: isDuration, wanted: `a number of milliseconds from 1 to ${maxTimerMs}` };

const rules: Record<keyof ProviderConstraints, { allows(value: unknown): boolean; wanted: string }> = {
  maxLive: {
    allows: (value) => value === Infinity || (Number.isInteger(value) && (value as number) >= 1),
    wanted: 'a whole number of at least 1, or Infinity for no limit',
  },
  sharing: {
    allows: isOneOf('shared', 'exclusive', 'perLease'),
    wanted: `'shared', 'exclusive' or 'perLease'`,
  },
  retain: {
    allows: (value) =>
      isOneOf('lease', 'session')(value) ||
      (typeof value === 'object' && value !== null && isDuration((value as { idleMs?: unknown }).idleMs)),
    wanted: `'lease', 'session' or { idleMs: milliseconds }`,
  },
  startTimeoutMs: duration,
  stopTimeoutMs: duration,
  slots: {
    allows: (value) => value === undefined || (Number.isInteger(value) && (value as number) >= 1),
    wanted: 'a whole number of at least 1, or left out',
  },
};

function required(): string[] {
  return Object.entries(rules).flatMap(([name, rule]) => (rule.allows(undefined) ? [] : [name]));
}
