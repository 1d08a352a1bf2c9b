// thread: host
import type { GcodeCommand } from "../gcode/gcode-command.js";
import type { HomingResult } from "../machine/messages.js";
import { HostError } from "../shared/errors.js";
import { type MmPerS, mm, mmPerS } from "../shared/units.js";
import type { EventHub } from "./events.js";
import type { HomingStep, Kinematics, SomeXyz, Xyz } from "./kinematics/kinematics.js";
import type { HomingOptions } from "./kinematics/rail.js";
import type { MotionQueue } from "./motion-queue.js";
import { MoveDraft, SHORTEST_MOVE } from "./move-draft.js";
import type { Endstop, HomeAxes, Homing, ProbeHit, Target } from "./services.js";
import type { PrinterToolhead } from "./toolhead.js";

const AXES = ["x", "y", "z"] as const;

/** A move that ends at a switch. */
export interface SwitchMove {
  readonly target: Xyz;
  readonly speed: number;
  readonly endstops: readonly Endstop[];
  /** Letters of the axes that come to their switches; those of a probing move are not homed by it. */
  readonly axes: string;
  readonly isProbing: boolean;
  /** Pin state that ends the move; default true. */
  readonly triggered?: boolean;
  /** Whether a switch that is triggered before the move begins is an error. */
  readonly mustMove?: boolean;
  /** The command that asks for it. */
  readonly command: GcodeCommand;
}

/** Where the tool head was when the switch triggered, and where it came to rest. */
export interface SwitchResult {
  readonly trigger: Xyz;
  readonly halt: Xyz;
  readonly result: HomingResult;
}

export interface PrinterHomingOptions {
  readonly toolhead: PrinterToolhead;
  readonly queue: MotionQueue;
  readonly events: EventHub;
  readonly kinematics: () => Kinematics;
  /** All switches by name. */
  readonly endstops: () => ReadonlyMap<string, Endstop>;
  /** Something other than G-code has moved the tool head. */
  readonly resync: () => void;
  readonly isDryRun: boolean;
}

/** Homes axes and makes moves that end at a switch. */
export class PrinterHoming implements Homing {
  readonly #options: PrinterHomingOptions;
  readonly #before: ((axes: string) => Promise<void>)[] = [];
  readonly #after: ((axes: string) => Promise<void>)[] = [];
  #outer: HomeAxes;

  constructor(options: PrinterHomingOptions) {
    this.#options = options;
    this.#outer = this.home;
  }

  wrap(make: (next: HomeAxes) => HomeAxes): void {
    this.#outer = make(this.#outer);
  }

  onMove(before: (axes: string) => Promise<void>, after: (axes: string) => Promise<void>): void {
    this.#before.push(before);
    this.#after.push(after);
  }

