import { visibleDevices } from '../gpu/pool';
import type { VLLMOptions } from './options';

const defaultStartMs = 600_000;

/** Variables of this process that a vLLM server may see, besides the usual ones. */
export const vllmPassEnv = [
  ...['CUDA_VISIBLE_DEVICES', 'HIP_VISIBLE_DEVICES', 'ROCR_VISIBLE_DEVICES', 'CUDA_HOME', 'LD_PRELOAD'],
  ...['HF_HOME', 'HF_HUB_CACHE', 'HF_TOKEN', 'HF_TOKEN_PATH', 'HF_ENDPOINT', 'HF_HUB_OFFLINE'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
  ...['VLLM_CACHE_ROOT', 'VLLM_TARGET_DEVICE', 'VLLM_CPU_KVCACHE_SPACE', 'VLLM_CPU_OMP_THREADS_BIND'],
  ...['VLLM_LOGGING_LEVEL', 'VLLM_ATTENTION_BACKEND', 'OMP_NUM_THREADS'],
];

/** The environment variables of one server. */
export function vllmEnvironment(
  { env, startTimeoutMs = defaultStartMs, devices: allowed, sleep }: VLLMOptions,
  server: {
    readonly apiKey: string;
    readonly isLocal: boolean;
    readonly devices: readonly string[];
    /** Its temporary directory. It holds sockets too, so its path must be short. */
    readonly temporary: string;
  },
): Record<string, string> {
  const noDevices = allowed?.length === 0;
  return {
    VLLM_API_KEY: server.apiKey,
    // vLLM leaves files behind, even when it is stopped by SIGTERM.
    TMPDIR: server.temporary,
    VLLM_NO_USAGE_STATS: '1',
    // By default it closes idle connections after 5 s without notice, and a request may be sent while it
    // does.
    VLLM_HTTP_TIMEOUT_KEEP_ALIVE: '86400',
    VLLM_WORKER_MULTIPROC_METHOD: 'spawn',
    // Its processes talk to each other over the loopback interface alone.
    VLLM_HOST_IP: '127.0.0.1',
    ...(process.platform === 'linux' ? { GLOO_SOCKET_IFNAME: 'lo' } : {}),
    // Otherwise the server gives up first, and leaves an engine that goes on loading:
    // https://github.com/vllm-project/vllm/issues/32116
    VLLM_ENGINE_READY_TIMEOUT_S: String(Math.ceil(startTimeoutMs / 1000)),
    // The endpoints for sleep exist in development mode only. The server listens on this machine alone.
    ...(sleep === true ? { VLLM_SERVER_DEV_MODE: '1' } : {}),
    ...(server.isLocal ? { HF_HUB_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' } : {}),
    ...(server.devices.length > 0 || noDevices ? visibleDevices(server.devices) : {}),
    ...env,
  };
}

/** Values of variables that must never be shown. */
export function vllmSecrets({ env }: VLLMOptions): string[] {
  return Object.entries({ HF_TOKEN: process.env['HF_TOKEN'] ?? '', ...env }).flatMap(([name, value]) =>
    /TOKEN|KEY|SECRET|PASSWORD/i.test(name) && value !== '' ? [value] : [],
  );
}
