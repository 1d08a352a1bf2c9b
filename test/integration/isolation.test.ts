import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { monotonic } from "../../host/shared/clock.js";
import { RpcClient } from "../support/feed-rpc.js";
import type { IsolationEvent, IsolationRequest } from "../support/isolation-program.js";

// The promise that this project exists for: the host thread may hang, and the printer does not care. Everything here
// runs in real time, in processes of their own.

const PROGRAM = fileURLToPath(new URL("../../build/js/test/support/isolation-program.js", import.meta.url));

const CONFIG = `
[force_move]
enable_force_move: true
[mcu]
serial: virtual
[printer]
kinematics: cartesian
max_velocity: 300
max_accel: 3000
[stepper_x]
step_pin: PF0
dir_pin: PF1
enable_pin: !PD7
microsteps: 16
rotation_distance: 40
endstop_pin: ^PE5
position_endstop: 0
position_max: 200
[stepper_y]
step_pin: PF6
dir_pin: PF7
enable_pin: !PF2
microsteps: 16
rotation_distance: 40
endstop_pin: ^PJ1
position_endstop: 0
position_max: 200
[stepper_z]
step_pin: PL3
dir_pin: PL1
enable_pin: !PK0
microsteps: 16
rotation_distance: 8
endstop_pin: ^PD3
position_endstop: 0
position_max: 200
[heater_bed]
heater_pin: PH5
sensor_type: EPCOS 100K B57560G104F
sensor_pin: PK6
control: pid
pid_kp: 60
pid_ki: 1
pid_kd: 300
min_temp: 0
max_temp: 130
`;

/** Zigzags of about 16 s; with \`live\` lines that want to see the printer's live state, so that little is queued. */
function zigzags(live: boolean): string {
  const lines = ["SET_KINEMATIC_POSITION X=100 Y=100 Z=10", "M140 S45", "G90"];
  for (let i = 0; i < 80; i++) {
    lines.push(`G1 X${100 + (i % 2 === 0 ? 8 : -8)} Y${60 + i} F4800`);
    if (live) lines.push("GET_POSITION");
  }
  return `${lines.join("\n")}\n`;
}

/** Commands begin and end elsewhere when they leave at other times: each step is then as exact as before, not the same. */
const TOLERANCE_US = 60;

type Event<N extends IsolationEvent["event"]> = Extract<IsolationEvent, { readonly event: N }>;

/** One printer in a process of its own. */
class Printer {
  readonly folder = mkdtempSync(join(tmpdir(), "steadyhand-isolation-"));
  readonly #child: ChildProcess;
  readonly #events: IsolationEvent[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(job: string) {
    writeFileSync(join(this.folder, "printer.cfg"), CONFIG);
    writeFileSync(join(this.folder, "job.gcode"), job);
    mkdirSync(join(this.folder, "data"));
    this.#child = fork(PROGRAM, [this.folder], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.#child.on("message", (event: IsolationEvent) => {
      this.#events.push(event);
      for (const watcher of [...this.#watchers]) watcher();
    });
  }

  ask(request: IsolationRequest): void {
    this.#child.send(request);
  }

  /** The next event of a kind, or one that has come already. */
  next<N extends IsolationEvent["event"]>(name: N): Promise<Event<N>> {
    const isWanted = (event: IsolationEvent): event is Event<N> => event.event === name;
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.#events.find(isWanted);
        if (found === undefined) return;
        this.#events.splice(this.#events.indexOf(found), 1);
        this.#watchers.delete(look);
        resolve(found);
      };
      this.#watchers.add(look);
      look();
    });
  }

  report(): Promise<Event<"report">> {
    this.ask({ ask: "report" });
    return this.next("report");
  }

  async end(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.on("exit", resolve));
    if (this.#child.connected) this.ask({ ask: "end" });
    await gone;
    rmSync(this.folder, { recursive: true });
  }
}

/** What the motors did, in order, without its times. */
const steps = ({ steppers }: Event<"report">) => steppers.map(({ spanUs: _, ...rest }) => rest);

