// thread: any
import { HostError } from "../shared/errors.js";
import { lineEndOf, linesOf } from "./text.js";

/** One `name: value` of a file, with where it stands so that it can be edited in place. */
export interface OptionSyntax {
  /** Lower case, as options are looked up. */
  readonly name: string;
  /** Lines joined with LF, each without its indentation and comments; without blank lines at the end. */
  readonly value: string;
  /** Line of the option's name. */
  readonly line: number;
  /** Line of the file for each line of `value`. */
  readonly lines: readonly number[];
  /** Offsets of its text: from the start of its first line to the end of its last one that is not blank. */
  readonly start: number;
  readonly end: number;
}

/** One `[name]` and the options below it. A name may occur again, in this file or another. */
export interface SectionSyntax {
  readonly kind: "section";
  readonly name: string;
  readonly line: number;
  /** Offsets of the header's line. */
  readonly start: number;
  readonly end: number;
  readonly options: readonly OptionSyntax[];
}

/** One `[include pattern]`. */
export interface IncludeSyntax {
  readonly kind: "include";
  readonly pattern: string;
  readonly line: number;
}

/** The `#*#` lines that SAVE_CONFIG owns. */
export interface SavedBlock {
  readonly sections: readonly SectionSyntax[];
  /** Offsets from the start of the marker line to the end of the last `#*#` line. */
  readonly start: number;
  readonly end: number;
}

/** What one file says. Nothing is interpreted: sections may repeat, values are text. */
export interface FileSyntax {
  /** The file's name as errors show it. */
  readonly file: string;
  readonly text: string;
  readonly statements: readonly (SectionSyntax | IncludeSyntax)[];
  readonly saved: SavedBlock | undefined;
  /** What cannot be understood; the rest of the file is there all the same. */
  readonly errors: readonly HostError[];
  readonly lineEnd: "\n" | "\r\n";
}

/** The line that starts the block of SAVE_CONFIG. */
export const SAVED_MARKER = "#*# <---------------------- SAVE_CONFIG ---------------------->";
/** What each line of that block starts with. */
export const SAVED_PREFIX = "#*#";

const MARKER = /^#\*# <-+ SAVE_CONFIG -+>\s*$/;
/** The name reaches to the last bracket, so that a name may hold one. */
const HEADER = /^\[(.*)\]/;
const INCLUDE = /^include\s+(.+)$/;
const BYTE_ORDER_MARK = "\ufeff";

interface OptionDraft {
  readonly name: string;
  readonly line: number;
  readonly start: number;
  end: number;
  readonly pieces: string[];
  readonly lines: number[];
}

interface SectionDraft {
  readonly kind: "section";
  readonly name: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly options: OptionSyntax[];
}

interface Junk {
  readonly text: string;
  readonly line: number;
  count: number;
}

