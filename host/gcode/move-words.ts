// thread: any
import type { GcodeParams } from "./parse-line.js";

export const HAS_X = 1;
export const HAS_Y = 2;
export const HAS_Z = 4;
export const HAS_E = 8;
export const HAS_F = 16;

/** Letters of a move that have a field of their own. */
export type MoveLetter = "X" | "Y" | "Z" | "E" | "F";

/** What the line of a move looks like, and where it is. */
export interface MoveLine {
  /** The line as text, for messages: made when it is asked for. */
  readonly text: () => string;
  /** Number of the line in its file or script, from 1. */
  readonly line: number;
  /** Byte of the file behind the line; -1 when it is not from a file. */
  readonly position: number;
}

/**
 * The numbers of one G0 or G1, as typed: coordinates in mm, `f` in mm/min; nothing is added to the position yet.
 *
 * There is one object for all lines: it is *borrowed until the handler returns or first awaits*.
 */
export class MoveWords {
  /** `HAS_X` and so on, added up, of the words that were given; the fields of others are 0. */
  has = 0;
  x = 0;
  y = 0;
  z = 0;
  e = 0;
  f = 0;
  /** Words with other letters, as typed: axes that modules have added. */
  others: GcodeParams | undefined = undefined;
  line: MoveLine;

  constructor(line: MoveLine) {
    this.line = line;
  }

  clear(): void {
    this.has = 0;
    this.x = 0;
    this.y = 0;
    this.z = 0;
    this.e = 0;
    this.f = 0;
    this.others = undefined;
  }

  set(letter: MoveLetter, value: number): void {
    switch (letter) {
      case "X":
        this.x = value;
        this.has |= HAS_X;
        break;
      case "Y":
        this.y = value;
        this.has |= HAS_Y;
        break;
      case "Z":
        this.z = value;
        this.has |= HAS_Z;
        break;
      case "E":
        this.e = value;
        this.has |= HAS_E;
        break;
      case "F":
        this.f = value;
        this.has |= HAS_F;
        break;
    }
  }
}

/** Whether the letter has a field of its own in `MoveWords`. */
export function isMoveLetter(letter: string): letter is MoveLetter {
  return letter === "X" || letter === "Y" || letter === "Z" || letter === "E" || letter === "F";
}
