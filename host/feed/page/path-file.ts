// thread: browser
import { fileStart, GcodeWalker, type Modal } from "./gcode-walker.js";
import type { Area } from "./path-view.js";
import type { Printer } from "./printer.js";

/** Numbers for each move: from x, y to x, y, speed (negative: travel), byte of the line. */
export const MOVE_NUMBERS = 6;
const FIRST_MOVES = 1024;
const PIECE_BYTES = 256 * 1024;
/** How far before the present position reading begins when the page is opened in the middle of a print. */
const BACK_BYTES = 512 * 1024;
/** How far ahead of the nozzle the file is read. */
const AHEAD_BYTES = 128 * 1024;

/** The moves of one layer, in the order of printing. */
export class Layer {
  readonly z: number;
  readonly offset: number;
  moves = new Float64Array(FIRST_MOVES * MOVE_NUMBERS);
  count = 0;
  slowest = Number.POSITIVE_INFINITY;
  fastest = 0;

  constructor(z: number, offset: number) {
    this.z = z;
    this.offset = offset;
  }

  add(fromX: number, fromY: number, toX: number, toY: number, speed: number, extrudes: boolean, offset: number): void {
    const at = this.count * MOVE_NUMBERS;
    if (at === this.moves.length) {
      const larger = new Float64Array(at * 2);
      larger.set(this.moves);
      this.moves = larger;
    }
    this.moves.set([fromX, fromY, toX, toY, extrudes ? speed : -speed, offset], at);
    this.count++;
    if (!extrudes) return;
    if (speed < this.slowest) this.slowest = speed;
    if (speed > this.fastest) this.fastest = speed;
  }

