import {
  argumentNames,
  eachStart,
  loopbackOnly,
  refuseReserved,
  type Reserved,
} from '../local-server/reserved';
import type { VLLMOptions } from './provider';

const variables: Reserved = {
  CUDA_VISIBLE_DEVICES: 'use the option devices',
  CUDA_DEVICE_ORDER: 'devices are counted in PCI order',
  VLLM_API_KEY: eachStart,
};
const flags: Reserved = {
  '--host': loopbackOnly,
  '--port': eachStart,
  '--uds': loopbackOnly,
  '--api-key': eachStart,
  '--served-model-name': 'use the option servedModelName',
  '--tensor-parallel-size': 'use the option tensorParallelSize',
  '-tp': 'use the option tensorParallelSize',
};

/** @throws ModelProviderError `CONFIG_INVALID` for what leases and starts decide. */
export function refuseWhatLeasesDecide({ env = {}, extraArgs = [] }: VLLMOptions): void {
  refuseReserved('vllm', 'env', Object.keys(env), variables);
  refuseReserved('vllm', 'extraArgs', argumentNames(extraArgs), flags);
}
