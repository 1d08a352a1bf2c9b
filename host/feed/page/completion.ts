// thread: browser
import { attribute, make, show } from "./dom.js";

const MAX_SHOWN = 8;

/** Commands that begin with what is typed, then those that contain it. */
export function matches(typed: string, help: ReadonlyMap<string, string>): string[] {
  const wanted = typed.toUpperCase();
  if (wanted === "" || /\s/.test(typed)) return [];
  const names = [...help.keys()].sort();
  const first = names.filter((name) => name.startsWith(wanted));
  const second = wanted.length < 2 ? [] : names.filter((name) => !name.startsWith(wanted) && name.includes(wanted));
  return [...first, ...second].slice(0, MAX_SHOWN);
}

/** The list of commands above the console's input. */
export class Completion {
  readonly #list: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #help: () => ReadonlyMap<string, string>;
  #names: readonly string[] = [];
  #chosen = -1;

  constructor(list: HTMLElement, input: HTMLInputElement, help: () => ReadonlyMap<string, string>) {
    this.#list = list;
    this.#input = input;
    this.#help = help;
    input.addEventListener("input", () => this.update());
    input.addEventListener("blur", () => this.close());
  }

  get isOpen(): boolean {
    return this.#names.length > 0;
  }

  update(): void {
    this.#names = matches(this.#input.value, this.#help());
    this.#chosen = -1;
    this.#paint();
  }

  close(): void {
    this.#names = [];
    this.#paint();
  }

  /** Moves the choice up or down. */
  move(by: 1 | -1): void {
    const { length } = this.#names;
    this.#chosen = this.#chosen < 0 ? (by > 0 ? 0 : length - 1) : (this.#chosen + by + length) % length;
    this.#paint();
  }

  /** Writes the chosen command, or the first; false when there is none. `needsChoice`: only one that was chosen. */
  accept(needsChoice: boolean): boolean {
    const name = this.#names[this.#chosen] ?? (needsChoice ? undefined : this.#names[0]);
    if (name === undefined || name === this.#input.value.toUpperCase()) return false;
    this.#write(name);
    return true;
  }

  #write(name: string): void {
    this.#input.value = `${name} `;
    this.close();
    this.#input.focus();
  }

  #paint(): void {
    const help = this.#help();
    this.#list.replaceChildren(
      ...this.#names.map((name, i) => {
        const option = make(
          "div",
          { role: "option", id: `completion-${i}`, "aria-selected": String(i === this.#chosen) },
          make("b", {}, name),
          make("span", {}, help.get(name) ?? ""),
        );
        // Before the input loses its focus, and with it this list.
        option.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          this.#write(name);
        });
        return option;
      }),
    );
    show(this.#list, this.isOpen);
    attribute(this.#input, "aria-expanded", String(this.isOpen));
    attribute(this.#input, "aria-activedescendant", this.#chosen < 0 ? undefined : `completion-${this.#chosen}`);
  }
}
