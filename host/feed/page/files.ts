// thread: browser
import { byId, forbid, make, onPress, onSurePress, say, show } from "./dom.js";
import { bytes, duration, filament } from "./format.js";
import { thumbnailPath } from "./job.js";
import { type Json, json, list, num, text } from "./json.js";
import type { Printer } from "./printer.js";

const SETTLE_MS = 300;
const SMALL_THUMB = 48;
const MAX_FILES = 200;
const GCODE = /\.(?:gcode|gco|g|ufp)$/i;

/** The folder of G-code files. */
export class FilesPanel {
  readonly #printer: Printer;
  readonly #fail: (message: string) => void;
  readonly #root = byId("files", HTMLElement);
  readonly #list = byId("files-list", HTMLElement);
  readonly #where = byId("files-where", HTMLElement);
  readonly #free = byId("files-free", HTMLElement);
  readonly #none = byId("files-none", HTMLElement);
  readonly #uploads = byId("uploads", HTMLElement);
  #folder = "";
  #prints: HTMLButtonElement[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(printer: Printer, fail: (message: string) => void) {
    this.#printer = printer;
    this.#fail = fail;
    const pick = byId("files-pick", HTMLInputElement);
    pick.addEventListener("change", () => {
      this.#uploadAll([...(pick.files ?? [])]);
      pick.value = "";
    });
    this.#drop();
  }

  /** The folder may have changed: shown anew when it has been quiet for a moment. */
  refresh(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#load().catch(() => {
        // Another folder than the one that was there: back to the top. A lost line is told elsewhere.
        if (this.#folder === "") return;
        this.#folder = "";
        this.refresh();
      });
    }, SETTLE_MS);
  }

  paint(): void {
    const { status } = this.#printer;
    const why = status.isPrinting ? "A print is running." : status.isReady ? "" : "The printer is not ready.";
    for (const button of this.#prints) forbid(button, why);
  }

  async #load(): Promise<void> {
    const path = this.#folder === "" ? "gcodes" : `gcodes/${this.#folder}`;
    const reply = json(await this.#printer.call("server.files.get_directory", { path, extended: true }));
    say(this.#free, `${bytes(num(json(reply["disk_usage"])["free"]))} free`);
    this.#crumbs();
    const folders = list(reply["dirs"])
      .map((each) => text(json(each)["dirname"]))
      .filter((name) => name !== "" && !name.startsWith("."));
    const files = list(reply["files"])
      .map(json)
      .filter((file) => GCODE.test(text(file["filename"])))
      .sort((a, b) => (num(b["modified"]) ?? 0) - (num(a["modified"]) ?? 0));
    this.#prints = [];
    const items = [
      ...folders.map((name) => this.#folderItem(name)),
      ...files.slice(0, MAX_FILES).map((file) => this.#fileItem(file)),
    ];
    if (files.length > MAX_FILES) {
      items.push(make("li", { class: "empty" }, `and ${files.length - MAX_FILES} older files: sort them into folders`));
    }
    this.#list.replaceChildren(...items);
    show(this.#none, items.length === 0);
    this.paint();
  }

  #crumbs(): void {
    const parts = this.#folder === "" ? [] : this.#folder.split("/");
    const crumb = (label: string, folder: string): HTMLElement => {
      if (folder === this.#folder) return make("span", { "aria-current": "location" }, label);
      const button = make("button", { type: "button" }, label);
      button.addEventListener("click", () => this.#open(folder));
      return button;
    };
    const crumbs = parts.map((part, i) => crumb(part, parts.slice(0, i + 1).join("/")));
    this.#where.replaceChildren(crumb("G-code files", ""), ...crumbs);
    show(this.#where, parts.length > 0);
  }

  #open(folder: string): void {
    this.#folder = folder;
    this.refresh();
  }

  #path(name: string): string {
    return this.#folder === "" ? name : `${this.#folder}/${name}`;
  }

  #folderItem(name: string): HTMLElement {
    const button = make("button", { type: "button", class: "folder" }, name);
    button.addEventListener("click", () => this.#open(this.#path(name)));
    return make("li", {}, button);
  }

  #fileItem(file: Json): HTMLElement {
    const name = text(file["filename"]);
    const path = this.#path(name);
    const picture = make("span", { class: "thumb small" });
    const thumbnail = thumbnailPath(file, path, SMALL_THUMB);
    if (thumbnail !== undefined) this.#picture(picture, thumbnail);
    const facts = [
      duration(num(file["estimated_time"])),
      filament(num(file["filament_total"])),
      bytes(num(file["size"])),
    ].filter((each) => each !== "–");
    const print = make("button", { type: "button", class: "main", "aria-label": `Print ${name}` }, "Print");
    onPress(print, () => this.#printer.ask("printer.print.start", { filename: path }));
    this.#prints.push(print);
    const remove = make("button", { type: "button", "aria-label": `Delete ${name}` }, "Delete");
    onSurePress(remove, "Sure?", () => this.#printer.ask("server.files.delete_file", { path: `gcodes/${path}` }));
    const what = make(
      "div",
      { class: "what" },
      make("span", { class: "file" }, name.replace(GCODE, "")),
      make("span", { class: "sub num" }, facts.join(" · ")),
    );
    return make("li", {}, picture, what, print, remove);
  }

  #picture(place: HTMLElement, path: string): void {
    this.#printer
      .picture(path)
      .then((source) => place.append(make("img", { src: source, alt: "", loading: "lazy" })))
      .catch(() => undefined);
  }

  #drop(): void {
    const root = this.#root;
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
    addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      root.classList.add("dropping");
    });
    addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) root.classList.remove("dropping");
    });
    addEventListener("drop", (event) => {
      root.classList.remove("dropping");
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.#uploadAll([...(event.dataTransfer?.files ?? [])]);
    });
  }

  #uploadAll(files: readonly File[]): void {
    const all = async (): Promise<void> => {
      for (const file of files) await this.#upload(file);
    };
    all().catch((error: unknown) => this.#fail(String(error)));
  }

  /** One after the other: a small board has one card to write to. */
  async #upload(file: File): Promise<void> {
    if (!GCODE.test(file.name)) {
      this.#fail(`${file.name} is no G-code file`);
      return;
    }
    const bar = make("progress", { max: "1", value: "0", "aria-label": `Upload of ${file.name}` });
    const item = make("li", {}, make("span", { class: "file" }, file.name), bar);
    this.#uploads.append(item);
    try {
      await this.#printer.upload(file, this.#folder, (share) => {
        bar.value = share;
      });
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    } finally {
      item.remove();
    }
  }
}
