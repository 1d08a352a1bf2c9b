// thread: feed
import { isHostError } from "../shared/errors.js";

const RPC_NOT_FOUND = -32601;
const RPC_BAD_PARAMS = -32602;

/**
 * A request that is answered with an error. `status` is what HTTP says; on JSON-RPC the same number is the code, except
 * that "not found" is -32601 and "unauthorized" -32602, as clients of this API expect.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }

  get rpcCode(): number {
    if (this.status === 404) return RPC_NOT_FOUND;
    return this.status === 401 ? RPC_BAD_PARAMS : this.status;
  }
}

/** The error that a client is told about: ours as it is, anything else as an internal error without its stack. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (isHostError(error)) return new ApiError(500, error.format());
  return new ApiError(500, error instanceof Error ? error.message : String(error));
}
