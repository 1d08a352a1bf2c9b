// thread: any
import type { OptionDeclaration } from "./declaration.js";
import type { DeclarationSink, OptionSink } from "./option-source.js";
import { PinTable } from "./pins.js";
import { type SectionLookup, SectionReader } from "./section-reader.js";

/** More runs than any module needs: a module with 20 choices of 5 each takes 100. */
const MAX_RUNS = 400;

/** Options that count as set, by "kind option"; `undefined` as text when only their being there is pretended. */
type Pretence = ReadonlyMap<string, string | undefined>;

const key = (section: string, option: string): string => `${section} ${option}`;

/** One run of a module's `options()` under a pretence: what it reads, and which other pretences are worth a run. */
class Run implements DeclarationSink {
  readonly found = new Map<string, Omit<OptionDeclaration, "when">>();
  readonly branches: Pretence[] = [];
  readonly #pretence: Pretence;

  constructor(pretence: Pretence) {
    this.#pretence = pretence;
  }

  add(declaration: Omit<OptionDeclaration, "when">): void {
    const { section, option, type, choices, fallback } = declaration;
    const name = key(section, option.toLowerCase());
    if (!this.found.has(name)) this.found.set(name, declaration);
    if (type === "choice") for (const choice of choices) if (choice !== fallback) this.#branch(name, choice);
    if (type === "True or False") this.#branch(name, fallback === true ? "False" : "True");
  }

  asksFor(section: string, option: string): boolean {
    const name = key(section, option);
    this.#branch(name, undefined);
    return this.#pretence.has(name);
  }

  pretended(section: string, option: string): string | undefined {
    return this.#pretence.get(key(section, option));
  }

  #branch(name: string, text: string | undefined): void {
    if (!this.#pretence.has(name)) this.branches.push(new Map([...this.#pretence, [name, text]]));
  }
}

function describe(pretence: Pretence): readonly string[] {
  return [...pretence].map(([name, text]) => {
    const option = name.slice(name.indexOf(" ") + 1);
    return text === undefined ? `${option} is set` : `${option}: ${text}`;
  });
}

function readUnder(run: Run, name: string, read: (section: SectionReader) => unknown): void {
  const ignore = () => undefined;
  const sink: OptionSink = { report: ignore, warn: ignore, pins: new PinTable(ignore), declarations: run };
  const open = (section: string): SectionReader =>
    new SectionReader({ name: section, place: {}, options: new Map() }, sink, lookup);
  const none = () => [];
  const lookup: SectionLookup = {
    has: () => false,
    section: open,
    optional: ignore,
    ofKind: none,
    startingWith: none,
  };
  read(open(name));
}

/**
 * Every option that `read` (a module's `options()`) can ask for, found without a configuration: it runs once with
 * defaults and once more for each choice, switch and `has` that it meets, so that options read only then are found
 * too; their `when` says so. Options come in the order in which they are read, sections of other kinds included.
 */
export function declareOptions(name: string, read: (section: SectionReader) => unknown): readonly OptionDeclaration[] {
  const found = new Map<string, OptionDeclaration>();
  const queue: Pretence[] = [new Map()];
  const seen = new Set<string>();
  for (let runs = 0; runs < MAX_RUNS; runs++) {
    const pretence = queue.shift();
    if (pretence === undefined) break;
    const run = new Run(pretence);
    readUnder(run, name, read);
    let isNew = pretence.size === 0;
    for (const [option, declaration] of run.found) {
      if (found.has(option)) continue;
      found.set(option, { ...declaration, when: describe(pretence) });
      isNew = true;
    }
    // What a branch shows only together with another one matters only when the first one showed something.
    if (!isNew) continue;
    for (const branch of run.branches) {
      const id = JSON.stringify([...branch]);
      if (seen.has(id)) continue;
      seen.add(id);
      queue.push(branch);
    }
  }
  return [...found.values()];
}
