import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../base/json';
import { fileHash } from '../../process/ledger/file-hash';
import { runCommand } from '../../process/os/run-command';
import { isPython, vllmCommand } from './command';
import { cachedCommit } from './hub-cache';
import { vllmModel, type VllmModel } from './model';
import { validateVllmOptions, type VLLMOptions } from './options';

const versionLimitMs = 30_000;

/** The weights, the version of vLLM and the options that change answers. */
export async function vllmIdentity(name: string, options: VLLMOptions): Promise<Json> {
  validateVllmOptions(options);
  const model = vllmModel(name);
  const { program } = vllmCommand(options.command);
  return {
    weights: model.isLocal ? await hashOf(model.source) : commitOf(model, options.revision),
    engine: (await vllmVersion(program)) ?? 'unknown',
    maxModelLen: options.maxModelLen ?? null,
    dtype: options.dtype ?? null,
    quantization: options.quantization ?? null,
    tensorParallelSize: options.tensorParallelSize ?? 1,
    loraAdapters: { ...options.loraAdapters },
    extraArgs: [...(options.extraArgs ?? [])],
  };
}

/** Hashes every file that affects the model's answers: weights, configuration, tokenizer and template. */
async function hashOf(directory: string): Promise<Json> {
  const files = readdirSync(directory)
    .filter((file) => /\.(safetensors|bin|pt|gguf|json|jinja|model|txt|py)$/.test(file))
    .sort();
  const hashes = await Promise.all(files.map((file) => fileHash(join(directory, file))));
  return Object.fromEntries(files.map((file, index) => [file, hashes[index]]));
}

function commitOf({ source }: VllmModel, revision = 'main'): string {
  return `${source}@${cachedCommit(source, revision) ?? revision}`;
}

/**
 * The version of the installed package; undefined if it cannot be read. Not by `vllm --version`, which loads
 * all of vLLM and takes half a minute.
 *
 * @param program the one that `vllmCommand()` returns.
 */
export async function vllmVersion(program: string): Promise<string | undefined> {
  const python = isPython(program) ? program : interpreterOf(program);
  if (python === undefined) return undefined;
  const code = 'from importlib.metadata import version; print(version("vllm"))';
  try {
    const { stdout } = await runCommand(python, ['-c', code], { timeoutMs: versionLimitMs });
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}

/**
 * The Python interpreter in the script's first line, where pip writes it. If its path is long or contains a
 * space, it is in the second line.
 */
function interpreterOf(script: string): string | undefined {
  const file = openSync(script, 'r');
  try {
    const buffer = Buffer.alloc(512);
    const text = buffer.toString('utf8', 0, readSync(file, buffer));
    const path =
      /^#!\/bin\/sh\n'''exec' "?(\/[^"\n]+?)"? "\$0"/.exec(text)?.[1] ?? /^#!(\/\S+)/.exec(text)?.[1];
    return path !== undefined && isPython(path) ? path : undefined;
  } finally {
    closeSync(file);
  }
}
