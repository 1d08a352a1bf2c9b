// thread: any
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileCore } from "../../host/core/load.js";
import { CONSOLE } from "../../host/gcode/origin.js";
import type { Log } from "../../host/printer/log.js";
import { PrinterSession, type SessionOptions } from "../../host/printer/session.js";
import { WorkerMachines } from "../../host/printer/worker-machines.js";
import { SharedClock } from "../../host/shared/clock.js";
import { ControlBlock } from "../../host/shared/control.js";
import type { SimulationReport } from "../../host/virtual/simulation.js";

/** Lines of the log of warn and error. */
export class KeptLog implements Log {
  readonly lines: string[];

  constructor(lines: string[] = []) {
    this.lines = lines;
  }

  error(fields: object, text: string): void {
    this.lines.push(`error: ${text} ${JSON.stringify(fields)}`);
  }

  warn(fields: object, text: string): void {
    this.lines.push(`warn: ${text} ${JSON.stringify(fields)}`);
  }

  info(): void {}

  debug(): void {}

  child(): Log {
    return this;
  }
}

/** A whole printer with virtual boards on a lockstep clock: as fast as the computer can. */
export class PrinterWorld {
  readonly session: PrinterSession;
  readonly machines: WorkerMachines;
  readonly output: string[] = [];
  readonly log = new KeptLog();
  readonly control: ControlBlock;
  readonly #folder: string;

  private constructor(folder: string, module: WebAssembly.Module, options: Partial<SessionOptions>) {
    this.#folder = folder;
    const clock = SharedClock.lockstep(Number.POSITIVE_INFINITY);
    this.control = new ControlBlock();
    this.machines = new WorkerMachines({
      clock,
      control: this.control,
      module,
      log: this.log,
      openPort: (board) => Promise.reject(new Error(`no port for ${board.name}`)),
    });
    this.session = new PrinterSession({
      configPath: join(folder, "printer.cfg"),
      machines: this.machines,
      clock,
      control: this.control,
      log: this.log,
      version: "test",
      ...options,
    });
    this.session.listen({ output: (text) => this.output.push(text) });
  }

  static async create(config: string, options: Partial<SessionOptions> = {}): Promise<PrinterWorld> {
    const folder = mkdtempSync(join(tmpdir(), "steadyhand-test-"));
    writeFileSync(join(folder, "printer.cfg"), config);
    return new PrinterWorld(folder, await compileCore({ shared: true }), options);
  }

  /** Another printer.cfg, for the next restart. */
  write(config: string): void {
    writeFileSync(join(this.#folder, "printer.cfg"), config);
  }

  run(script: string): Promise<void> {
    return this.session.run(script, CONSOLE);
  }

  report(): Promise<SimulationReport> {
    const { virtual } = this.machines;
    if (virtual === undefined) throw new Error("there is no virtual printer");
    return virtual.report();
  }

  async close(): Promise<void> {
    await this.session.close();
    rmSync(this.#folder, { recursive: true });
  }
}
