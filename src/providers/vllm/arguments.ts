import type { VllmModel } from './model';
import type { VLLMConfig, VLLMOptions } from './options';

/** The arguments of one server, after those of the command. The nonce is a second name of the model. */
export function vllmArguments(
  model: VllmModel,
  config: VLLMOptions,
  { port, nonce }: { readonly port: number; readonly nonce: string },
): string[] {
  const adapters = Object.entries(config.loraAdapters ?? {}).map(([name, path]) => `${name}=${path}`);
  return [
    ...[model.source, '--host', '127.0.0.1', '--port', String(port)],
    ...['--served-model-name', servedName(model, config), nonce],
    ...option('--max-model-len', config.maxModelLen),
    ...option('--gpu-memory-utilization', config.gpuMemoryUtilization),
    ...option('--tensor-parallel-size', config.tensorParallelSize),
    ...option('--dtype', config.dtype),
    ...option('--quantization', config.quantization),
    ...option('--revision', config.revision),
    ...(config.sleep === true ? ['--enable-sleep-mode'] : []),
    ...(config.enforceEager === true ? ['--enforce-eager'] : []),
    ...(config.trustRemoteCode === true ? ['--trust-remote-code'] : []),
    ...(adapters.length > 0 ? ['--enable-lora', '--lora-modules', ...adapters] : []),
    ...(config.extraArgs ?? []),
  ];
}

export function servedName(model: VllmModel, config: Readonly<VLLMConfig>): string {
  return config.servedModelName ?? model.name;
}

function option(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [name, String(value)];
}
