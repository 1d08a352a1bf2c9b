// thread: machine
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { SharedClock } from "../shared/clock.js";
import { ControlBlock } from "../shared/control.js";
import { type HostTime, hostTime, seconds } from "../shared/units.js";
import type { MachineEvent, MachineRequest, MachineWorkerData } from "./messages.js";
import { MachineSession } from "./session.js";

/** Niceness that this thread asks for: only with permission, and only for itself. */
const NICENESS = -10;
/** A lockstep clock moves by at most this much at a time, in s: boards then answer often enough. */
const LOCKSTEP_SLICE = 0.02;
/** How much motion there must be ahead for time to go on while the host is making more, in s. */
const LOCKSTEP_LEAD = 1;
/** How long a simulated board may take for a slice of time, in real s, before that is an error. */
const RUNNER_PATIENCE = seconds(30);

/** Raises the priority of this thread alone, where that is allowed. */
function raisePriority(): boolean {
  try {
    const thread = Number(readlinkSync("/proc/thread-self").split("/").pop());
    setPriority(thread, NICENESS);
    return true;
  } catch {
    return false;
  }
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const realTime = (): number => performance.now() / 1000;

/** Wakes a sleeper whenever another thread calls; one outstanding wait, however often the sleeper goes to sleep. */
class Bell {
  #ring: (() => void) | undefined;
  #isRung = false;

  constructor(control: ControlBlock, isOver: () => boolean) {
    void this.#listen(control, isOver);
  }

  /** Resolves after `ms`, or when somebody calls, or at once when somebody has since the last sleep. */
  sleep(ms: number): Promise<void> {
    if (this.#isRung) {
      this.#isRung = false;
      return tick();
    }
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#ring = undefined;
        this.#isRung = false;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#ring = end;
    });
  }

  async #listen(control: ControlBlock, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await control.machineWoken(control.machineWakeCount);
      this.#isRung = true;
      this.#ring?.();
    }
  }
}

/** On a free clock: a turn at each wanted time, and at once when another thread calls. */
async function runFree(session: MachineSession, clock: SharedClock, control: ControlBlock): Promise<void> {
  const bell = new Bell(control, () => session.isClosed);
  while (!session.isClosed) {
    const ms = clock.realMsUntil(session.turn());
    await (ms === 0 ? tick() : bell.sleep(ms));
  }
}

/** On a lockstep clock: this thread moves time, slice by slice, when boards and host have done their part. */
async function runLockstep(session: MachineSession, clock: SharedClock): Promise<void> {
  const start = realTime();
  const origin = clock.now();
  while (!session.isClosed) {
    await tick();
    const seen = clock.tick;
    const now = clock.now();
    const wanted = session.turn();
    const deadline = clock.hostDeadline;
    if (deadline <= now || (clock.busy && session.lead < LOCKSTEP_LEAD)) {
      // the host has something to do first
      await clock.tickAfter(seen, seconds(0.005));
      continue;
    }
    const target = hostTime(Math.max(now + 0.0001, Math.min(wanted, deadline, now + LOCKSTEP_SLICE)));
    await pace(clock, start, origin, target);
    clock.grant(target);
    waitForRunners(clock, target);
    clock.moveTo(target);
  }
}

/** Waits until a clock with a finite factor may show `target`. */
async function pace(clock: SharedClock, start: number, origin: HostTime, target: HostTime): Promise<void> {
  if (!Number.isFinite(clock.factor)) return;
  const ahead = (target - origin) / clock.factor - (realTime() - start);
  if (ahead > 0.001) await new Promise((resolve) => setTimeout(resolve, ahead * 1000));
}

function waitForRunners(clock: SharedClock, target: HostTime): void {
  const patience = realTime() + RUNNER_PATIENCE;
  for (;;) {
    const seen = clock.tick;
    if (clock.slowestRunner() >= target) return;
    if (realTime() > patience) throw new Error("a simulated board does not come along");
    clock.waitForTick(seen, seconds(1));
  }
}

function main(port: MessagePort, data: MachineWorkerData): void {
  const clock = SharedClock.from(data.clock);
  const control = new ControlBlock(data.control);
  const post = (event: MachineEvent): void => port.postMessage(event);
  const session = new MachineSession({ clock, control, memory: data.memory, module: data.module, post, realTime });
  port.on("message", (request: MachineRequest) => {
    session.receive(request);
    control.wakeMachine();
  });
  post({ event: "log", level: "debug", fields: { raised: raisePriority() }, text: "machine thread started" });
  const loop = clock.isLockstep ? runLockstep(session, clock) : runFree(session, clock, control);
  void loop.then(
    () => process.exit(0),
    (error: unknown) => {
      session.close();
      throw error;
    },
  );
}

if (parentPort !== null) main(parentPort, workerData as MachineWorkerData);
