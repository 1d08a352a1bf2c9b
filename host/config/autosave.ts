// thread: host
import { basename, dirname, extname, join, resolve } from "node:path";
import { HostError } from "../shared/errors.js";
import type { ConfigFiles } from "./files.js";
import { type ConfigTree, loadConfig } from "./load.js";
import { applyChanges, type CommentedOut, canSave, normalizeSaved, type SavedChange } from "./saved-block.js";
import type { ConfigStore, PreparedFile } from "./store.js";

/** What a save did. */
export interface SaveReport {
  /** False when every value was in the files already. */
  readonly isWritten: boolean;
  /** Copies of the changed files as they were before. */
  readonly backups: readonly string[];
  /** Options that were taken out of the owner's own text, because it would override what is saved. */
  readonly commentedOut: readonly CommentedOut[];
}

const NOTHING: SaveReport = { isWritten: false, backups: [], commentedOut: [] };

/** One value per section and option; `null` where it is to be removed. */
type Pending = Map<string, Map<string, string | null>>;

/** A file to be replaced. */
interface Replacement {
  readonly path: string;
  readonly text: string;
}

/**
 * The values that SAVE_CONFIG will store at the end of printer.cfg. They are kept until `save` has them on the disk;
 * when it fails, the files are as they were and the values still pending.
 */
export class Autosave {
  readonly #path: string;
  readonly #store: ConfigStore;
  #pending: Pending = new Map();
  /** What a running save is writing. */
  #saving: Pending = new Map();
  /** Saves run one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  /** `path` is the main configuration file. */
  constructor(path: string, store: ConfigStore) {
    this.#path = resolve(path);
    this.#store = store;
  }

