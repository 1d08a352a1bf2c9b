// thread: any
import type { GcodeCommand } from "./gcode-command.js";
import { isMoveLetter, MoveWords } from "./move-words.js";
import type { GcodeParams } from "./parse-line.js";

/**
 * The words of a move that `parseMove` left alone, as `parseMove` would give them: the same numbers, and words with
 * other letters in `others`. Words of several letters mean nothing. Throws GCODE_PARAMETER_TYPE for what is no number.
 */
export function readMove(command: GcodeCommand): MoveWords {
  const { line, text } = command;
  const words = new MoveWords({ line, position: command.position, text: () => text });
  const others = new Map<string, string>();
  const own = command.name.charAt(0);
  for (const [letter, value] of command.params) {
    if (isMoveLetter(letter)) words.set(letter, command.float(letter));
    else if (letter.length === 1 && letter !== own && letter !== "*") others.set(letter, value);
  }
  const found: GcodeParams | undefined = others.size === 0 ? undefined : others;
  words.others = found;
  return words;
}
