// A whole printer, as `steadyhand print` runs it on a virtual board in real time, whose host thread can be told to hang.
// Commands come over the channel to the parent; the first argument is the folder with printer.cfg and job.gcode.
import { join } from "node:path";
import { LivePrinter } from "../../host/commands/live-printer.js";
import { hasEnded } from "../../host/printer/events.js";
import { monotonic, SharedClock } from "../../host/shared/clock.js";

/** What the parent asks for. */
export type IsolationRequest =
  | { readonly ask: "print" }
  /** The host thread does nothing but burn time. */
  | { readonly ask: "block"; readonly seconds: number }
  | { readonly ask: "report" }
  | { readonly ask: "end" };

/** What one stepper has done, by the board's own log. */
export interface StepperSteps {
  readonly pin: string;
  readonly steps: number;
  readonly position: number;
  readonly orderHash: string;
  /** From its first step to its last, in us. */
  readonly spanUs: number;
}

/** What the parent is told. */
export type IsolationEvent =
  | { readonly event: "ready"; readonly url: string }
  | { readonly event: "unblocked" }
  | { readonly event: "ended"; readonly state: string }
  | {
      readonly event: "report";
      readonly shutdownReason: string | undefined;
      readonly steppers: readonly StepperSteps[];
      /** Time of the last step that any motor made, on the clock that all processes share, in s. */
      readonly lastStep: number;
      readonly bedC: number;
      readonly state: string;
      readonly remarks: readonly string[];
    };

const folder = process.argv[2] ?? "";
const remarks: string[] = [];
const printer = await LivePrinter.create({
  config: join(folder, "printer.cfg"),
  data: join(folder, "data"),
  isVirtual: true,
  clock: SharedClock.free(),
  jobFolder: folder,
  feed: { host: "127.0.0.1", port: 0, web: undefined, trusted: [], cors: [], tls: undefined, apiSocket: undefined },
  terminal: { line: () => undefined, error: () => undefined, progress: () => undefined },
});

function tell(event: IsolationEvent): void {
  process.send?.(event);
}

async function report(): Promise<IsolationEvent> {
  const { boards, machine, time } = (await printer.machines.virtual?.report()) ?? {
    boards: [],
    machine: undefined,
    time: 0,
  };
  const [board] = boards;
  if (board === undefined) throw new Error("there is no virtual board");
  const frequency = 64_000_000;
  const moved = board.steppers.filter(({ steps }) => steps > 0);
  const last = Math.max(...moved.map(({ lastClock }) => lastClock));
  return {
    event: "report",
    shutdownReason: board.shutdownReason,
    steppers: moved.map(({ stepPin, steps, position, orderHash, firstClock, lastClock }) => ({
      pin: stepPin,
      steps,
      position,
      orderHash,
      spanUs: ((lastClock - firstClock) * 1e6) / frequency,
    })),
    lastStep: time - (board.clock - last) / frequency,
    bedC: machine?.heaters.find(({ name }) => name === "heater_bed")?.temperatureC ?? Number.NaN,
    state: printer.session.state,
    remarks,
  };
}

async function answer(request: IsolationRequest): Promise<void> {
  switch (request.ask) {
    case "print":
      printer.session.on("job", ({ state }) => {
        if (hasEnded(state)) tell({ event: "ended", state });
      });
      await printer.session.service("printJob")?.startPath(join(folder, "job.gcode"));
      return;
    case "block": {
      const until = monotonic() + request.seconds;
      while (monotonic() < until);
      tell({ event: "unblocked" });
      return;
    }
    case "report":
      tell(await report());
      return;
    case "end":
      await printer.stop();
      process.exit(0);
  }
}

process.on("message", (request: IsolationRequest) => {
  void answer(request);
});
printer.session.listen({ output: (message) => remarks.push(message) });
const { url } = await printer.start();
if (printer.session.error !== undefined) throw printer.session.error;
tell({ event: "ready", url });
