import { ResponseError } from 'vscode-jsonrpc/node';
import { deserializeError, messageOf, serializeError, type SerializedError } from './errors';

// A code that JSON-RPC leaves to applications: https://www.jsonrpc.org/specification#error_object
const applicationError = 1;

/** An error as it crosses a connection, with its code. */
export function crossing(error: unknown): ResponseError<SerializedError> {
  return new ResponseError(applicationError, messageOf(error), serializeError(error));
}

/** Runs a handler so that its errors cross the connection with their code. */
export async function answer<T>(handle: () => Promise<T>): Promise<T> {
  try {
    return await handle();
  } catch (error) {
    throw crossing(error);
  }
}

/** The error that the other end threw. */
export function answeredError(error: unknown): unknown {
  return error instanceof ResponseError && error.data !== undefined
    ? deserializeError(error.data as SerializedError)
    : error;
}
