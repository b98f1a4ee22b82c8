import { createHash } from 'node:crypto';
import { ModelProviderError } from '../base/errors';
import { isPlainObject, showValue, stableStringify, type Json } from '../base/json';
import { nearest } from '../base/nearest';
import { unknownOption } from '../base/require-known';
import type { ProjectOptions } from '../provider-module/path';
import type { Variables } from './chosen-models';
import { pathOf, type Given } from './given-option';
import { readMaxCost } from './max-cost';
import { readRecordingRules } from './recording-rules';
import { readPrices } from './read-prices';
import { readSwitch } from './switch-option';
import { readTranscriptMode } from './transcript-mode';

/**
 * Reads an option; undefined if neither the projects nor a variable give it.
 *
 * @param option what the project gives, where that is another.
 */
type ReadOption<T> = (given: Given | undefined, option: Given | undefined) => T;

/** One line an option: its variable, what it becomes, and whether a text that is given is a path. */
const options = {
  prices: ['EVALS_PRICES', readPrices, 'path'],
  maxCost: ['EVALS_MAX_COST', readMaxCost],
  transcripts: ['EVALS_TRANSCRIPTS', readTranscriptMode],
  recordings: ['EVALS_RECORDINGS', readRecordingRules],
  report: ['EVALS_REPORT', readSwitch],
  tables: ['EVALS_TABLES', readSwitch],
} satisfies Record<string, readonly [variable: string, read: ReadOption<unknown>, path?: 'path']>;

type Option = keyof typeof options;

/** What `testEnvironmentOptions.evals` and the variables that win over it say of a run. */
export type RunOptions = { readonly [Name in Option]: ReturnType<(typeof options)[Name][1]> };

const place = 'testEnvironmentOptions.evals';
const names = Object.keys(options) as Option[];

/**
 * Reads the options of the run that begins.
 *
 * @param project the project whose `globalSetup` opens the session.
 * @throws ModelProviderError `CONFIG_INVALID` naming option, value and fix.
 */
export function runOptions(project: ProjectOptions, env: Variables): RunOptions {
  const ofProject = evalsOf(project);
  const read = (name: Option): unknown => {
    const [variable, reader] = options[name];
    const value = ofProject[name];
    const option =
      value === undefined
        ? undefined
        : { value, name: `${place}.${name}`, isVariable: false, directory: project.rootDir };
    const text = env[variable] ?? '';
    if (text === '') return reader(option, option);
    return reader({ value: text, name: variable, isVariable: true, directory: process.cwd() }, option);
  };
  return Object.fromEntries(names.map((name) => [name, read(name)])) as RunOptions;
}

/** What tells the options of two projects apart, by their names: short, since each test file sends it. */
export type OptionMarks = Readonly<Record<string, string>>;

/**
 * Of what Jest hands to its workers: JSON, in which regular expressions are nothing but objects.
 *
 * @throws ModelProviderError `CONFIG_INVALID` as {@link runOptions} does for what is no object of options.
 */
export function optionMarks(project: ProjectOptions): OptionMarks {
  const marks = Object.entries(evalsOf(project)).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const isPath = typeof value === 'string' && options[name as Option].includes('path');
    const meant = isPath ? pathOf(value, project.rootDir) : value;
    return [
      [
        name,
        createHash('sha256')
          .update(stableStringify(meant as Json))
          .digest('hex')
          .slice(0, 16),
      ],
    ];
  });
  return Object.fromEntries(marks) as OptionMarks;
}

function evalsOf({ testEnvironmentOptions }: ProjectOptions): Partial<Record<Option, unknown>> {
  const { evals } = testEnvironmentOptions;
  if (evals === undefined) {
    requireNotMisspelt(testEnvironmentOptions);
    return {};
  }
  if (!isPlainObject(evals))
    throw invalid(`${place} is ${showValue(evals)}; it must be an object of options: ${names.join(', ')}`);
  const problem = unknownOption(evals, names);
  if (problem !== undefined) throw invalid(`${place}: ${problem}`);
  return evals;
}

/** Other environments have their own options, so only what looks like ours is refused. */
function requireNotMisspelt(given: object): void {
  const others = Object.keys(given).filter((name) => name !== 'evals');
  const misspelt = others.find((name) => nearest(name, ['evals']) !== undefined);
  if (misspelt !== undefined) throw invalid(`testEnvironmentOptions has ${misspelt}; did you mean evals?`);
}

function invalid(what: string): ModelProviderError {
  return new ModelProviderError('CONFIG_INVALID', `${what}.`);
}
