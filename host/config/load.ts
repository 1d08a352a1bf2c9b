// thread: any
import { basename, dirname, join, relative, resolve } from "node:path";
import { HostError, isHostError, type Place } from "../shared/errors.js";
import { suggest } from "../shared/suggest.js";
import type { ConfigFiles } from "./files.js";
import { expandPattern, isPattern } from "./glob.js";
import { type FileSyntax, type IncludeSyntax, type OptionSyntax, parseConfig, type SectionSyntax } from "./parse.js";
import { decodeText } from "./text.js";

/** An option as it counts: of all places that set it, the one that wins. */
export interface ConfigOption {
  readonly name: string;
  readonly value: string;
  readonly file: string;
  readonly line: number;
  /** Line of `file` for each line of `value`. */
  readonly lines: readonly number[];
  /** Whether SAVE_CONFIG wrote it. */
  readonly isSaved: boolean;
}

/** All options that any file gives to one section. */
export interface ConfigSection {
  /** As first written, case and all. */
  readonly name: string;
  readonly place: Place;
  readonly options: ReadonlyMap<string, ConfigOption>;
}

/** Something the owner may want to know that is no error. */
export interface ConfigNotice {
  readonly place: Place;
  readonly text: string;
}

/** A file of the configuration: its path on the disk and what it says. */
export interface ConfigFile {
  readonly path: string;
  readonly syntax: FileSyntax;
}

/** printer.cfg with its includes, merged. */
export interface ConfigTree {
  /** Absolute path of the main file. */
  readonly path: string;
  /** Every file once, the main one first. Empty when it cannot be read. */
  readonly files: readonly ConfigFile[];
  readonly sections: ReadonlyMap<string, ConfigSection>;
  readonly errors: readonly HostError[];
  readonly notices: readonly ConfigNotice[];
}

interface SectionDraft {
  readonly name: string;
  readonly place: Place;
  readonly options: Map<string, ConfigOption>;
}

class TreeBuilder {
  readonly sections = new Map<string, SectionDraft>();
  readonly files = new Map<string, ConfigFile>();
  readonly errors: HostError[] = [];
  readonly notices: ConfigNotice[] = [];
  readonly #main: string;
  readonly #source: ConfigFiles;

  constructor(main: string, source: ConfigFiles) {
    this.#main = main;
    this.#source = source;
  }

  /** `above` are the files that include this one, `from` the line that does. */
  async addFile(path: string, above: readonly string[], from: Place | undefined): Promise<void> {
    const syntax = await this.#syntax(path, from);
    if (syntax === undefined) return;
    for (const statement of syntax.statements) {
      if (statement.kind === "section") this.#merge(syntax.file, statement, false);
      else await this.#include(path, syntax, statement, above);
    }
  }

  /** What SAVE_CONFIG stored counts where no other line sets the option. */
  addSaved(): void {
    const main = this.files.get(this.#main)?.syntax;
    for (const section of main?.saved?.sections ?? []) this.#merge(main?.file ?? "", section, true);
  }

  async #syntax(path: string, from: Place | undefined): Promise<FileSyntax | undefined> {
    const known = this.files.get(path);
    if (known !== undefined) return known.syntax;
    let bytes: Uint8Array;
    try {
      bytes = await this.#source.read(path);
    } catch (error) {
      if (!isHostError(error)) throw error;
      this.errors.push(from === undefined ? error : error.at(from));
      return undefined;
    }
    const file = this.#display(path);
    const decoded = decodeText(bytes);
    if ("badLine" in decoded) {
      this.errors.push(
        new HostError("CFG_SYNTAX", "the line has bytes that are not UTF-8 text", {
          details: { text: "" },
          fix: "save the file as UTF-8 in your editor",
          place: { file, line: decoded.badLine },
        }),
      );
      return undefined;
    }
    const syntax = parseConfig(file, decoded.text, path === this.#main);
    this.files.set(path, { path, syntax });
    this.errors.push(...syntax.errors);
    return syntax;
  }

  async #include(path: string, syntax: FileSyntax, include: IncludeSyntax, above: readonly string[]): Promise<void> {
    const place = { file: syntax.file, line: include.line };
    const wanted = resolve(dirname(path), include.pattern);
    const paths = isPattern(wanted) ? await this.#expand(wanted, include, place) : [wanted];
    for (const found of paths) {
      if (found !== path && !above.includes(found)) {
        if (await this.#exists(found, include, place)) await this.addFile(found, [...above, path], place);
        continue;
      }
      this.errors.push(
        new HostError("CFG_INCLUDE_LOOP", `'${this.#display(found)}' includes itself, by way of this line`, {
          details: { path: found },
          fix: "remove one of the includes",
          place,
        }),
      );
    }
  }

  async #expand(pattern: string, include: IncludeSyntax, place: Place): Promise<readonly string[]> {
    try {
      const paths = await expandPattern(pattern, this.#source.list);
      if (paths.length === 0) this.notices.push({ place, text: `no file matches '${include.pattern}'` });
      return paths;
    } catch (error) {
      if (!isHostError(error)) throw error;
      this.errors.push(error.at(place));
      return [];
    }
  }

  /** An include of a file that is not there is reported with the name that was probably meant. */
  async #exists(path: string, include: IncludeSyntax, place: Place): Promise<boolean> {
    if (this.files.has(path)) return true;
    const names = await this.#source.list(dirname(path)).catch(() => [basename(path)]);
    if (names.includes(basename(path))) return true;
    const similar = suggest(basename(path), names);
    this.errors.push(
      new HostError("CFG_FILE_UNREADABLE", `the included file '${include.pattern}' does not exist`, {
        details: { path, reason: "there is no such file" },
        fix:
          similar === undefined
            ? `put the file into '${dirname(path)}' or remove the include`
            : `did you mean '${join(dirname(include.pattern), similar)}'?`,
        place,
      }),
    );
    return false;
  }

  #merge(file: string, syntax: SectionSyntax, isSaved: boolean): void {
    let section = this.sections.get(syntax.name);
    if (section === undefined) {
      section = { name: syntax.name, place: { file, line: syntax.line }, options: new Map() };
      this.sections.set(syntax.name, section);
    }
    const here = new Map<string, OptionSyntax>();
    for (const option of syntax.options) {
      const twice = here.get(option.name);
      here.set(option.name, option);
      const other = section.options.get(option.name);
      const place = { file, line: option.line };
      if (twice !== undefined) {
        const text = `option '${option.name}' is also set in line ${twice.line}; this line counts`;
        this.notices.push({ place, text });
      } else if (isSaved && other?.isSaved === false) {
        const text = `saved option '${option.name}' does not count: ${other.file}:${other.line} sets it too`;
        this.notices.push({ place, text });
        continue;
      }
      const { name, value, line, lines } = option;
      section.options.set(name, { name, value, file, line, lines, isSaved });
    }
  }

  #display(path: string): string {
    const shown = relative(dirname(this.#main), path);
    return shown.startsWith("../..") ? path : shown;
  }
}

/**
 * Reads printer.cfg (an absolute or relative path) and everything it includes. Never throws for what the files say
 * or lack: all problems are in `errors`, so that they can be reported together with those of the options.
 */
export async function loadConfig(path: string, files: ConfigFiles): Promise<ConfigTree> {
  const main = resolve(path);
  const builder = new TreeBuilder(main, files);
  await builder.addFile(main, [], undefined);
  builder.addSaved();
  return {
    path: main,
    files: [...builder.files.values()],
    sections: builder.sections,
    errors: builder.errors,
    notices: builder.notices,
  };
}
