import { basename } from 'node:path';
import { messageOf, ModelProviderError } from '../src/base/errors';

/** The part of Jest's transformers that matters here. */
interface Transformer {
  process(text: string, path: string, options: unknown): unknown;
  processAsync?(text: string, path: string, options: unknown): Promise<unknown>;
}

/**
 * Replaces ts-jest where it or TypeScript is not installed. Babel transforms the file if it is set up for
 * TypeScript; else the error says what to install, not at which token the parser stopped.
 */
function createTransformer({ babelJest }: { babelJest: string }): Transformer {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- Jest's own copy
  const { default: babel } = require(babelJest) as {
    default: { createTransformer(): Required<Transformer> };
  };
  const transformer = babel.createTransformer();
  return {
    ...transformer,
    process: (text, path, options) => {
      try {
        return transformer.process(text, path, options);
      } catch (error) {
        throw explained(error, path);
      }
    },
    processAsync: (text, path, options) =>
      transformer.processAsync(text, path, options).catch((error: unknown) => {
        throw explained(error, path);
      }),
  };
}

export default { createTransformer };

function explained(error: unknown, path: string): unknown {
  if ((error as Error | undefined)?.name !== 'SyntaxError') return error;
  return new ModelProviderError(
    'DEPENDENCY_MISSING',
    `${basename(path)} is not plain JavaScript, and ts-jest or typescript is not installed. Run: npm i -D ts-jest typescript\nBabel was tried instead: ${messageOf(error)}`,
    { details: { path } },
  );
}
