// thread: host
import type { DryMachine } from "../machine/dry/dry-machine.js";
import { stepRateLimit } from "../machine/step-rates.js";

/** Load above which a board is reported, as a share of what was measured for its chip. */
const HIGH_LOAD = 0.8;

export interface StepperSummary {
  readonly name: string;
  readonly mcu: string;
  readonly oid: number;
  readonly steps: number;
  readonly queue_step: number;
  readonly set_next_step_dir: number;
  readonly bytes: number;
  /** Shortest time between two steps, as a rate. */
  readonly peak_step_rate: number;
}

export interface BoardSummary {
  readonly name: string;
  /** The chip's name in its firmware. */
  readonly chip: string;
  readonly frequency: number;
  /** Most steps per second over 50 ms, all steppers together. */
  readonly peak_step_rate: number;
  readonly peak_time: number;
  /** Byte of the job at the peak; -1 when it is not in a line of the job. */
  readonly peak_position: number;
  /** What the chip can do; null when nobody measured it. */
  readonly step_rate_limit: number | null;
  readonly load: number | null;
}

/** What a job comes to. Lengths in mm, times in s. */
export interface CompileSummary {
  readonly job: string;
  readonly print_time: number;
  readonly distance: number;
  readonly filament: number;
  readonly steps: number;
  readonly commands: number;
  readonly bytes: number;
  readonly cpu_time: number;
  readonly boards: readonly BoardSummary[];
  readonly steppers: readonly StepperSummary[];
}

/** What is known outside the machine. */
export interface JobTotals {
  readonly job: string;
  readonly distance: number;
  readonly filament: number;
  readonly cpuTime: number;
}

export function summarize(machine: DryMachine, totals: JobTotals): CompileSummary {
  const steppers = machine.setup.steppers.map((stepper): StepperSummary => {
    const board = machine.boards[stepper.board];
    const tally = board?.writer.tallies.get(stepper.oid);
    const shortest = tally?.shortest ?? Number.POSITIVE_INFINITY;
    return {
      name: stepper.name,
      mcu: board?.name ?? "",
      oid: stepper.oid,
      steps: tally?.steps ?? 0,
      queue_step: tally?.commands ?? 0,
      set_next_step_dir: tally?.directions ?? 0,
      bytes: tally?.bytes ?? 0,
      peak_step_rate: Math.round((board?.frequency ?? 0) / shortest),
    };
  });
  const boards = machine.boards.map(({ dictionary, frequency, name, writer }, i): BoardSummary => {
    const chip = String(dictionary.constants.get("MCU") ?? "");
    const limit = stepRateLimit(chip, frequency);
    const { stepsPerS, timeS } = writer.load.peak;
    return {
      name,
      chip,
      frequency,
      peak_step_rate: Math.round(stepsPerS),
      peak_time: timeS,
      peak_position: machine.peakTag(i),
      step_rate_limit: limit ?? null,
      load: limit === undefined ? null : Math.round((stepsPerS / limit) * 1000) / 1000,
    };
  });
  const sum = (read: (stepper: StepperSummary) => number): number => steppers.reduce((all, one) => all + read(one), 0);
  return {
    job: totals.job,
    print_time: machine.printTime,
    distance: totals.distance,
    filament: totals.filament,
    steps: sum((one) => one.steps),
    commands: sum((one) => one.queue_step),
    bytes: sum((one) => one.bytes),
    cpu_time: totals.cpuTime,
    boards,
    steppers,
  };
}

/** A duration as people say it: `1 h 02 min`, `3 min 20 s`, `4.2 s`. */
export function durationText(time: number): string {
  if (time < 60) return `${time.toFixed(1)} s`;
  const minutes = Math.floor(time / 60);
  if (time < 3600) return `${minutes} min ${String(Math.floor(time % 60)).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** The summary for people; `lineOf` gives the job's line for a byte of it. */
export function summaryText(summary: CompileSummary, lineOf: (position: number) => number): string {
  const width = Math.max(7, ...summary.steppers.map(({ name }) => name.length));
  const head = `${"stepper".padEnd(width)} ${"steps".padStart(10)} ${"commands".padStart(9)} ${"bytes".padStart(10)} ${"peak steps/s".padStart(13)}`;
  const rows = summary.steppers.map(
    (one) =>
      `${one.name.padEnd(width)} ${String(one.steps).padStart(10)} ${String(one.queue_step).padStart(9)} ${String(one.bytes).padStart(10)} ${String(one.peak_step_rate).padStart(13)}`,
  );
  const loads = summary.boards.map((board) => {
    const share =
      board.load === null
        ? `no published figure for '${board.chip}'`
        : `${(board.load * 100).toFixed(0)} % of what ${board.chip} can do`;
    return `${board.name}: at most ${board.peak_step_rate} steps/s (${share})`;
  });
  return [
    `print time ${durationText(summary.print_time)}, ${(summary.distance / 1000).toFixed(2)} m of motion, ${summary.filament.toFixed(1)} mm of filament`,
    head,
    ...rows,
    ...loads,
    ...warnings(summary, lineOf),
    `CPU time ${summary.cpu_time.toFixed(2)} s`,
  ].join("\n");
}

/** Boards that have more to do than they can, with the line of the job. */
export function warnings(summary: CompileSummary, lineOf: (position: number) => number): readonly string[] {
  return summary.boards.flatMap((board) => {
    if (board.load === null || board.load < HIGH_LOAD) return [];
    const where = board.peak_position < 0 ? "" : ` at ${summary.job}:${lineOf(board.peak_position)}`;
    const what = board.load > 1 ? "more than it can do" : "close to what it can do";
    return [
      `warning: board '${board.name}' has to make ${board.peak_step_rate} steps/s${where} (${durationText(board.peak_time)} into the print), ${what} (${board.step_rate_limit}): lower the speed there, or microsteps`,
    ];
  });
}
