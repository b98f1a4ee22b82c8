import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { compileFunction } from 'node:vm';
import { messageOf, ModelProviderError } from '../src/base/errors';
import { isEsModule } from './module-format';

/** What Jest tells a transformer; ts-jest keeps a compiler for each configuration. */
interface TransformOptions {
  readonly supportsStaticESM: boolean;
  readonly config: { readonly globals?: Record<string, unknown> };
}

interface Transformed {
  readonly code: string;
}

interface Transformer {
  process(text: string, path: string, options: TransformOptions): Transformed;
  processAsync(text: string, path: string, options: TransformOptions): Promise<Transformed>;
  getCacheKey(text: string, path: string, options: TransformOptions): string;
  getCacheKeyAsync(text: string, path: string, options: TransformOptions): Promise<string>;
}

interface TsJestOptions {
  readonly tsJest: string;
  readonly tsconfig: object;
}

/**
 * ts-jest, loaded with the first file of TypeScript. Jest makes every transformer of its configuration when it
 * starts, and again in each worker; ts-jest brings the whole compiler with it, which a project of plain
 * JavaScript need not pay for.
 *
 * What Jest loads as CommonJS is compiled to it, also where the file's name or its package makes it an ES
 * module and `tsconfig.json` says `nodenext`: without a flag of Node, Jest loads no ES modules at all.
 *
 * @param options ts-jest's own, and where it is.
 */
function createTransformer({ tsJest, ...options }: TsJestOptions): Transformer {
  let loaded: Transformer | undefined;
  let turning: Transformer | undefined;
  const compiler = (path: string, { supportsStaticESM }: TransformOptions): Transformer =>
    !supportsStaticESM && isEsModule(path)
      ? (turning ??= toCommonJs(load(tsJest, { ...options, ...optionsToCommonJs(options.tsconfig) })))
      : (loaded ??= load(tsJest, options));
  return {
    process: (text, path, options) =>
      checked(compiler(path, options).process(text, path, options), path, options),
    processAsync: async (text, path, options) =>
      checked(await compiler(path, options).processAsync(text, path, options), path, options),
    getCacheKey: (text, path, options) => compiler(path, options).getCacheKey(text, path, options),
    getCacheKeyAsync: (text, path, options) => compiler(path, options).getCacheKeyAsync(text, path, options),
  };
}

function load(path: string, options: object): Transformer {
  const typescript = createRequire(path)('typescript') as { JSDocParsingMode?: object };
  // ts-jest takes it for granted, and TypeScript has it since 5.3; earlier ones parse all that there is.
  typescript.JSDocParsingMode ??= { ParseAll: 0 };
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the project's own copy
  const { default: tsJest } = require(path) as {
    default: { createTransformer(options: object): Transformer };
  };
  return tsJest.createTransformer(options);
}

function optionsToCommonJs(tsconfig: object): object {
  return {
    tsconfig: { ...tsconfig, module: 'commonjs' },
    // What the project's own `module` allows beside it; nothing of it plays a part in a file by itself.
    diagnostics: { ignoreCodes: [5095, 5098, 5109, 5110] },
    astTransformers: { before: [require.resolve('./import-meta')] },
  };
}

function toCommonJs(compiler: Transformer): Transformer {
  return {
    process: (text, path, options) => {
      try {
        return restored(compiler.process(text, renamed(path), marked(options)), path);
      } catch (error) {
        throw withRealName(error, path);
      }
    },
    processAsync: async (text, path, options) => {
      try {
        return restored(await compiler.processAsync(text, renamed(path), marked(options)), path);
      } catch (error) {
        throw withRealName(error, path);
      }
    },
    getCacheKey: (text, path, options) => compiler.getCacheKey(text, path, marked(options)),
    getCacheKeyAsync: (text, path, options) => compiler.getCacheKeyAsync(text, path, marked(options)),
  };
}

/** ts-jest has one compiler for each configuration of Jest, whichever its own options are. */
function marked(options: TransformOptions): TransformOptions {
  const { config } = options;
  return { ...options, config: { ...config, globals: { ...config.globals, toCommonJs: true } } };
}

/** TypeScript makes an ES module of `.mts`, whatever it is told. */
function renamed(path: string): string {
  return path.replace(/\.mts$/, '.cts');
}

function withRealName(error: unknown, path: string): unknown {
  if (error instanceof Error)
    error.message = error.message.replaceAll(basename(renamed(path)), basename(path));
  return error;
}

const mapPattern = /(sourceMappingURL=data:application\/json;charset=utf-8;base64,)([\w+/=]+)\s*$/;

/** Has the source map name the real file. */
function restored(result: Transformed, path: string): Transformed {
  if (renamed(path) === path) return result;
  const code = result.code.replace(mapPattern, (_all, prefix: string, encoded: string) => {
    const map = JSON.parse(Buffer.from(encoded, 'base64').toString()) as object;
    return prefix + Buffer.from(JSON.stringify({ ...map, file: path, sources: [path] })).toString('base64');
  });
  return { ...result, code };
}

/**
 * Whether what Jest loads as CommonJS is that. TypeScript has found no error in it, so what is left is a
 * top-level await, or an `import.meta` where nothing is an ES module.
 */
function checked(result: Transformed, path: string, { supportsStaticESM }: TransformOptions): Transformed {
  if (supportsStaticESM) return result;
  try {
    compileFunction(result.code);
  } catch (error) {
    throw new ModelProviderError(
      'CONFIG_INVALID',
      `${basename(path)} must be an ES module, and Jest loads it as CommonJS: ${messageOf(error)}. Run Jest with NODE_OPTIONS=--experimental-vm-modules, and unless package.json says "type": "module" or the file is called .mts, set extensionsToTreatAsEsm: ['.ts', '.tsx', '.mts'].`,
      { details: { path } },
    );
  }
  return result;
}

export default { createTransformer };
