// thread: host
import type { ManualDone, ManualProbe, ToolAnswers } from "../devices/manual-probe.js";
import { PaperTest } from "../devices/paper-test.js";
import { defineModule, type GcodeCommand, type StatusObject } from "../printer/module.js";
import { type MmPerS, mmPerS } from "../shared/units.js";

/** The nozzle comes to each height from at least so far above, so that play in the screw does not count; mm. */
const FROM_ABOVE = 0.5;
/** Printers without a z endstop of their own keep its height elsewhere. */
const Z_SECTION = "stepper_z";

const IDLE: StatusObject = Object.freeze({
  is_active: false,
  z_position: null,
  z_position_lower: null,
  z_position_upper: null,
});

/** Paper tests and what they calibrate: always there. */
export default defineModule({
  section: "manual_probe",
  isAlways: true,
  shape: { floats: ["*"] },

  options: (section) => ({
    zEndstop: section.config.optional(Z_SECTION)?.mm("position_endstop", null) ?? null,
  }),

  create(options, ctx) {
    let status = IDLE;
    let waiting: ToolAnswers | undefined;

    const service: ManualProbe = {
      get isActive() {
        return waiting !== undefined;
      },
      checkIdle(command) {
        if (waiting === undefined) return;
        throw command.error(
          "a tool that waits for an answer is running already",
          "answer it with ACCEPT or ABORT first",
        );
      },
      start: startTest,
      open: (answers) => {
        waiting = answers;
      },
      close: () => {
        waiting = undefined;
      },
    };

    const height = (): number => ctx.toolhead.position[2] ?? 0;

    function show(test: PaperTest, command: GcodeCommand): void {
      const z = height();
      const [lower, upper] = [test.below(z), test.above(z)];
      status = Object.freeze({
        is_active: true,
        z_position: z,
        z_position_lower: lower ?? null,
        z_position_upper: upper ?? null,
      });
      const text = (value: number | undefined): string => value?.toFixed(3) ?? "??????";
      command.respondInfo(`Z position: ${text(lower)} --> ${z.toFixed(3)} <-- ${text(upper)}`);
    }

    async function moveTo(z: number, speed: MmPerS): Promise<void> {
      const above = z + FROM_ABOVE;
      if (height() < above) await ctx.toolhead.moveTo({ z: above }, speed);
      await ctx.toolhead.moveTo({ z }, speed);
      ctx.find("gcodeMove")?.resync();
      await ctx.toolhead.drain();
    }

    function startTest(command: GcodeCommand, done: ManualDone): void {
      service.checkIdle(command);
      const speed = command.mmPerS("SPEED", mmPerS(5), { above: 0 });
      const test = new PaperTest();
      const finish = async (answer: GcodeCommand, isAccepted: boolean): Promise<void> => {
        waiting = undefined;
        status = IDLE;
        const [x = 0, y = 0, z = 0] = ctx.toolhead.position;
        await done(isAccepted ? [x, y, z] : undefined, answer);
      };
      waiting = {
        accept: (answer) => {
          answer.respondInfo(`Z position is ${height().toFixed(3)}`);
          return finish(answer, true);
        },
        abort: (answer) => finish(answer, false),
        testZ: async (answer) => {
          const request = answer.string("Z");
          const target = test.target(request, height());
          if (target === undefined) {
            throw answer.error(`Z is '${request}', which is neither a number nor +, -, ++ or --`, "write TESTZ Z=-.1");
          }
          test.note(height());
          await moveTo(target, speed);
          show(test, answer);
        },
      };
      command.respondInfo("A paper test begins: move the nozzle with TESTZ, end with ACCEPT or ABORT.");
      show(test, command);
    }

    /** The command goes to the tool that waits for it. */
    function answer(
      name: string,
      pick: (answers: ToolAnswers) => ((command: GcodeCommand) => Promise<void>) | undefined,
    ) {
      return (command: GcodeCommand): Promise<void> => {
        const run = waiting === undefined ? undefined : pick(waiting);
        if (run !== undefined) return run(command);
        const problem =
          waiting === undefined ? "no tool waits for an answer" : "the tool that is running does not use it";
        throw command.error(`${name} does nothing now: ${problem}`, "start a tool such as PROBE_CALIBRATE first");
      };
    }

    function requireHomed(command: GcodeCommand): void {
      if (ctx.toolhead.homedAxes.includes("z")) return;
      throw command.error("the z axis is not homed", "run G28 first");
    }

    function calibrateEndstop(command: GcodeCommand): void {
      const { zEndstop } = options;
      if (zEndstop === null) {
        throw command.error(
          `[${Z_SECTION}] has no position_endstop to calibrate`,
          "with a probe as endstop, use PROBE_CALIBRATE",
        );
      }
      requireHomed(command);
      startTest(command, (position, done) => {
        if (position === undefined) return;
        saveEndstop(zEndstop - position[2], done);
      });
    }

    function applyOffset(command: GcodeCommand): void {
      const offset = ctx.need("gcodeMove", "printer").offset[2];
      if (options.zEndstop === null) {
        throw command.error(
          `[${Z_SECTION}] has no position_endstop`,
          "with a probe as endstop, use Z_OFFSET_APPLY_PROBE",
        );
      }
      if (offset === 0) command.respondInfo("the z offset of SET_GCODE_OFFSET is 0: there is nothing to apply");
      else saveEndstop(options.zEndstop - offset, command);
    }

    function saveEndstop(position: number, command: GcodeCommand): void {
      const text = position.toFixed(3);
      ctx.need("configValues", "printer").save(Z_SECTION, "position_endstop", text);
      command.respondInfo(`${Z_SECTION}: position_endstop: ${text}\nRun SAVE_CONFIG to keep it.`);
    }

    ctx.offer("manualProbe", service);
    return {
      connect() {
        ctx.command(
          "ACCEPT",
          answer("ACCEPT", (tool) => tool.accept),
          { help: "Accepts what a tool has asked for." },
        );
        ctx.command(
          "ABORT",
          answer("ABORT", (tool) => tool.abort),
          { help: "Breaks off the tool that is running." },
        );
        ctx.command(
          "ADJUSTED",
          answer("ADJUSTED", (tool) => tool.adjusted),
          {
            help: "Tells BED_SCREWS_ADJUST that the screw was turned.",
          },
        );
        ctx.command(
          "TESTZ",
          answer("TESTZ", (tool) => tool.testZ),
          {
            help: "Moves the nozzle to another height of a paper test.",
          },
        );
        const start = (command: GcodeCommand): void => {
          requireHomed(command);
          startTest(command, () => undefined);
        };
        ctx.command("MANUAL_PROBE", start, { help: "Measures the height of the bed with a piece of paper." });
        ctx.command("Z_ENDSTOP_CALIBRATE", calibrateEndstop, {
          help: "Finds position_endstop of the z axis with a piece of paper.",
        });
        ctx.command("Z_OFFSET_APPLY_ENDSTOP", applyOffset, {
          help: "Takes the z offset of SET_GCODE_OFFSET over into position_endstop of the z axis.",
        });
      },
      status: () => status,
    };
  },
});
