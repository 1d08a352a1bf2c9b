// thread: feed
import type { Visitor } from "../access/access.js";
import { ApiError, toApiError } from "../api-error.js";
import { isRecord, type JsonRecord, parseJson } from "../json-value.js";
import type { Caller } from "../moonraker/caller.js";
import type { Headers, HttpExchange } from "../server.js";

/** Largest body of a request that is not an upload, in bytes. */
const BODY_LIMIT = 8 * 1024 * 1024;
const JSON_TYPE: Headers = { "content-type": "application/json; charset=UTF-8", "cache-control": "no-store" };
const HINT = /^(.*):(int|float|bool|json|str)$/;

/** One HTTP request with what we know about its sender. */
export interface HttpContext {
  readonly exchange: HttpExchange;
  readonly visitor: Visitor;
  /** Headers that every reply carries: what other origins may read. */
  readonly cors: Headers;
  /** Told of faults of ours. */
  readonly fault: (what: string, error: unknown) => void;
}

export function sendJson(context: HttpContext, status: number, text: string, extra: Headers = {}): void {
  const headers = { ...JSON_TYPE, ...context.cors, ...extra };
  if (context.exchange.method === "HEAD") context.exchange.replyHead(status, headers, Buffer.byteLength(text));
  else context.exchange.reply(status, headers, text);
}

/** Answers with the error's status and a JSON body that says what is wrong. */
export function sendError(context: HttpContext, error: unknown): void {
  const told = toApiError(error);
  const { method, path } = context.exchange;
  if (told.status === 500) context.fault(`${method} ${path}`, error);
  const extra: Headers = told.status === 401 ? { "www-authenticate": "Bearer" } : {};
  sendJson(context, told.status, JSON.stringify({ error: { code: told.status, message: told.message } }), extra);
}

/** Refuses who has not said who it is. */
export function requireIdentity(context: HttpContext): void {
  if (context.visitor.identity === undefined) throw new ApiError(401, "Unauthorized");
}

export function httpCaller(context: HttpContext): Caller {
  const { visitor } = context;
  return {
    transport: "http",
    connection: undefined,
    identity: visitor.identity,
    isTrusted: visitor.isTrusted,
    address: visitor.address,
    afterReply: (run) => run(),
  };
}

/** The whole body of a request. To be called before anything is waited for. 413 when it is larger than we take. */
export function readBody(exchange: HttpExchange, limit = BODY_LIMIT): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    exchange.receive({
      chunk(bytes) {
        size += bytes.byteLength;
        if (size > limit) {
          pieces.length = 0;
          reject(new ApiError(413, `the body of this request is larger than ${limit} bytes`));
          return;
        }
        pieces.push(Buffer.from(bytes));
      },
      end: () => resolve(Buffer.concat(pieces)),
      aborted: () => reject(new ApiError(400, "the request was broken off")),
    });
  });
}

/** The arguments of a request: the body's, over those of the query. Throws 400 for a body that is not readable. */
export function readArguments(exchange: HttpExchange, body: Buffer): JsonRecord {
  return { ...queryArguments(exchange.query), ...bodyArguments(exchange.header("content-type"), body) };
}

function bodyArguments(type: string, body: Buffer): JsonRecord {
  if (body.byteLength === 0) return {};
  const text = body.toString("utf8");
  const looksJson = text.trimStart().startsWith("{");
  if (type.includes("application/x-www-form-urlencoded") && !looksJson) return queryArguments(text);
  if (!type.includes("json") && !looksJson) return {};
  const value = parseJson(text);
  if (!isRecord(value)) throw new ApiError(400, "the body of this request is not a JSON object");
  return value;
}

/** Arguments of a query string; a type may follow the name: `limit:int=5`, `value:json=%7B%7D`. */
export function queryArguments(query: string): JsonRecord {
  const result: Record<string, unknown> = Object.create(null);
  for (const [key, value] of new URLSearchParams(query)) {
    const hinted = HINT.exec(key);
    if (hinted === null) result[key] = value;
    else result[hinted[1] ?? key] = hintedValue(hinted[1] ?? key, hinted[2] ?? "str", value);
  }
  return result;
}

function hintedValue(name: string, hint: string, text: string): unknown {
  switch (hint) {
    case "int":
    case "float": {
      const number = Number(text);
      if (text.trim() === "" || !Number.isFinite(number)) throw new ApiError(400, `Argument [${name}] is not a number`);
      return hint === "int" ? Math.trunc(number) : number;
    }
    case "bool":
      return text.toLowerCase() === "true" || text === "1";
    case "json": {
      const value = parseJson(text);
      if (value === undefined) throw new ApiError(400, `Argument [${name}] is not JSON`);
      return value;
    }
    default:
      return text;
  }
}
