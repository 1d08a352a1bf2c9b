// thread: any
import { type FileSyntax, parseConfig, SAVED_MARKER, SAVED_PREFIX, type SectionSyntax } from "./parse.js";
import { linesOf } from "./text.js";

/** A value to be stored for an option, or `null` to remove what is stored. */
export interface SavedChange {
  readonly section: string;
  readonly option: string;
  readonly value: string | null;
}

/** Where an option was taken out of the owner's own text. */
export interface CommentedOut {
  readonly file: string;
  readonly line: number;
  readonly section: string;
  readonly option: string;
}

/** A file's text after an edit. */
export interface EditedText {
  readonly text: string;
  readonly commentedOut: readonly CommentedOut[];
}

/** Replaces `start` to `end` of a text. */
interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const PROSE = "#*# DO NOT EDIT THIS BLOCK OR BELOW. The contents are auto-generated.";

/** Applies splices that do not overlap; those at one place keep their order. */
function applySplices(text: string, splices: readonly Splice[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const splice of [...splices].sort((a, b) => a.start - b.start || a.end - b.end)) {
    pieces.push(text.slice(at, splice.start), splice.text);
    at = splice.end;
  }
  pieces.push(text.slice(at));
  return pieces.join("");
}

/** Lines of an option as the block holds it, without the last line end. */
export function encodeSaved(option: string, value: string, lineEnd: string): string {
  const [first = "", ...more] = value.split("\n");
  const lines = [`${SAVED_PREFIX} ${option} = ${first}`.trimEnd()];
  for (const line of more) lines.push(line === "" ? SAVED_PREFIX : `${SAVED_PREFIX} \t${line}`);
  return lines.join(lineEnd);
}

/** The value as it will read back: without white space around its lines and without empty lines at the end. */
export function normalizeSaved(value: string): string {
  return value
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .join("\n")
    .replace(/\n+$/, "");
}

/** Whether the block can hold the value under these names, that is, whether it reads back. */
export function canSave(section: string, option: string, value: string): boolean {
  const text = [SAVED_MARKER, `${SAVED_PREFIX} [${section}]`, encodeSaved(option, value, "\n"), ""].join("\n");
  const { saved, statements, errors } = parseConfig("", text);
  const [read, ...others] = saved?.sections ?? [];
  const [found, ...more] = read?.options ?? [];
  const isAlone = others.length === 0 && more.length === 0 && statements.length === 0 && errors.length === 0;
  return isAlone && read?.name === section && found?.name === option && found.value === value;
}

function commentLines(text: string): string {
  let result = "";
  for (const { start, end, next } of linesOf(text)) {
    const line = text.slice(start, end);
    const isCode = line.trim() !== "" && !line.trimStart().startsWith("#");
    result += (isCode ? "#" : "") + text.slice(start, next);
  }
  return result;
}

const changeKey = (section: string, option: string): string => JSON.stringify([section, option]);

/** Puts a `#` in front of each line of the options that `changes` name; lines that are comments stay as they are. */
function commentOut(syntax: FileSyntax, changes: readonly SavedChange[], splices: Splice[]): readonly CommentedOut[] {
  const named = new Set(changes.map(({ section, option }) => changeKey(section, option)));
  const commentedOut: CommentedOut[] = [];
  for (const statement of syntax.statements) {
    if (statement.kind !== "section") continue;
    for (const { name, line, start, end } of statement.options) {
      if (!named.has(changeKey(statement.name, name))) continue;
      commentedOut.push({ file: syntax.file, line, section: statement.name, option: name });
      splices.push({ start, end, text: commentLines(syntax.text.slice(start, end)) });
    }
  }
  return commentedOut;
}

/** Offset after the line end that follows `end`. */
function afterLine(text: string, end: number): number {
  if (text.startsWith("\r\n", end)) return end + 2;
  return end < text.length ? end + 1 : end;
}

/** Offset where the line above `start` starts, and that line without its line end. */
function lineAbove(text: string, start: number): { readonly start: number; readonly line: string } {
  let end = start;
  if (text.charAt(end - 1) === "\n") end--;
  if (text.charAt(end - 1) === "\r") end--;
  const above = Math.max(text.lastIndexOf("\n", end - 1), text.lastIndexOf("\r", end - 1)) + 1;
  return end === start || end === 0 ? { start, line: "" } : { start: above, line: text.slice(above, end) };
}