  /** How many moves begin before this byte of the file. */
  countBefore(offset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.moves[middle * MOVE_NUMBERS + 5] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Where a layer begins, and the state to go on from. */
interface Mark {
  readonly z: number;
  readonly offset: number;
  readonly modal: Modal;
}

/**
 * The file that is printed, read in pieces around the place where the nozzle is. Only one or two layers' moves are kept.
 * The list of all layers is made when somebody asks for a layer other than the present one.
 */
export class PathFile {
  readonly #printer: Printer;
  readonly #url: string;
  readonly size: number;
  readonly #recent: Layer[] = [];
  #walker: GcodeWalker | undefined;
  #readTo = 0;
  #reading = false;
  #failedAt = 0;
  #marks: readonly Mark[] | undefined;
  #scan: Promise<readonly Mark[]> | undefined;
  #bounds: Area | undefined;
  #dropped = false;

  constructor(printer: Printer, path: string, size: number) {
    this.#printer = printer;
    this.#url = `/server/files/gcodes/${path.split("/").map(encodeURIComponent).join("/")}`;
    this.size = size;
  }

  /** Nobody needs it any more. */
  drop(): void {
    this.#dropped = true;
  }

  /** Number of layers, once it is known. */
  get layers(): number | undefined {
    return this.#marks?.length;
  }

  /** The layer in which the byte `position` lies, as far as it has been read; reads on as needed. */
  layerAt(position: number): Layer | undefined {
    const first = this.#recent[0];
    if (this.#walker === undefined || (first !== undefined && position < first.offset - BACK_BYTES)) {
      this.#begin(position);
    }
    if (this.#readTo < Math.min(this.size, position + AHEAD_BYTES)) this.#readOn();
    let found: Layer | undefined;
    for (const layer of this.#recent) if (layer.offset <= position) found = layer;
    // What lies well behind the nozzle is not needed again.
    while (this.#recent.length > 1 && (this.#recent[1]?.offset ?? position) <= position - BACK_BYTES)
      this.#recent.shift();
    return found ?? this.#recent[0];
  }

  /** Where on the bed something is laid down, once the file has been looked through. */
  get bounds(): Area | undefined {
    return this.#bounds;
  }

  /** 1 for the first layer; `undefined` until the list of layers is known. */
  numberOf(layer: Layer): number | undefined {
    const index = this.#marks?.findIndex((mark) => mark.offset === layer.offset) ?? -1;
    return index < 0 ? undefined : index + 1;
  }

  /** Looks through the whole file for its layers, once. */
  findLayers(): Promise<readonly Mark[]> {
    this.#scan ??= this.#findLayers();
    return this.#scan;
  }

  /** The moves of a layer, 1 for the first. */
  async layer(number: number): Promise<Layer | undefined> {
    const marks = await this.findLayers();
    const mark = marks[number - 1];
    if (mark === undefined) return undefined;
    const end = marks[number]?.offset ?? this.size;
    const layer = new Layer(mark.z, mark.offset);
    const walker = new GcodeWalker(
      { move: (...move) => layer.add(...move), layer: () => undefined },
      { ...mark.modal },
      mark.offset,
    );
    walker.push(await this.#text(mark.offset, end));
    walker.end();
    return layer;
  }

  #begin(position: number): void {
    this.#recent.length = 0;
    const from = Math.max(0, position - BACK_BYTES);
    const begin = from === 0 ? 0 : from;
    this.#readTo = begin;
    this.#failedAt = 0;
    const modal = fileStart();
    if (begin > 0) {
      // In the middle of a file, what the printer does now is the best guess of how the file is written.
      modal.isAbsolute = this.#printer.status.object("gcode_move")["absolute_coordinates"] !== false;
      modal.isAbsoluteE = this.#printer.status.object("gcode_move")["absolute_extrude"] !== false;
      modal.x = Number.NaN;
      modal.y = Number.NaN;
      modal.e = Number.NaN;
    }
    this.#walker = new GcodeWalker(
      {
        move: (fromX, fromY, toX, toY, speed, extrudes, offset) => {
          if (!Number.isFinite(fromX + fromY + toX + toY)) return;
          this.#recent.at(-1)?.add(fromX, fromY, toX, toY, speed, extrudes, offset);
        },
        layer: (z, offset) => {
          this.#recent.push(new Layer(z, offset));
        },
      },
      modal,
      begin,
    );
  }

  #readOn(): void {
    if (this.#reading || this.#dropped || performance.now() < this.#failedAt) return;
    const walker = this.#walker;
    if (walker === undefined) return;
    this.#reading = true;
    const from = this.#readTo;
    const to = Math.min(this.size, from + PIECE_BYTES);
    this.#text(from, to)
      .then((text) => {
        if (this.#walker !== walker) return;
        walker.push(text);
        this.#readTo = to;
      })
      .catch(() => {
        this.#failedAt = performance.now() + 2000;
      })
      .finally(() => {
        this.#reading = false;
      });
  }

  async #findLayers(): Promise<readonly Mark[]> {
    const marks: Mark[] = [];
    const bounds = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
    const walker = new GcodeWalker({
      move: (fromX, fromY, toX, toY, _speed, extrudes) => {
        if (!extrudes) return;
        bounds.minX = Math.min(bounds.minX, fromX, toX);
        bounds.minY = Math.min(bounds.minY, fromY, toY);
        bounds.maxX = Math.max(bounds.maxX, fromX, toX);
        bounds.maxY = Math.max(bounds.maxY, fromY, toY);
      },
      layer: (z, offset, modal) => {
        marks.push({ z, offset, modal: { ...modal } });
      },
    });
    for (let at = 0; at < this.size && !this.#dropped; at += PIECE_BYTES * 4) {
      walker.push(await this.#text(at, Math.min(this.size, at + PIECE_BYTES * 4)));
    }
    walker.end();
    this.#marks = marks;
    if (bounds.maxX >= bounds.minX) this.#bounds = bounds;
    return marks;
  }

  async #text(from: number, to: number): Promise<string> {
    if (to <= from) return "";
    const response = await this.#printer.fetch(this.#url, { headers: { range: `bytes=${from}-${to - 1}` } });
    if (response.status !== 206) throw new Error(`the file was answered with ${response.status}`);
    return latin1.decode(await response.arrayBuffer());
  }
}

/** One character for each byte, so that places in the text are places in the file. */
const latin1 = new TextDecoder("latin1");
