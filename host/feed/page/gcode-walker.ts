// thread: browser

/** What G-code remembers from line to line, so that reading can go on in the middle of a file. Lengths in mm. */
export interface Modal {
  x: number;
  y: number;
  z: number;
  e: number;
  /** mm/s. */
  speed: number;
  isAbsolute: boolean;
  isAbsoluteE: boolean;
  /** mm for each unit: 25.4 in inches. */
  scale: number;
  /** Height of the layer that is being printed; NaN before the first. */
  layerZ: number;
}

/** The state at the beginning of a file. */
export const fileStart = (): Modal => ({
  x: 0,
  y: 0,
  z: 0,
  e: 0,
  speed: 50,
  isAbsolute: true,
  isAbsoluteE: true,
  scale: 1,
  layerZ: Number.NaN,
});

/** Gets what is found in the file. `offset` is the byte at which the line begins. */
export interface WalkerSink {
  move(fromX: number, fromY: number, toX: number, toY: number, speed: number, extrudes: boolean, offset: number): void;
  /** A layer begins with the line at `offset`, before which the state was `modal` (borrowed: copy it). */
  layer(z: number, offset: number, modal: Readonly<Modal>): void;
}

/** Less of a difference in height is no new layer, in mm: spirals rise all the time. */
const LAYER_STEP = 0.04;
const ARC_STEP = 0.6;
const MAX_ARC_STEPS = 120;
const WORD = /([A-Z])\s*([-+]?(?:\d+\.?\d*|\.\d+))/gi;

/** Reads moves out of G-code that comes in pieces, wherever they are cut. */
export class GcodeWalker {
  readonly #sink: WalkerSink;
  readonly modal: Modal;
  #rest = "";
  #offset: number;

  /** `offset` is the byte in the file of the first text. */
  constructor(sink: WalkerSink, modal: Modal = fileStart(), offset = 0) {
    this.#sink = sink;
    this.modal = modal;
    this.#offset = offset;
  }

  /** Takes text with one character for each byte. The last line is kept until it is complete. */
  push(text: string): void {
    const all = this.#rest + text;
    let begin = 0;
    for (let end = all.indexOf("\n"); end >= 0; end = all.indexOf("\n", begin)) {
      this.#line(all.slice(begin, end), this.#offset + begin);
      begin = end + 1;
    }
    this.#offset += begin;
    this.#rest = all.slice(begin);
  }

  /** The file ends here. */
  end(): void {
    this.#line(this.#rest, this.#offset);
    this.#offset += this.#rest.length;
    this.#rest = "";
  }

