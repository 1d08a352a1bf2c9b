// thread: browser
import { attribute, byId, forbid, make, onPress, say, show } from "./dom.js";
import { fixed, measure } from "./format.js";
import { num } from "./json.js";
import type { Printer } from "./printer.js";
import type { Status } from "./status.js";

const STEPS = [0.1, 1, 10, 50] as const;
const OFFSET_STEP = 0.01;
const XY_SPEED = 100;
const Z_SPEED = 10;
const STATE_NAME = "_page";

/** Runs moves that leave no trace in the state of the job: relative, and at a speed of their own. */
const aside = (...lines: string[]): string =>
  [`SAVE_GCODE_STATE NAME=${STATE_NAME}`, ...lines, `RESTORE_GCODE_STATE NAME=${STATE_NAME}`].join("\n");

/** Where the tool head is, and what moves it. */
export class MotionPanel {
  readonly #printer: Printer;
  readonly #status: Status;
  readonly #homed = byId("motion-homed", HTMLElement);
  readonly #why = byId("motion-why", HTMLElement);
  readonly #cells = (["pos-x", "pos-y", "pos-z"] as const).map((id) => byId(id, HTMLElement));
  readonly #speed = byId("pos-speed", HTMLElement);
  readonly #jogs = [...document.querySelectorAll("button[data-jog]")].filter(
    (each): each is HTMLButtonElement => each instanceof HTMLButtonElement,
  );
  readonly #homes: readonly HTMLButtonElement[];
  readonly #off = byId("motors-off", HTMLButtonElement);
  readonly #length = byId("feed-length", HTMLInputElement);
  readonly #feedSpeed = byId("feed-speed", HTMLInputElement);
  readonly #retract = byId("retract", HTMLButtonElement);
  readonly #extrude = byId("extrude", HTMLButtonElement);
  readonly #offset = byId("offset", HTMLElement);
  readonly #offsetButtons = [byId("offset-down", HTMLButtonElement), byId("offset-up", HTMLButtonElement)] as const;
  readonly #offsetSave = byId("offset-save", HTMLButtonElement);
  readonly #offsetWhy = byId("offset-why", HTMLElement);
  #step = 10;

  constructor(printer: Printer) {
    this.#printer = printer;
    this.#status = printer.status;
    this.#homes = [
      this.#home("home-all", "G28"),
      this.#home("home-x", "G28 X"),
      this.#home("home-y", "G28 Y"),
      this.#home("home-z", "G28 Z"),
    ];
    for (const button of this.#jogs) onPress(button, () => this.#jog(button.dataset["jog"] ?? ""));
    onPress(this.#off, () => printer.run("M84"));
    onPress(this.#extrude, () => this.#feed(1));
    onPress(this.#retract, () => this.#feed(-1));
    onPress(this.#offsetButtons[0], () => this.#shift(-OFFSET_STEP));
    onPress(this.#offsetButtons[1], () => this.#shift(OFFSET_STEP));
    onPress(this.#offsetSave, () => this.#save());
    this.#steps();
  }

  paint(): void {
    const status = this.#status;
    const position = status.nums("motion_report", "live_position");
    this.#cells.forEach((cell, i) => {
      say(cell, measure(position[i], 2, "mm"));
      cell.classList.toggle("unhomed", !this.#isHomed("xyz"[i] ?? ""));
    });
    say(this.#speed, measure(status.num("motion_report", "live_velocity"), 0, "mm/s"));
    say(this.#homed, this.#homedWords());
    this.#paintButtons();
    this.#paintOffset();
  }

  #paintButtons(): void {
    const { whyNot } = this.#status;
    for (const button of this.#homes) forbid(button, whyNot);
    forbid(this.#off, whyNot);
    const unhomed = "Home this axis first: until then nobody knows where it is.";
    for (const button of this.#jogs) {
      const axis = button.dataset["jog"]?.charAt(0) ?? "";
      forbid(button, whyNot !== "" ? whyNot : this.#isHomed(axis) ? "" : unhomed);
    }
    const cold = this.#whyCold();
    forbid(this.#extrude, whyNot !== "" ? whyNot : cold);
    forbid(this.#retract, whyNot !== "" ? whyNot : cold);
    const missing = [..."xyz"].filter((axis) => !this.#isHomed(axis)).map((axis) => axis.toUpperCase());
    const toHome =
      missing.length === 0 ? "" : `Home ${missing.join(", ")} before moving ${missing.length === 1 ? "it" : "them"}. `;
    say(this.#why, whyNot !== "" ? whyNot : `${toHome}${cold}`);
  }

  #homedWords(): string {
    const homed = this.#status.text("toolhead", "homed_axes");
    if (homed === "") return "not homed";
    return homed.length === 3 ? "all axes homed" : `homed: ${[...homed.toUpperCase()].join(", ")}`;
  }

  #paintOffset(): void {
    const status = this.#status;
    const offset = status.nums("gcode_move", "homing_origin")[2] ?? 0;
    say(this.#offset, `${fixed(offset, 2)} mm`);
    const why = status.isReady ? "" : "The printer is not ready.";
    for (const button of this.#offsetButtons) forbid(button, why);
    const isChanged = Math.abs(offset) > 0.0005;
    const busy = status.isPrinting ? "Saving restarts the printer: wait until the print is done." : "";
    show(this.#offsetSave, isChanged);
    forbid(this.#offsetSave, why !== "" ? why : busy);
    say(this.#offsetWhy, isChanged && why === "" ? busy : "");
  }

  #isHomed(axis: string): boolean {
    return this.#status.text("toolhead", "homed_axes").includes(axis);
  }

  #whyCold(): string {
    const { extruder } = this.#status;
    const status = this.#status;
    if (!status.has(extruder)) return "This printer has no extruder.";
    if (status.flag(extruder, "can_extrude")) return "";
    const least = num(status.setting(extruder, "min_extrude_temp")) ?? 170;
    return `To move filament, heat the nozzle to ${fixed(least, 0)} °C or more.`;
  }

  #steps(): void {
    const buttons = STEPS.map((step) => make("button", { type: "button" }, String(step)));
    const paint = (): void =>
      buttons.forEach((button, i) => {
        attribute(button, "aria-pressed", String(STEPS[i] === this.#step));
      });
    buttons.forEach((button, i) => {
      button.addEventListener("click", () => {
        this.#step = STEPS[i] ?? this.#step;
        paint();
      });
    });
    byId("steps", HTMLElement).append(...buttons);
    paint();
  }

  #home(id: string, command: string): HTMLButtonElement {
    const button = byId(id, HTMLButtonElement);
    onPress(button, () => this.#printer.run(command));
    return button;
  }

  #jog(key: string): Promise<boolean> {
    const axis = key.charAt(0).toUpperCase();
    const distance = key.endsWith("-") ? -this.#step : this.#step;
    const speed = axis === "Z" ? this.#zSpeed : XY_SPEED;
    return this.#printer.run(aside("G91", `G1 ${axis}${distance} F${speed * 60}`));
  }

  get #zSpeed(): number {
    const limit = num(this.#status.setting("printer", "max_z_velocity"));
    return Math.min(Z_SPEED, limit ?? Z_SPEED);
  }

  #feed(direction: 1 | -1): Promise<boolean> | undefined {
    if (!this.#length.reportValidity() || !this.#feedSpeed.reportValidity()) return undefined;
    const length = this.#length.valueAsNumber * direction;
    return this.#printer.run(aside("M83", `G1 E${length} F${this.#feedSpeed.valueAsNumber * 60}`));
  }

  #shift(distance: number): Promise<boolean> {
    const move = this.#isHomed("z") ? " MOVE=1" : "";
    return this.#printer.run(`SET_GCODE_OFFSET Z_ADJUST=${distance.toFixed(2)}${move}`);
  }

  #save(): Promise<boolean> {
    const probes = ["probe", "bltouch", "smart_effector", "probe_eddy_current"];
    const hasProbe = probes.some((name) => this.#status.hasSection(name));
    return this.#printer.run(`${hasProbe ? "Z_OFFSET_APPLY_PROBE" : "Z_OFFSET_APPLY_ENDSTOP"}\nSAVE_CONFIG`);
  }
}
