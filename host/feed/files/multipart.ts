// thread: feed
import { ApiError } from "../api-error.js";

const MAX_HEADER_BYTES = 16 * 1024;
const MAX_BOUNDARY = 200;
const MAX_PARTS = 64;
const HEADERS_END = Buffer.from("\r\n\r\n");
const CRLF = Buffer.from("\r\n");
const DASH = 45;

/** One part of a form: a field, or a file when it has a file name. */
export interface PartHeader {
  readonly name: string;
  readonly filename: string | undefined;
}

/** Takes the content of one part. The bytes are valid only until the call returns. */
export interface PartReceiver {
  data(bytes: Buffer): void;
  end(): void;
}

/** The boundary in a `Content-Type`; `undefined` when it is no form. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/form-data\b/i.test(contentType.trim())) return undefined;
  const match = /;\s*boundary=(?:"([^"]+)"|([^;,\s]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  return boundary === undefined || boundary.length > MAX_BOUNDARY ? undefined : boundary;
}

type State = "preamble" | "after-boundary" | "headers" | "body" | "epilogue";

/**
 * Parses `multipart/form-data` as it streams by, in pieces of any size, without keeping any content. Throws 400 for
 * anything that is no form.
 */
export class MultipartParser {
  readonly #delimiter: Buffer;
  readonly #begin: (header: PartHeader) => PartReceiver;
  #state: State = "preamble";
  /** Bytes that cannot be judged before more has come. */
  #rest: Buffer;
  #part: PartReceiver | undefined;
  #parts = 0;

  constructor(boundary: string, begin: (header: PartHeader) => PartReceiver) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
    this.#begin = begin;
    // So that the first boundary, which has no line before it, looks like all others.
    this.#rest = Buffer.from("\r\n");
  }

  write(piece: Buffer): void {
    let data = this.#rest.byteLength === 0 ? piece : Buffer.concat([this.#rest, piece]);
    for (;;) {
      const left = this.#step(data);
      if (left === undefined) break;
      data = left;
    }
  }

  /** To be called behind the last piece. Throws 400 when the form is not complete. */
  end(): void {
    if (this.#state !== "epilogue") throw new ApiError(400, "the form ends in the middle");
  }

  /** Does what can be done with `data`: what is left of it, or `undefined` when more is needed. */
  #step(data: Buffer): Buffer | undefined {
    switch (this.#state) {
      case "preamble":
        return this.#toBoundary(data, () => undefined);
      case "body":
        return this.#toBoundary(data, (bytes) => this.#part?.data(bytes));
      case "after-boundary":
        return this.#afterBoundary(data);
      case "headers":
        return this.#headers(data);
      case "epilogue":
        this.#rest = Buffer.alloc(0);
        return undefined;
    }
  }

  #toBoundary(data: Buffer, take: (bytes: Buffer) => void): Buffer | undefined {
    const at = data.indexOf(this.#delimiter);
    if (at < 0) {
      const sure = Math.max(0, data.byteLength - this.#delimiter.byteLength + 1);
      if (sure > 0) take(data.subarray(0, sure));
      return this.#wait(data.subarray(sure));
    }
    if (at > 0) take(data.subarray(0, at));
    this.#part?.end();
    this.#part = undefined;
    this.#state = "after-boundary";
    return data.subarray(at + this.#delimiter.byteLength);
  }

  #afterBoundary(data: Buffer): Buffer | undefined {
    if (data.byteLength < 2) return this.#wait(data);
    if (data[0] === DASH && data[1] === DASH) {
      this.#state = "epilogue";
      return data.subarray(2);
    }
    const line = data.indexOf(CRLF);
    if (line < 0 && data.byteLength <= MAX_HEADER_BYTES) return this.#wait(data);
    if (line < 0 || data.subarray(0, line).some((byte) => byte !== 32 && byte !== 9)) {
      throw new ApiError(400, "the form has something behind a boundary");
    }
    this.#state = "headers";
    // The line end stays: a part without headers then ends like all others.
    return data.subarray(line);
  }

  #headers(data: Buffer): Buffer | undefined {
    const end = data.indexOf(HEADERS_END);
    if (end < 0) {
      if (data.byteLength > MAX_HEADER_BYTES) throw new ApiError(400, "the headers of a part of the form are too long");
      return this.#wait(data);
    }
    if (end > MAX_HEADER_BYTES) throw new ApiError(400, "the headers of a part of the form are too long");
    if (++this.#parts > MAX_PARTS) throw new ApiError(400, `a form may have ${MAX_PARTS} parts`);
    this.#part = this.#begin(parseHeader(data.toString("utf8", 0, end)));
    this.#state = "body";
    return data.subarray(end + HEADERS_END.byteLength);
  }

  #wait(rest: Buffer): undefined {
    this.#rest = Buffer.from(rest);
    return undefined;
  }
}

function parseHeader(text: string): PartHeader {
  const line = /^content-disposition:\s*form-data\s*(.*)$/im.exec(text)?.[1] ?? "";
  const name = parameter(line, "name");
  if (name === undefined) throw new ApiError(400, "a part of the form has no name");
  return { name, filename: extended(line) ?? parameter(line, "filename") };
}

/** A parameter in quotes or without; browsers write quotes and line ends inside as %22, %0D and %0A. */
function parameter(line: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s"]+))`, "i").exec(line);
  if (match === null) return undefined;
  const quoted = match[1];
  return quoted === undefined ? match[2] : quoted.replace(/\\(["\\])/g, "$1").replaceAll("%22", '"');
}

/** `filename*=UTF-8''na%C3%AFve.gcode`. */
function extended(line: string): string | undefined {
  const match = /;\s*filename\*=UTF-8''([^;\s]+)/i.exec(line);
  if (match === null) return undefined;
  try {
    return decodeURIComponent(match[1] ?? "");
  } catch {
    return undefined;
  }
}