  #line(line: string, offset: number): void {
    const first = line.charCodeAt(0) | 0x20;
    // Most lines begin with G; comments and what macros do are of no interest here.
    if (first !== 0x67 && first !== 0x6d && first !== 0x20 && first !== 0x6e) return;
    const semicolon = line.indexOf(";");
    const code = semicolon < 0 ? line : line.slice(0, semicolon);
    const words = new Map<string, number>();
    let command = "";
    for (const [, letter = "", value = ""] of code.matchAll(WORD)) {
      const name = letter.toUpperCase();
      if (command === "" && (name === "G" || name === "M")) command = name + Number(value);
      else if (command !== "") words.set(name, Number(value));
      else if (name !== "N") return;
    }
    this.#command(command, words, offset);
  }

  #command(command: string, words: ReadonlyMap<string, number>, offset: number): void {
    const { modal } = this;
    switch (command) {
      case "G0":
      case "G1":
        this.#move(words, offset, 0);
        return;
      case "G2":
        this.#move(words, offset, -1);
        return;
      case "G3":
        this.#move(words, offset, 1);
        return;
      case "G20":
        modal.scale = 25.4;
        return;
      case "G21":
        modal.scale = 1;
        return;
      case "G28":
        this.#home(words);
        return;
      case "G90":
        modal.isAbsolute = true;
        return;
      case "G91":
        modal.isAbsolute = false;
        return;
      case "M82":
        modal.isAbsoluteE = true;
        return;
      case "M83":
        modal.isAbsoluteE = false;
        return;
      case "G92":
        modal.x = scaled(words, "X", modal) ?? modal.x;
        modal.y = scaled(words, "Y", modal) ?? modal.y;
        modal.z = scaled(words, "Z", modal) ?? modal.z;
        modal.e = scaled(words, "E", modal) ?? modal.e;
        return;
    }
  }

  #home(words: ReadonlyMap<string, number>): void {
    const all = !words.has("X") && !words.has("Y") && !words.has("Z");
    if (all || words.has("X")) this.modal.x = 0;
    if (all || words.has("Y")) this.modal.y = 0;
    if (all || words.has("Z")) this.modal.z = 0;
  }

  #move(words: ReadonlyMap<string, number>, offset: number, turn: -1 | 0 | 1): void {
    const { modal } = this;
    const target = (name: string, now: number): number => {
      const value = scaled(words, name, modal);
      return value === undefined ? now : modal.isAbsolute ? value : now + value;
    };
    const feed = words.get("F");
    if (feed !== undefined && feed > 0) modal.speed = (feed * modal.scale) / 60;
    const [x, y, z] = [target("X", modal.x), target("Y", modal.y), target("Z", modal.z)];
    const e = scaled(words, "E", modal);
    const pushed = e === undefined ? 0 : modal.isAbsoluteE && modal.isAbsolute ? e - modal.e : e;
    const travels = x !== modal.x || y !== modal.y || turn !== 0;
    const extrudes = pushed > 0 && travels;
    if (extrudes && !(Math.abs(z - modal.layerZ) < LAYER_STEP)) {
      this.#sink.layer(z, offset, modal);
      modal.layerZ = z;
    }
    if (turn !== 0) this.#arc(x, y, words, turn, extrudes, offset);
    else if (travels) this.#sink.move(modal.x, modal.y, x, y, modal.speed, extrudes, offset);
    modal.x = x;
    modal.y = y;
    modal.z = z;
    modal.e += pushed;
  }

  /** An arc as short lines: around the point (I, J) from where it begins, or with radius R. */
  #arc(
    x: number,
    y: number,
    words: ReadonlyMap<string, number>,
    turn: -1 | 1,
    extrudes: boolean,
    offset: number,
  ): void {
    const { modal } = this;
    const centre = arcCentre(modal, x, y, words, turn);
    const radius = Math.hypot(modal.x - centre.x, modal.y - centre.y);
    const begin = Math.atan2(modal.y - centre.y, modal.x - centre.x);
    let angle = (Math.atan2(y - centre.y, x - centre.x) - begin) * turn;
    if (angle <= 1e-9) angle += 2 * Math.PI;
    const steps = Math.min(MAX_ARC_STEPS, Math.max(1, Math.ceil((angle * radius) / ARC_STEP)));
    let [lastX, lastY] = [modal.x, modal.y];
    for (let step = 1; step <= steps; step++) {
      const at = begin + (turn * angle * step) / steps;
      const [nextX, nextY] =
        step === steps ? [x, y] : [centre.x + radius * Math.cos(at), centre.y + radius * Math.sin(at)];
      this.#sink.move(lastX, lastY, nextX, nextY, modal.speed, extrudes, offset);
      [lastX, lastY] = [nextX, nextY];
    }
  }
}

function scaled(words: ReadonlyMap<string, number>, name: string, modal: Modal): number | undefined {
  const value = words.get(name);
  return value === undefined ? undefined : value * modal.scale;
}

function arcCentre(
  from: Modal,
  x: number,
  y: number,
  words: ReadonlyMap<string, number>,
  turn: -1 | 1,
): { x: number; y: number } {
  const radius = scaled(words, "R", from);
  if (radius === undefined) {
    return { x: from.x + (scaled(words, "I", from) ?? 0), y: from.y + (scaled(words, "J", from) ?? 0) };
  }
  const [dx, dy] = [x - from.x, y - from.y];
  const half = Math.hypot(dx, dy) / 2;
  if (half === 0) return { x: from.x, y: from.y };
  const away = Math.sqrt(Math.max(0, radius * radius - half * half)) * turn * (radius < 0 ? -1 : 1);
  return { x: (from.x + x) / 2 - (away * dy) / (2 * half), y: (from.y + y) / 2 + (away * dx) / (2 * half) };
}