  async query(): Promise<ReadonlyMap<string, boolean>> {
    const states = await this.#options.queue.wait(this.#options.queue.machine.call({ call: "queryEndstops" }));
    return new Map([...this.#options.endstops()].map(([name, { index }]) => [name, states[index] ?? false]));
  }

  /** G28. */
  readonly homeAll: HomeAxes = async (axes, command) => {
    await this.#outer(axes, command);
  };

  readonly home: HomeAxes = async (axes, command) => {
    const { events, resync } = this.#options;
    const wanted = axes === "" ? "xyz" : axes;
    for (const step of this.#options.kinematics().homingSteps(wanted)) await this.#homeStep(step, command);
    resync();
    const homed = [...wanted].filter((axis) => this.#options.kinematics().homedAxes.includes(axis)).join("");
    events.emit("homed", { axes: homed });
  };

  async probe(endstop: Endstop, target: Target, speed: MmPerS, command: GcodeCommand): Promise<ProbeHit> {
    const [x = 0, y = 0, z = 0] = this.#options.toolhead.position;
    const to: Xyz = [target.x ?? x, target.y ?? y, target.z ?? z];
    const move = { target: to, speed, endstops: [endstop], axes: "", isProbing: true, mustMove: true, command };
    const { trigger } = await this.moveToSwitch(move);
    this.#options.resync();
    return { x: trigger[0], y: trigger[1], z: trigger[2] };
  }

  attach(endstop: Endstop, axes: string): void {
    const kinematics = this.#options.kinematics();
    const { minimum, maximum, steppers } = kinematics;
    const middle: Xyz = [(minimum[0] + maximum[0]) / 2, (minimum[1] + maximum[1]) / 2, (minimum[2] + maximum[2]) / 2];
    for (const [i, stepper] of steppers.entries()) {
      const turns = AXES.some((letter, axis) => {
        if (!axes.includes(letter)) return false;
        const other: [number, number, number] = [...middle];
        other[axis] = (other[axis] ?? 0) + 1;
        return Math.abs(kinematics.toActuator(i, other) - kinematics.toActuator(i, middle)) > SHORTEST_MOVE;
      });
      if (turns) endstop.addStepper(stepper);
    }
  }

  /**
   * Moves until a switch triggers, and tells where that was. The tool head is then taken to be where it came to rest.
   * Throws HOMING_NO_TRIGGER, HOMING_EARLY_TRIGGER and what machine has to say.
   */
  async moveToSwitch(move: SwitchMove): Promise<SwitchResult> {
    const { queue, toolhead } = this.#options;
    const { endstops } = move;
    await queue.drain();
    for (const before of this.#before) await before(move.axes);
    for (const { prepare } of endstops) await prepare?.(move.command);
    await queue.drain();
    const start: Xyz = [toolhead.position[0] ?? 0, toolhead.position[1] ?? 0, toolhead.position[2] ?? 0];
    let result: HomingResult;
    try {
      result = await this.#call(move, start);
      queue.journal.skipMoves(1);
    } catch (error) {
      await this.#afterMove(move, error);
      throw error;
    }
    const positions = this.#positions(move, start, result);
    const [x, y, z] = positions.halt;
    await toolhead.setPosition({ x: mm(x), y: mm(y), z: mm(z) });
    await this.#afterMove(move, undefined);
    this.#checkTriggers(move, start, result);
    return { ...positions, result };
  }

  /** Whatever was prepared is undone, also after a failure; the first error is the one that counts. */
  async #afterMove(move: SwitchMove, cause: unknown): Promise<void> {
    let failure = cause;
    const attempt = async (work: () => Promise<void> | undefined): Promise<void> => {
      try {
        await work();
      } catch (error) {
        failure ??= error;
      }
    };
    for (const { release } of move.endstops) await attempt(() => release?.(move.command));
    for (const after of this.#after) await attempt(() => after(move.axes));
    if (failure !== cause) throw failure;
  }

  async #homeStep(step: HomingStep, command: GcodeCommand): Promise<void> {
    const { toolhead } = this.#options;
    const { homing } = step;
    const { position } = toolhead;
    const fill = (values: SomeXyz): Xyz => [
      values[0] ?? position[0] ?? 0,
      values[1] ?? position[1] ?? 0,
      values[2] ?? position[2] ?? 0,
    ];
    const from = fill(step.from);
    const to = fill(step.to);
    const { endstops, axes } = step;
    if (homing === undefined) {
      await toolhead.setPosition(toTarget(to), axes);
      return;
    }
    await toolhead.setPosition(toTarget(from), axes);
    try {
      await this.moveToSwitch({ target: to, speed: homing.speed, endstops, axes, isProbing: false, command });
      if (homing.retractDistance > 0) {
        const share = retractShare(from, to, homing.retractDistance);
        const back = between(to, from, share);
        await toolhead.moveTo(toTarget(back), mmPerS(homing.retractSpeed));
        await toolhead.setPosition(toTarget(between(to, from, 2 * share)));
        await this.#secondApproach(step, homing, to, command);
      }
    } catch (error) {
      toolhead.clearHomed(axes);
      throw error;
    }
  }

  async #secondApproach(step: HomingStep, homing: HomingOptions, to: Xyz, command: GcodeCommand): Promise<void> {
    const { endstops, axes } = step;
    const move = { target: to, speed: homing.secondSpeed, endstops, axes, isProbing: false, mustMove: true, command };
    try {
      await this.moveToSwitch(move);
    } catch (error) {
      if (error instanceof HostError && error.code === "HOMING_EARLY_TRIGGER") {
        throw stillTriggered(endstops[0]?.name ?? axes, homing.retractDistance);
      }
      throw error;
    }
  }

  #call(move: SwitchMove, start: Xyz): Promise<HomingResult> {
    const { queue, toolhead } = this.#options;
    const kinematics = this.#options.kinematics();
    const draft = new MoveDraft();
    [draft.x, draft.y, draft.z] = move.target;
    draft.dx = draft.x - start[0];
    draft.dy = draft.y - start[1];
    draft.dz = draft.z - start[2];
    draft.distance = Math.hypot(draft.dx, draft.dy, draft.dz);
    draft.isKinematic = true;
    draft.speedCap = Math.min(move.speed, toolhead.limits.velocity);
    draft.accel = toolhead.limits.accel;
    kinematics.checkMove(draft);
    const time = draft.distance / draft.speedCap;
    const stepRate = Math.max(
      ...kinematics.steppers.map((stepper, i) => {
        const travel = kinematics.toActuator(i, move.target) - kinematics.toActuator(i, start);
        return Math.abs(travel) / stepper.stepDistance / time;
      }),
    );
    const [x, y, z] = move.target;
    return queue.wait(
      queue.machine.call({
        call: "home",
        request: {
          x,
          y,
          z,
          speed: draft.speedCap,
          accel: draft.accel,
          endstops: move.endstops.map(({ index }) => ({ endstop: index, stepRate })),
          triggered: move.triggered ?? true,
          probing: move.isProbing,
        },
      }),
    );
  }

  /** A homing move's target is where its switch is; a probing move finds out where its own is. */
  #positions(move: SwitchMove, start: Xyz, result: HomingResult): { readonly trigger: Xyz; readonly halt: Xyz } {
    const kinematics = this.#options.kinematics();
    const halts = new Map(result.steppers.map((halt) => [halt.stepper, halt]));
    const origin = move.isProbing ? start : move.target;
    const trigger: number[] = [];
    const halt: number[] = [];
    for (const [i, { index, stepDistance }] of kinematics.steppers.entries()) {
      const own = halts.get(index);
      const base = kinematics.toActuator(i, origin);
      const steps = (a: number, b: number): number => (a - b) * stepDistance;
      if (own === undefined) {
        trigger.push(base);
        halt.push(base);
      } else if (move.isProbing) {
        trigger.push(base + steps(own.triggerSteps, own.startSteps));
        halt.push(base + steps(own.haltSteps, own.startSteps));
      } else {
        trigger.push(base);
        halt.push(base + steps(own.haltSteps, own.triggerSteps));
      }
    }
    const isExact = move.isProbing ? false : halt.every((value, i) => value === trigger[i]);
    if (isExact) return { trigger: move.target, halt: move.target };
    return {
      trigger: move.isProbing ? kinematics.toPosition(trigger) : move.target,
      halt: kinematics.toPosition(halt),
    };
  }

  #checkTriggers(move: SwitchMove, start: Xyz, result: HomingResult): void {
    const travelledMm = Math.hypot(...AXES.map((_, i) => (move.target[i] ?? 0) - (start[i] ?? 0)));
    for (const { endstop, triggered } of result.endstops) {
      if (triggered) continue;
      const name = move.endstops.find(({ index }) => index === endstop)?.name ?? "?";
      throw noTrigger(name, travelledMm, move.isProbing);
    }
    if (this.#options.isDryRun || move.mustMove !== true) return;
    const isMoved = result.steppers.some((halt) => halt.triggerSteps !== halt.startSteps);
    if (!isMoved) throw earlyTrigger(move.endstops[0]?.name ?? move.axes, move.isProbing);
  }
}

const toTarget = ([x, y, z]: Xyz): Target => ({ x, y, z });

/** Part of the way from `to` back towards `from` that the retract covers. */
function retractShare(from: Xyz, to: Xyz, distance: number): number {
  return Math.min(1, distance / Math.hypot(from[0] - to[0], from[1] - to[1], from[2] - to[2]));
}

function between(a: Xyz, b: Xyz, share: number): Xyz {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

function noTrigger(endstop: string, travelledMm: number, isProbing: boolean): HostError {
  const distance = Number(travelledMm.toFixed(1));
  const message = isProbing
    ? `the probe did not trigger within ${distance} mm`
    : `endstop ${endstop} did not trigger within ${distance} mm`;
  return new HostError("HOMING_NO_TRIGGER", message, {
    details: { endstop, travelledMm },
    fix: isProbing
      ? "check the probe with QUERY_PROBE, its wiring, and that it starts close enough to the bed"
      : "check the switch with QUERY_ENDSTOPS while you press it by hand, its wiring and its pin; then home again",
  });
}

function earlyTrigger(endstop: string, isProbing: boolean): HostError {
  return new HostError(
    "HOMING_EARLY_TRIGGER",
    isProbing
      ? "the probe was triggered before the move began"
      : `endstop ${endstop} was triggered before the move began`,
    {
      details: { endstop },
      fix: "check its wiring and whether its pin must be inverted (a ! in front of the pin); QUERY_ENDSTOPS shows its state",
    },
  );
}

function stillTriggered(endstop: string, retractMm: number): HostError {
  return new HostError(
    "HOMING_STILL_TRIGGERED",
    `endstop ${endstop} is still triggered after the carriage has moved back ${retractMm} mm`,
    {
      details: { endstop, retractMm },
      fix: "raise homing_retract_dist, or check whether the switch sticks",
    },
  );
}
