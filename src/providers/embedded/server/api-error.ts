/** A refusal as the OpenAI API words it. Throw it anywhere in a request; the server answers with it. */
export class ApiError extends Error {
  /** The HTTP status. */
  readonly status: number;
  readonly type: string;
  /** The request's parameter at fault, if one is. */
  readonly param: string | null;
  readonly code: string | null;

  constructor(status: number, type: string, message: string, extra: { param?: string; code?: string } = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.type = type;
    this.param = extra.param ?? null;
    this.code = extra.code ?? null;
  }
}

/** A parameter that is missing (`value` undefined), wrong, or not supported: status 400. */
export function invalidParameter(param: string, problem: string, code?: string): ApiError {
  const extra = code === undefined ? { param } : { param, code };
  return new ApiError(400, 'invalid_request_error', `'${param}' ${problem}`, extra);
}

/** The server cannot answer now: status 503. */
export function unavailable(message: string, code: string): ApiError {
  return new ApiError(503, 'unavailable_error', message, { code });
}

/** Any thrown value as a refusal; what is not one becomes a 500 without inner details. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(500, 'server_error', 'the server failed to answer this request; its log says why');
}

/** The JSON body of a refusal. */
export function errorBody({ message, type, param, code }: ApiError): {
  error: Record<string, string | null>;
} {
  return { error: { message, type, param, code } };
}