/** Where a `;` starts a comment: at the start of the line or after white space. -1 when nowhere. */
function commentStart(line: string): number {
  for (let at = line.indexOf(";"); at >= 0; at = line.indexOf(";", at + 1)) {
    if (at === 0 || line.charAt(at - 1).trim() === "") return at;
  }
  return -1;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Reads lines one after the other; used once for the owner's text and once for the block of SAVE_CONFIG. */
class LineScanner {
  readonly statements: (SectionSyntax | IncludeSyntax)[] = [];
  readonly errors: HostError[] = [];
  readonly #file: string;
  readonly #saved: boolean;
  #section: SectionDraft | undefined;
  #option: OptionDraft | undefined;
  #indent = 0;
  #junk: Junk | undefined;

  constructor(file: string, saved: boolean) {
    this.#file = file;
    this.#saved = saved;
  }

  /** `content` is the line as the owner means it, `start` and `end` where the whole line stands in the file. */
  feed(content: string, line: number, start: number, end: number): void {
    const hash = content.indexOf("#");
    const code = hash < 0 ? content : content.slice(0, hash);
    const comment = commentStart(code);
    const value = (comment < 0 ? code : code.slice(0, comment)).trim();
    if (value === "") {
      // A `;` comment leaves no trace in a value; a blank line and a `#` comment count as an empty line.
      if (comment < 0 && this.#option !== undefined) {
        this.#option.pieces.push("");
        this.#option.lines.push(line);
      }
      return;
    }
    const indent = code.length - code.trimStart().length;
    if (this.#option !== undefined && indent > this.#indent) {
      this.#option.pieces.push(value);
      this.#option.lines.push(line);
      this.#option.end = end;
      return;
    }
    this.#indent = indent;
    const header = value.startsWith("[") ? HEADER.exec(value) : null;
    if (header?.[1] !== undefined) this.#openSection(header[1].trim(), value, line, start, end);
    else this.#openOption(value, line, start, end);
  }

  finish(): void {
    this.#closeOption();
    this.#section = undefined;
    this.#closeJunk();
  }

  #openSection(name: string, text: string, line: number, start: number, end: number): void {
    this.finish();
    const pattern = INCLUDE.exec(name)?.[1];
    if (name === "") {
      this.#fault(line, text, "a section header has no name", "write a name between the brackets, as in [fan]");
    } else if (pattern !== undefined && this.#saved) {
      this.#fault(line, text, "the SAVE_CONFIG block has an include", "move the include above the SAVE_CONFIG block");
    } else if (pattern !== undefined) {
      this.statements.push({ kind: "include", pattern: pattern.trim(), line });
    } else {
      this.#section = { kind: "section", name, line, start, end, options: [] };
      this.statements.push(this.#section);
    }
  }

  #openOption(text: string, line: number, start: number, end: number): void {
    const delimiter = text.search(/[:=]/);
    if (delimiter <= 0) {
      this.#addJunk(text, line, delimiter);
      return;
    }
    this.#closeOption();
    this.#closeJunk();
    const name = text.slice(0, delimiter).trimEnd().toLowerCase();
    if (this.#section === undefined) {
      // The first lines of the block are prose for people who open the file.
      if (this.#saved) return;
      this.#fault(
        line,
        text,
        `option '${shorten(name)}' stands below no section`,
        "put it below a section header such as [printer]; an include ends the section above it",
      );
      return;
    }
    const first = text.slice(delimiter + 1).trimStart();
    this.#option = { name, line, start, end, pieces: [first], lines: [line] };
  }

  #closeOption(): void {
    const option = this.#option;
    this.#option = undefined;
    if (option === undefined) return;
    const { pieces, lines } = option;
    while (pieces.length > 1 && pieces[pieces.length - 1] === "") {
      pieces.pop();
      lines.pop();
    }
    const { name, line, start, end } = option;
    this.#section?.options.push({ name, value: pieces.join("\n"), line, lines, start, end });
  }

  /** Lines in a row that make no sense are one problem: mostly a macro that is not indented. */
  #addJunk(text: string, line: number, delimiter: number): void {
    if (this.#saved && this.#section === undefined) return;
    if (delimiter === 0) {
      this.#closeJunk();
      this.#fault(line, text, `'${shorten(text)}' has no option name`, "write a name before the colon");
    } else if (this.#junk !== undefined && this.#junk.line + this.#junk.count === line) {
      this.#junk.count++;
    } else {
      this.#closeJunk();
      this.#junk = { text, line, count: 1 };
    }
  }

  #closeJunk(): void {
    const junk = this.#junk;
    this.#junk = undefined;
    if (junk === undefined) return;
    const more = junk.count === 1 ? "" : `, and so are the ${junk.count - 1} lines below it`;
    if (junk.text.startsWith("[")) {
      this.#fault(
        junk.line,
        junk.text,
        `'${shorten(junk.text)}' has no closing bracket${more}`,
        "end the section header with ]",
      );
      return;
    }
    this.#fault(
      junk.line,
      junk.text,
      `'${shorten(junk.text)}' is neither a section nor an option${more}`,
      this.#saved
        ? "remove the line from the SAVE_CONFIG block"
        : "start the line with spaces if it belongs to the option above, or with # if it is a note",
    );
  }

  #fault(line: number, text: string, message: string, fix: string): void {
    this.errors.push(
      new HostError("CFG_SYNTAX", message, { details: { text }, fix, place: { file: this.#file, line } }),
    );
  }
}

function isSection(statement: SectionSyntax | IncludeSyntax): statement is SectionSyntax {
  return statement.kind === "section";
}

/**
 * What `text` says, in time linear in its length. Never throws: problems are in `errors`, each with its line.
 * The SAVE_CONFIG block is looked for when `isMain`; elsewhere its lines are comments.
 */
export function parseConfig(file: string, text: string, isMain = true): FileSyntax {
  const regular = new LineScanner(file, false);
  const saved = new LineScanner(file, true);
  let block: { readonly start: number; end: number } | undefined;
  let line = 0;
  for (const { start, end } of linesOf(text)) {
    line++;
    let content = text.slice(start, end);
    if (line === 1 && content.startsWith(BYTE_ORDER_MARK)) content = content.slice(1);
    if (!isMain || !content.startsWith(SAVED_PREFIX)) {
      regular.feed(content, line, start, end);
    } else if (MARKER.test(content)) {
      block ??= { start, end };
      block.end = end;
      saved.finish();
    } else if (block !== undefined) {
      block.end = end;
      const inner = content.slice(SAVED_PREFIX.length);
      saved.feed(inner.startsWith(" ") ? inner.slice(1) : inner, line, start, end);
    } else {
      regular.feed(content, line, start, end);
    }
  }
  regular.finish();
  saved.finish();
  return {
    file,
    text,
    statements: regular.statements,
    saved: block === undefined ? undefined : { sections: saved.statements.filter(isSection), ...block },
    errors: [...regular.errors, ...saved.errors].sort((a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0)),
    lineEnd: lineEndOf(text),
  };
}
