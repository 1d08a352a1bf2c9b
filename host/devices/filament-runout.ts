// thread: host
import { clientOrigin } from "../gcode/origin.js";
import type { GcodeCommand, ModuleContext, SectionReader, StatusObject } from "../printer/module.js";
import { seconds } from "../shared/units.js";
import { readScript } from "./template.js";

/** What happened within this time after the start is no event, in s. */
const START_QUIET = 2;

/** Options that all sensors of filament have. */
export function readRunout(section: SectionReader) {
  return {
    pauseOnRunout: section.bool("pause_on_runout", true, { help: "Whether a print is paused when filament runs out." }),
    runout: readScript(section, "runout_gcode", null, "Commands to run when filament has run out, behind the pause."),
    insert: readScript(section, "insert_gcode", null, "Commands to run when filament is put in."),
    eventDelay: section.seconds("event_delay", seconds(3), { min: 0, help: "Least time between two events." }),
    pauseDelay: section.seconds("pause_delay", seconds(0.5), {
      min: 0,
      help: "Time between the pause and the commands behind it.",
    }),
  };
}

export type RunoutOptions = ReturnType<typeof readRunout>;

/** What is done when filament runs out or is put in, whatever has noticed it. */
export class RunoutEvents {
  readonly #options: RunoutOptions;
  readonly #ctx: ModuleContext;
  #isPresent = false;
  #isEnabled = true;
  #isRunning = false;
  /** No event before this time. */
  #quietUntil = Number.POSITIVE_INFINITY;
  #status: StatusObject = Object.freeze({ filament_detected: false, enabled: true });

  constructor(options: RunoutOptions, ctx: ModuleContext) {
    this.#options = options;
    this.#ctx = ctx;
  }

  get status(): StatusObject {
    return this.#status;
  }

  /** Whether a print or a macro is under way: without filament it must not go on. */
  get isPrinting(): boolean {
    const { state } = this.#ctx.objects.status("idle_timeout") ?? {};
    return state === "Printing";
  }

  /** In `connect()`. */
  connect(): void {
    const { label } = this.#ctx;
    this.#ctx.mux("QUERY_FILAMENT_SENSOR", "SENSOR", label, (command) => this.#tell(command), {
      help: "Tell whether a sensor sees filament",
    });
    this.#ctx.mux("SET_FILAMENT_SENSOR", "SENSOR", label, (command) => this.#enable(command), {
      help: "Switch a filament sensor on or off: ENABLE",
    });
  }

  /** In `ready()`. */
  start(): void {
    this.#quietUntil = this.#ctx.now() + START_QUIET;
  }

  /** The sensor sees filament, or none. */
  note(isPresent: boolean): void {
    if (isPresent === this.#isPresent) return;
    this.#isPresent = isPresent;
    this.#publish();
    const now = this.#ctx.now();
    if (now < this.#quietUntil || !this.#isEnabled || this.#isRunning || this.#ctx.state !== "ready") return;
    if (isPresent && !this.isPrinting) void this.#run(() => this.#inserted());
    else if (!isPresent && this.isPrinting) void this.#run(() => this.#ranOut());
  }

  async #run(work: () => Promise<void>): Promise<void> {
    this.#isRunning = true;
    await work();
    this.#isRunning = false;
    this.#quietUntil = this.#ctx.now() + this.#options.eventDelay;
  }

  async #inserted(): Promise<void> {
    const { insert } = this.#options;
    if (insert === null) return;
    this.#ctx.log.info({}, "filament was put in");
    await insert.run(this.#ctx);
  }

  async #ranOut(): Promise<void> {
    const { pauseOnRunout, pauseDelay, runout } = this.#options;
    if (!pauseOnRunout && runout === null) return;
    this.#ctx.log.info({}, "filament has run out");
    this.#ctx.respond(`Filament sensor ${this.#ctx.label}: filament has run out`);
    if (pauseOnRunout) {
      // Every console has been told when it fails; the commands behind it are then all the more needed.
      await this.#ctx.run("PAUSE", clientOrigin(this.#ctx.name)).catch(() => undefined);
      await new Promise<void>((resolve) => this.#ctx.after(pauseDelay, resolve));
    }
    await runout?.run(this.#ctx);
  }

  #tell(command: GcodeCommand): void {
    const found = this.#isPresent ? "filament detected" : "filament not detected";
    command.respondInfo(`Filament Sensor ${this.#ctx.label}: ${found}`);
  }

  #enable(command: GcodeCommand): void {
    this.#isEnabled = command.int("ENABLE", 1, { min: 0, max: 1 }) === 1;
    this.#publish();
  }

  #publish(): void {
    this.#status = Object.freeze({ filament_detected: this.#isPresent, enabled: this.#isEnabled });
  }
}
