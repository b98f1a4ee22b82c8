import { ModelProviderError } from '../../pattern/errors';
import type { VLLMOptions } from './provider';

const eachStart = 'each start has its own';

/** What the provider gives a server itself, and what to do instead of giving another. */
const variables: Readonly<Record<string, string>> = {
  CUDA_VISIBLE_DEVICES: 'use the option devices',
  CUDA_DEVICE_ORDER: 'devices are counted in PCI order',
  VLLM_API_KEY: eachStart,
};
const flags: Readonly<Record<string, string>> = {
  '--host': 'it listens on 127.0.0.1',
  '--port': eachStart,
  '--uds': 'it listens on 127.0.0.1',
  '--api-key': eachStart,
  '--served-model-name': 'use the option servedModelName',
  '--tensor-parallel-size': 'use the option tensorParallelSize',
  '-tp': 'use the option tensorParallelSize',
};

/**
 * Refuses variables and arguments that would lead a server off the devices of its lease, or its clients astray.
 *
 * @throws ModelProviderError `CONFIG_INVALID` naming the variable or argument, and what to do instead.
 */
export function refuseWhatLeasesDecide({ env = {}, extraArgs = [] }: VLLMOptions): void {
  for (const name of Object.keys(env)) refuse('env', name, variables);
  // vLLM reads --api_key as --api-key.
  for (const argument of extraArgs)
    refuse('extraArgs', argument.replace(/=.*$/s, '').replaceAll('_', '-'), flags);
}

function refuse(option: string, name: string, reserved: Readonly<Record<string, string>>): void {
  const instead = Object.hasOwn(reserved, name) ? reserved[name] : undefined;
  if (instead === undefined) return;
  throw new ModelProviderError(
    'CONFIG_INVALID',
    `vllm: ${option} has ${name}, which the provider gives itself: ${instead}.`,
    { details: { option } },
  );
}
