// thread: any
// Entry of the simulation's own thread: all virtual boards and the machine behind them.
import { parentPort, workerData } from "node:worker_threads";
import type { ByteRing } from "../shared/byte-ring.js";
import { seconds } from "../shared/units.js";
import type { VirtualEvent, VirtualRequest, VirtualWorkerData } from "./messages.js";
import { toWire, VirtualRunner } from "./runner.js";

/** Longest sleep while nothing is due, real ms. */
const MAX_SLEEP = 1000;

/** Lets a loop sleep until the first of several things happens. Each is waited for once at a time. */
class Alarm {
  readonly #armed = new Set<object>();
  #isRung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  /** Rings when `wait` resolves, unless `source` is being waited for already. */
  arm(source: object, wait: () => Promise<void>): void {
    if (this.#armed.has(source)) return;
    this.#armed.add(source);
    const onDone = (): void => {
      this.#armed.delete(source);
      this.ring();
    };
    wait().then(onDone, onDone);
  }

  /** Resolves when it rings, at once if it has since the last time, or after `ms`. */
  async sleep(ms: number): Promise<void> {
    if (!this.#isRung) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, ms);
      });
      clearTimeout(timer);
    }
    this.#wake = undefined;
    this.#isRung = false;
  }
}

async function runFree(runner: VirtualRunner, alarm: Alarm): Promise<void> {
  while (!runner.isEnded) {
    // Counts are read before the rings are emptied, so that nothing pushed meanwhile is missed.
    const seen = new Map<ByteRing, number>(runner.inputs.map((ring) => [ring, ring.wakeCount]));
    runner.turn();
    for (const [ring, count] of seen) alarm.arm(ring, () => ring.pushedAfter(count));
    await alarm.sleep(Math.min(MAX_SLEEP, runner.clock.realMsUntil(runner.nextTime)));
  }
}

async function runLockstep(runner: VirtualRunner, alarm: Alarm): Promise<void> {
  const { clock } = runner;
  while (!runner.isEnded) {
    const seen = clock.tick;
    runner.turn();
    alarm.arm(clock, () => clock.tickAfter(seen, seconds(MAX_SLEEP / 1000)));
    await alarm.sleep(MAX_SLEEP);
  }
}

function start(port: NonNullable<typeof parentPort>, data: VirtualWorkerData): void {
  const alarm = new Alarm();
  const emit = (event: VirtualEvent): void => port.postMessage(event);
  let runner: VirtualRunner;
  try {
    runner = new VirtualRunner(data, emit);
  } catch (error) {
    emit({ kind: "ended", error: toWire(error) });
    return;
  }
  port.on("message", (request: VirtualRequest) => {
    runner.turn();
    runner.handle(request);
    alarm.ring();
  });
  const loop = runner.clock.isLockstep ? runLockstep(runner, alarm) : runFree(runner, alarm);
  const end = (): void => port.close();
  loop.then(end, end);
}

if (parentPort !== null) start(parentPort, workerData);
