// thread: feed
/** What is kept of the beginning (thumbnails may be large) and of the end (the slicer's settings). */
const HEAD_BYTES = 2 * 1024 * 1024;
const TAIL_BYTES = 256 * 1024;
/** Longest piece of text behind a marker that matters; pieces overlap by this much. */
const OVERLAP = 64;
const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const SEMICOLON = 59;

const LAYER_CHANGE = Buffer.from(";LAYER_CHANGE");
const CURA_LAYER = Buffer.from(";LAYER:");
const SIMPLIFY_LAYER = Buffer.from("; layer ");
const HEIGHT_MARK = Buffer.from(";Z:");
const FILAMENT_CHANGE = Buffer.from("\nM600");
const TOOL = Buffer.from("\nT");
const MARKS = [LAYER_CHANGE, CURA_LAYER, SIMPLIFY_LAYER, HEIGHT_MARK, FILAMENT_CHANGE, TOOL] as const;

/** What a scan of a whole G-code file has found. */
export interface Scan {
  readonly size: number;
  readonly head: string;
  readonly tail: string;
  /** Offset of the first command, and of the end of the last one. */
  readonly firstCommand: number;
  readonly lastCommand: number;
  /** Layer marks of the PrusaSlicer family, of Cura and of Simplify3D. */
  readonly layers: { readonly prusa: number; readonly cura: number; readonly simplify: number };
  /** Highest Z that a mark names, in mm; 0 without marks. */
  readonly maxZ: number;
  readonly filamentChanges: number;
  readonly tools: readonly number[];
}

/**
 * Looks through a G-code file as it streams by, in pieces of any size. The body is only searched for a few marks, which
 * the engine does at memory speed; beginning and end are kept.
 */
export class GcodeScanner {
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #size = 0;
  /** The end of the former piece, which may hold the beginning of a mark. */
  #carry = Buffer.from("\n");
  #prusa = 0;
  #cura = 0;
  #simplify = 0;
  #maxZ = 0;
  #filamentChanges = 0;
  readonly #tools = new Set<number>();

  /** Takes the next piece. It is copied: the caller may use it again. */
  push(piece: Buffer): void {
    if (piece.byteLength === 0) return;
    const text = Buffer.concat([this.#carry, piece]);
    const copy = text.subarray(this.#carry.byteLength);
    this.#size += copy.byteLength;
    if (this.#headBytes < HEAD_BYTES) {
      const part = copy.subarray(0, HEAD_BYTES - this.#headBytes);
      this.#head.push(part);
      this.#headBytes += part.byteLength;
    }
    this.#tail.push(copy);
    this.#tailBytes += copy.byteLength;
    this.#trimTail();
    // Marks that begin in the last few bytes wait for the next piece, with all that follows them.
    const end = Math.max(0, text.byteLength - OVERLAP);
    for (const mark of MARKS) this.#search(text, mark, end);
    this.#carry = Buffer.from(text.subarray(end));
  }

  finish(): Scan {
    for (const mark of MARKS) this.#search(this.#carry, mark, this.#carry.byteLength);
    const head = Buffer.concat(this.#head);
    const tail = Buffer.concat(this.#tail);
    const tailOffset = this.#size - tail.byteLength;
    return {
      size: this.#size,
      head: head.toString("utf8"),
      tail: this.#size > head.byteLength ? tail.toString("utf8") : "",
      firstCommand: firstCommand(head),
      lastCommand: tailOffset + lastCommandEnd(tail),
      layers: { prusa: this.#prusa, cura: this.#cura, simplify: this.#simplify },
      maxZ: this.#maxZ,
      filamentChanges: this.#filamentChanges,
      tools: [...this.#tools].sort((a, b) => a - b),
    };
  }

  #trimTail(): void {
    for (let first = this.#tail[0]; first !== undefined; first = this.#tail[0]) {
      if (this.#tailBytes - first.byteLength < TAIL_BYTES) return;
      this.#tailBytes -= first.byteLength;
      this.#tail.shift();
    }
  }

  #search(text: Buffer, mark: Buffer, end: number): void {
    for (let at = text.indexOf(mark); at >= 0 && at < end; at = text.indexOf(mark, at + mark.byteLength)) {
      const after = at + mark.byteLength;
      this.#found(mark, text, after);
    }
  }

  #found(mark: Buffer, text: Buffer, after: number): void {
    switch (mark) {
      case LAYER_CHANGE:
        this.#prusa++;
        return;
      case CURA_LAYER:
        this.#cura++;
        return;
      case FILAMENT_CHANGE:
        this.#filamentChanges++;
        return;
      case HEIGHT_MARK:
        this.#maxZ = Math.max(this.#maxZ, Number.parseFloat(text.toString("latin1", after, after + 16)) || 0);
        return;
      case TOOL: {
        const tool = /^(\d{1,2})\s/.exec(text.toString("latin1", after, after + 4));
        if (tool !== null) this.#tools.add(Number(tool[1]));
        return;
      }
      default: {
        const layer = /^\d+, Z = (-?[\d.]+)/.exec(text.toString("latin1", after, after + 32));
        if (layer === null) return;
        this.#simplify++;
        this.#maxZ = Math.max(this.#maxZ, Number(layer[1]));
      }
    }
  }
}

const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB || byte === CR;

/** Offset of the first line that is no comment; the length when there is none. */
function firstCommand(text: Buffer): number {
  for (let line = 0; line < text.byteLength; ) {
    let at = line;
    while (isBlank(text[at])) at++;
    const byte = text[at];
    if (byte !== undefined && byte !== LF && byte !== SEMICOLON) return line;
    const end = text.indexOf(LF, at);
    if (end < 0) return text.byteLength;
    line = end + 1;
  }
  return text.byteLength;
}

/** Offset behind the last line that is no comment; 0 when there is none. */
function lastCommandEnd(text: Buffer): number {
  let end = text.byteLength;
  while (end > 0) {
    const start = end < 2 ? 0 : text.lastIndexOf(LF, end - 2) + 1;
    let at = start;
    while (isBlank(text[at])) at++;
    const byte = text[at];
    if (at < end && byte !== undefined && byte !== LF && byte !== SEMICOLON) return end;
    end = start;
  }
  return 0;
}
