import { ModelProviderError } from '../base/errors';
import { findNonJson, showValue, stableStringify, type Json } from '../base/json';
import { nearest } from '../base/nearest';

/** The provider's prefix, a colon, and the provider's own name for the resource (any characters). */
export type ResourceSpec = `${string}:${string}`;

/** A resource with its configuration, and the label that titles show instead of the spec. */
export interface ResourceRequest<Spec extends string = string> {
  readonly spec: Spec;
  readonly config?: Json;
  readonly label?: string;
}

/** One entry of the list that {@link withClient} takes. */
export type ModelInput<Spec extends string = string> = Spec | ResourceRequest<Spec>;

/** Which resource is meant: what {@link resourceKey} makes a key of. */
export interface ResourceRef {
  /** The prefix of its provider. */
  readonly provider: string;
  readonly name: string;
  readonly config?: Json | undefined;
}

/** A resource request, parsed and checked. */
export interface ParsedRequest {
  readonly spec: string;
  readonly provider: string;
  readonly name: string;
  readonly config: Json | undefined;
  readonly label: string;
}

const prefixPattern = /^([A-Za-z][\w-]*):(.+)$/su;

/**
 * Parses `provider:name` or `{ spec, config, label }`.
 *
 * @param known the prefixes of all providers; undefined where they are not known yet, so that any prefix is
 *   accepted.
 * @throws ModelProviderError `SPEC_INVALID` if the prefix or the name is missing or the config is not JSON;
 *   `PROVIDER_UNKNOWN` if the prefix is not `known` (it lists the known ones and suggests the nearest).
 */
export function parseRequest(input: unknown, known: readonly string[] | undefined): ParsedRequest {
  const request = typeof input === 'string' ? { spec: input } : input;
  if (
    typeof request !== 'object' ||
    request === null ||
    typeof (request as ResourceRequest).spec !== 'string'
  ) {
    throw new ModelProviderError(
      'SPEC_INVALID',
      `A resource spec must be a string such as "embedded:expert" or { spec, config, label }, not ${showValue(input)}.`,
    );
  }
  const { spec, config, label = spec } = request as ResourceRequest;
  const [, provider, name] = prefixPattern.exec(spec) ?? [];
  if (provider === undefined || name === undefined) {
    throw new ModelProviderError(
      'SPEC_INVALID',
      `Resource spec "${spec}" must be "provider:name", for example "${known?.[0] ?? 'embedded'}:${spec.replace(/^:|:$/g, '') || 'expert'}".${known === undefined ? '' : ` Known providers: ${known.join(', ')}.`}`,
      { details: { spec } },
    );
  }
  if (typeof label !== 'string' || label.trim() === '') {
    throw new ModelProviderError('SPEC_INVALID', `The label of "${spec}" must be a text that is not empty.`);
  }
  requireJsonConfig(spec, config);
  if (known !== undefined && !known.includes(provider)) throw unknownProvider(provider, known, spec);
  return { spec, provider, name, config, label };
}

/** The key of a request. Equal keys mean the same resource: provider, name and configuration decide. */
export function resourceKey(provider: string, name: string, config: Json | undefined): string {
  return stableStringify([provider, name, config ?? null]);
}

function requireJsonConfig(spec: string, config: unknown): void {
  const path = config === undefined ? undefined : findNonJson(config);
  if (path === undefined) return;
  throw new ModelProviderError(
    'SPEC_INVALID',
    `The config of "${spec}" must be JSON, since it is sent to the session; config${path === '.' ? '' : path} is not. Put functions and objects into the provider's constructor.`,
    { details: { spec, path } },
  );
}

/** The error about a prefix that no provider has. */
export function unknownProvider(
  provider: string,
  known: readonly string[],
  spec: string,
): ModelProviderError {
  const suggestion = nearest(provider, known);
  return new ModelProviderError(
    'PROVIDER_UNKNOWN',
    `Unknown provider "${provider}" in "${spec}".${suggestion === undefined ? '' : ` Did you mean "${suggestion}"?`} Known providers: ${known.join(', ')}. Register your own with defineProviders() in the module that testEnvironmentOptions.modelProviders names.`,
    { details: { provider, known: [...known] } },
  );
}