  /**
   * Keeps a value for the next save. Throws CFG_SAVE for a text that the file cannot hold: one with a comment in it,
   * or a name with a bracket.
   */
  set(section: string, option: string, value: string | number | boolean): void {
    const name = option.toLowerCase();
    const text = normalizeSaved(typeof value === "boolean" ? (value ? "True" : "False") : String(value));
    if (!canSave(section, name, text)) {
      const reason = "it would not read back as it is";
      throw new HostError(
        "CFG_SAVE",
        `the value of option '${name}' in section '${section}' cannot be saved: ${reason}`,
        {
          details: { path: this.#path, reason },
          fix: "use a text without # and without a ; after a space",
        },
      );
    }
    this.#put(section, name, text);
  }

  /** Removes an option at the next save, wherever it is set. */
  remove(section: string, option: string): void {
    this.#put(section, option.toLowerCase(), null);
  }

  /** Removes every option that `tree` or a pending value gives to the section. */
  removeSection(section: string, tree: ConfigTree): void {
    for (const option of this.#all().get(section)?.keys() ?? []) this.remove(section, option);
    for (const option of tree.sections.get(section)?.options.keys() ?? []) this.remove(section, option);
  }

  /** The pending value, `null` when it is to be removed, `undefined` when nothing is pending. */
  get(section: string, option: string): string | null | undefined {
    return this.#all().get(section)?.get(option.toLowerCase());
  }

  /** Forgets what is pending. */
  discard(): void {
    this.#pending = new Map();
  }

  /** `configfile.save_config_pending`. */
  get hasPending(): boolean {
    return this.#pending.size > 0 || this.#saving.size > 0;
  }

  /** `configfile.save_config_pending_items`. */
  get pendingItems(): Readonly<Record<string, Readonly<Record<string, string | null>>>> {
    return Object.fromEntries([...this.#all()].map(([section, own]) => [section, Object.fromEntries(own)]));
  }

  /**
   * Writes what is pending into the block at the end of the main file, and puts a # in front of every other line
   * that sets one of these options, in included files too: such a line would win over the block. Reads the files
   * afresh, so what the owner has edited since the start is kept. `now` names the backup. Throws CFG_SAVE or
   * CFG_FILE_UNREADABLE; then no file has changed.
   */
  save(now: Date): Promise<SaveReport> {
    const run = this.#last.then(() => this.#save(now));
    // The next save starts when this one is over, however it ended.
    this.#last = run.catch(() => undefined);
    return run;
  }

  #put(section: string, option: string, value: string | null): void {
    const own = this.#pending.get(section) ?? new Map<string, string | null>();
    this.#pending.set(section, own.set(option, value));
  }

  /** What is pending, also while it is being written. */
  #all(): Pending {
    const all: Pending = new Map([...this.#saving].map(([section, own]) => [section, new Map(own)]));
    for (const [section, own] of this.#pending) all.set(section, new Map([...(all.get(section) ?? []), ...own]));
    return all;
  }

  /** A value that is set while this runs stays pending, whatever becomes of the others. */
  async #save(now: Date): Promise<SaveReport> {
    this.#saving = this.#pending;
    this.#pending = new Map();
    try {
      return await this.#write(this.#saving, now);
    } catch (error) {
      this.#pending = this.#all();
      throw error;
    } finally {
      this.#saving = new Map();
    }
  }

  async #write(pending: Pending, now: Date): Promise<SaveReport> {
    const tree = await loadConfig(this.#path, this.#store);
    if (tree.files[0]?.path !== tree.path) throw tree.errors[0] ?? this.#refusal("it cannot be read", "check the file");
    const changes = neededChanges(pending, tree);
    if (changes.length === 0) return NOTHING;
    const commentedOut: CommentedOut[] = [];
    const replacements: Replacement[] = [];
    for (const { path, syntax } of tree.files) {
      const edited = applyChanges(syntax, changes, path === tree.path);
      commentedOut.push(...edited.commentedOut);
      if (edited.text !== syntax.text) replacements.push({ path, text: edited.text });
    }
    await this.#verify(tree, changes, replacements);
    const backups = await this.#replace(replacements, now);
    return { isWritten: true, backups, commentedOut };
  }

  #refusal(reason: string, fix: string, cause?: unknown): HostError {
    const details = { path: this.#path, reason };
    return new HostError("CFG_SAVE", `'${basename(this.#path)}' could not be saved: ${reason}`, {
      details,
      fix,
      cause,
    });
  }

  /** The last line of defence: what the new files say must be what the old ones said, but for the changes. */
  async #verify(tree: ConfigTree, changes: readonly SavedChange[], files: readonly Replacement[]): Promise<void> {
    const texts = new Map(files.map(({ path, text }) => [path, text]));
    const overlay: ConfigFiles = {
      list: this.#store.list,
      read: async (path) => {
        const text = texts.get(path);
        return text === undefined ? await this.#store.read(path) : new TextEncoder().encode(text);
      },
    };
    const wanted = valuesOf(tree);
    for (const { section, option, value } of changes) {
      const key = valueKey(section, option);
      if (value === null) wanted.delete(key);
      else wanted.set(key, value);
    }
    const found = valuesOf(await loadConfig(this.#path, overlay));
    const isSame = found.size === wanted.size && [...wanted].every(([key, value]) => found.get(key) === value);
    if (!isSame) throw this.#refusal("saving would change other options", "check the lines near the saved options");
  }

  async #replace(files: readonly Replacement[], now: Date): Promise<readonly string[]> {
    const prepared: PreparedFile[] = [];
    const backups: string[] = [];
    let committed = 0;
    try {
      for (const { path, text } of files)
        prepared.push(await this.#store.prepare(path, new TextEncoder().encode(text)));
      for (const { path } of files) backups.push(await this.#backUp(path, now));
      for (const file of prepared) {
        await file.commit();
        committed++;
      }
      return backups;
    } catch (error) {
      for (const file of prepared.slice(committed)) await file.discard();
      if (committed === 0) throw error;
      // The main file comes first: the values are in its block, but lines of the other files still win over them.
      const others = files.slice(committed).map(({ path }) => `'${path}'`);
      const reason = `lines of ${others.join(" and ")} could not be changed and still win over what was saved`;
      const fix = "put a # in front of the lines there that set the same options, or run SAVE_CONFIG again";
      throw this.#refusal(reason, fix, error);
    }
  }

  async #backUp(path: string, now: Date): Promise<string> {
    const extension = extname(path);
    const stem = basename(path, extension);
    const isMain = path === this.#path;
    const names = await this.#store.list(dirname(path));
    for (let n = 1; ; n++) {
      const stamp = `${timestamp(now)}${n === 1 ? "" : `-${n}`}`;
      // A copy of an included file must not look like one: an include of the whole folder would read it as well.
      const backup = isMain ? `${stem}-${stamp}${extension}` : `${stem}${extension}.${stamp}.bak`;
      if (names.includes(backup)) continue;
      await this.#store.copy(path, join(dirname(path), backup));
      return join(dirname(path), backup);
    }
  }
}

function valueKey(section: string, option: string): string {
  return JSON.stringify([section, option]);
}

function valuesOf(tree: ConfigTree): Map<string, string> {
  const values = new Map<string, string>();
  for (const { name, options } of tree.sections.values()) {
    for (const option of options.values()) values.set(valueKey(name, option.name), option.value);
  }
  return values;
}

/** The pending values that differ from what the files say. */
function neededChanges(pending: Pending, tree: ConfigTree): readonly SavedChange[] {
  const changes: SavedChange[] = [];
  for (const [section, own] of pending) {
    const options = tree.sections.get(section)?.options;
    for (const [option, value] of own) {
      const present = options?.get(option)?.value ?? null;
      if (present !== value) changes.push({ section, option, value });
    }
  }
  return changes;
}

/** Local time as it stands in the name of a backup: 20261122_195818. */
function timestamp(now: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  return `${date}_${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}