/** Takes a section of the block out, with the bare line that sets it apart from the one above. */
function removeSection({ text }: FileSyntax, section: SectionSyntax): Splice {
  const end = section.options[section.options.length - 1]?.end ?? section.end;
  const above = lineAbove(text, section.start);
  const start = above.line.trimEnd() === SAVED_PREFIX ? above.start : section.start;
  return { start, end: afterLine(text, end), text: "" };
}

/** The splices that make one section of the block say what `changes` (all of that section) want. */
function editSection(syntax: FileSyntax, blocks: readonly SectionSyntax[], changes: readonly SavedChange[]): Splice[] {
  const { text, lineEnd } = syntax;
  const wanted = new Map(changes.map(({ option, value }) => [option, value]));
  const options = blocks.flatMap((block) => block.options);
  const isLeft = options.some(({ name }) => wanted.get(name) !== null) || changes.some(({ value }) => value !== null);
  if (!isLeft) return blocks.map((block) => removeSection(syntax, block));
  const splices: Splice[] = [];
  const written = new Set<string>();
  const last = blocks[blocks.length - 1];
  let at = last?.end ?? 0;
  // Of an option that is there twice the last one counts: it stays, the others go.
  for (const option of options.toReversed()) {
    const value = wanted.get(option.name);
    if (value === null || (value !== undefined && written.has(option.name))) {
      splices.push({ start: option.start, end: afterLine(text, option.end), text: "" });
      continue;
    }
    at = Math.max(at, option.end);
    if (value === undefined) continue;
    written.add(option.name);
    if (value === option.value) continue;
    splices.push({ start: option.start, end: option.end, text: encodeSaved(option.name, value, lineEnd) });
  }
  for (const { option, value } of changes) {
    if (value === null || written.has(option)) continue;
    splices.push({ start: at, end: at, text: lineEnd + encodeSaved(option, value, lineEnd) });
  }
  return splices;
}

function newSection(section: string, changes: readonly SavedChange[], lineEnd: string): string {
  const lines = [SAVED_PREFIX, `${SAVED_PREFIX} [${section}]`];
  for (const { option, value } of changes) if (value !== null) lines.push(encodeSaved(option, value, lineEnd));
  return lines.join(lineEnd);
}

/** The line ends needed so that a block after `text` starts on a line of its own with an empty line above. */
function gapAfter(text: string, lineEnd: string): string {
  if (text === "" || /(?:^|\n|\r)[^\S\r\n]*(?:\r\n|\n|\r)$/.test(text)) return "";
  return /[\n\r]$/.test(text) ? lineEnd : lineEnd + lineEnd;
}

/** The splices that make the block of the main file say what `changes` want. */
function editBlock(syntax: FileSyntax, changes: readonly SavedChange[]): readonly Splice[] {
  const { text, saved, lineEnd } = syntax;
  const bySection = new Map<string, SavedChange[]>();
  for (const change of changes) bySection.set(change.section, [...(bySection.get(change.section) ?? []), change]);
  const splices: Splice[] = [];
  const added: string[] = [];
  for (const [name, own] of bySection) {
    const blocks = saved?.sections.filter((section) => section.name === name) ?? [];
    if (blocks.length > 0) splices.push(...editSection(syntax, blocks, own));
    else if (own.some(({ value }) => value !== null)) added.push(newSection(name, own, lineEnd));
  }
  if (added.length > 0 && saved !== undefined) {
    splices.push({ start: saved.end, end: saved.end, text: lineEnd + added.join(lineEnd) });
  } else if (added.length > 0) {
    const block = [SAVED_MARKER, PROSE, ...added].join(lineEnd);
    splices.push({ start: text.length, end: text.length, text: gapAfter(text, lineEnd) + block + lineEnd });
  }
  return splices;
}

/**
 * Makes a file agree with `changes`: options that they name are commented out of the owner's own text, and the main
 * file's block says what they want. Everything else stays byte for byte.
 */
export function applyChanges(syntax: FileSyntax, changes: readonly SavedChange[], isMain: boolean): EditedText {
  const splices = isMain ? [...editBlock(syntax, changes)] : [];
  const commentedOut = commentOut(syntax, changes, splices);
  return { text: applySplices(syntax.text, splices), commentedOut };
}
