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

/** A printer with three axes of 250 mm and nothing else. */
export const CARTESIAN = `[mcu]
serial: virtual

[printer]
kinematics: cartesian
max_velocity: 300
max_accel: 3000
max_z_velocity: 20
max_z_accel: 200

[stepper_x]
step_pin: PF0
dir_pin: PF1
enable_pin: !PD7
microsteps: 16
rotation_distance: 32
endstop_pin: ^PE5
position_endstop: 0
position_max: 250
homing_speed: 60

[stepper_y]
step_pin: PF6
dir_pin: PF7
enable_pin: !PF2
microsteps: 16
rotation_distance: 32
endstop_pin: ^PJ1
position_endstop: 0
position_max: 250
homing_speed: 60

[stepper_z]
step_pin: PL3
dir_pin: PL1
enable_pin: !PK0
microsteps: 16
rotation_distance: 8
endstop_pin: ^PD3
position_endstop: 0.5
position_max: 250
position_min: -2
homing_speed: 20
`;

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
  /** Where printer.cfg is; `FOLDER` in it means `gcodes` in here. */
  readonly folder: string;

  private constructor(
    folder: string,
    module: WebAssembly.Module,
    options: Partial<SessionOptions>,
    clock: SharedClock,
  ) {
    this.folder = folder;
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

  static async create(
    config: string,
    options: Partial<SessionOptions> = {},
    clock = SharedClock.lockstep(Number.POSITIVE_INFINITY),
  ): Promise<PrinterWorld> {
    const folder = mkdtempSync(join(tmpdir(), "steadyhand-test-"));
    writeFileSync(join(folder, "printer.cfg"), config.replaceAll("FOLDER", join(folder, "gcodes")));
    return new PrinterWorld(folder, await compileCore({ shared: true }), options, clock);
  }

  /** Another printer.cfg, for the next restart. */
  write(config: string): void {
    writeFileSync(join(this.folder, "printer.cfg"), config);
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
    rmSync(this.folder, { recursive: true });
  }
}
