import '../runtime';

export { describeProviderContract } from './describe-provider-contract';
export type { ContractOptions } from './contract-bench';
export {
  fakeProvider,
  type FakeClient,
  type FakeGeneration,
  type FakeProviderOptions,
} from './fake-provider';