const wait = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

const printers: Printer[] = [];

async function startPrint(job: string): Promise<{ readonly printer: Printer; readonly url: string }> {
  const printer = new Printer(job);
  printers.push(printer);
  const { url } = await printer.next("ready");
  printer.ask({ ask: "print" });
  return { printer, url };
}

afterEach(async () => {
  await Promise.all(printers.splice(0).map((printer) => printer.end()));
});

describe("a host thread that hangs in the middle of a print", () => {
  test("changes no step and no step's time, for 1 s and for 5 s, while plain moves are queued", async () => {
    const [calm, hung] = await Promise.all([startPrint(zigzags(false)), startPrint(zigzags(false))]);
    await wait(3);
    hung.printer.ask({ ask: "block", seconds: 1 });
    await hung.printer.next("unblocked");
    await wait(1);
    hung.printer.ask({ ask: "block", seconds: 5 });
    await hung.printer.next("unblocked");
    const [a, b] = await Promise.all([calm.printer.next("ended"), hung.printer.next("ended")]);
    expect([a.state, b.state]).toEqual(["complete", "complete"]);
    const [undisturbed, disturbed] = await Promise.all([calm.printer.report(), hung.printer.report()]);
    expect(disturbed.shutdownReason).toBeUndefined();
    expect(steps(disturbed)).toEqual(steps(undisturbed));
    for (const [i, { spanUs }] of disturbed.steppers.entries()) {
      expect(Math.abs(spanUs - (undisturbed.steppers[i]?.spanUs ?? 0))).toBeLessThan(TOLERANCE_US);
    }
    expect(undisturbed.steppers.find(({ pin }) => pin === "PF0")?.steps).toBeGreaterThan(50_000);
    // Heating to 45 degC needs regulation all along: the board stops when its heater is not renewed for 3 s.
    expect(disturbed.bedC).toBeGreaterThan(30);
    expect(disturbed.bedC).toBeLessThan(50);
  });

  test("brings the printer to rest when what is queued ends, and it goes on by itself with the same steps", async () => {
    const [calm, hung] = await Promise.all([startPrint(zigzags(true)), startPrint(zigzags(true))]);
    await wait(4);
    hung.printer.ask({ ask: "block", seconds: 5 });
    await hung.printer.next("unblocked");
    const [a, b] = await Promise.all([calm.printer.next("ended"), hung.printer.next("ended")]);
    expect([a.state, b.state]).toEqual(["complete", "complete"]);
    const [undisturbed, disturbed] = await Promise.all([calm.printer.report(), hung.printer.report()]);
    expect(disturbed.shutdownReason).toBeUndefined();
    expect(steps(disturbed)).toEqual(steps(undisturbed));
    // It did stand still in between: its last step came seconds later.
    const [spanUs = 0, calmUs = 0] = [disturbed, undisturbed].map(({ steppers }) => steppers[0]?.spanUs);
    expect(spanUs - calmUs).toBeGreaterThan(1e6);
  });

  test("leaves the status live and an emergency stop at work within 50 ms", async () => {
    const { printer, url } = await startPrint(zigzags(false));
    const client = await RpcClient.connect(url);
    await client.call("printer.objects.subscribe", { objects: { motion_report: null } });
    await wait(3);
    printer.ask({ ask: "block", seconds: 4 });
    await wait(0.5);
    client.frames.length = 0;
    await wait(1.5);
    const updates = client.frames.filter((frame) => JSON.stringify(frame).includes("live_position"));
    expect(updates.length).toBeGreaterThanOrEqual(5);
    const pressed = monotonic();
    void client.call("printer.emergency_stop").catch(() => undefined);
    await printer.next("unblocked");
    const report = await printer.report();
    expect(report.shutdownReason).toBe("Command request");
    expect(report.lastStep - pressed).toBeLessThan(0.05);
    expect(report.lastStep - pressed).toBeGreaterThan(-0.5);
    client.close();
  });
});
