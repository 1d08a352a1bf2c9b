// thread: host
import { Probe, type ProbeHardware } from "../devices/probe.js";
import { addProbeCommands } from "../devices/probe-commands.js";
import { readProbe } from "../devices/probe-options.js";
import { createProbePins, PROBE_CHIP } from "../devices/probe-pin.js";
import { readScript, type ScriptTemplate } from "../devices/template.js";
import { defineModule, type Endstop, type GcodeCommand, type StatusObject } from "../printer/module.js";

/** `[probe]`: a switch, of any kind, that finds the height of the bed. */
export default defineModule({
  section: "probe",
  pinChips: () => [PROBE_CHIP],
  shape: { floats: ["last_z_result", "last_probe_position"], coordinates: ["last_probe_position"] },

  options: (section) => ({
    pin: section.pin("pin", { pullup: true, help: "Pin of the probe's switch." }),
    stowsEach: section.bool("deactivate_on_each_sample", true, {
      help: "Whether deactivate_gcode runs between the samples of one place.",
    }),
    activate: readScript(section, "activate_gcode", null, "G-code before each probing move."),
    deactivate: readScript(section, "deactivate_gcode", null, "G-code after each probing move."),
    probe: readProbe(section),
  }),

  create(options, ctx) {
    let isSequence = false;
    let isActive = false;

    async function prepare(command: GcodeCommand): Promise<void> {
      if (isActive) return;
      await run(options.activate, command);
      isActive = true;
    }

    async function release(command: GcodeCommand): Promise<void> {
      if (!isActive || (isSequence && !options.stowsEach)) return;
      isActive = false;
      await run(options.deactivate, command);
    }

    /** Runs a script that must leave the tool head where it is. */
    async function run(script: ScriptTemplate | null, command: GcodeCommand): Promise<void> {
      if (script === null) return;
      const before = [...ctx.toolhead.position];
      await script.runInside(ctx, command);
      await ctx.toolhead.drain();
      if (before.every((value, axis) => axis > 2 || value === ctx.toolhead.position[axis])) return;
      throw command.error(`${script.name} has moved the tool head`, "take the moves out of that script");
    }

    const pins = createProbePins(ctx, {
      pin: options.pin,
      zOffset: options.probe.zOffset,
      prepare,
      release,
    });
    const hardware: ProbeHardware = {
      get endstop(): Endstop {
        return pins.own;
      },
      begin: () => {
        isSequence = true;
      },
      end: (command) => {
        isSequence = false;
        return release(command);
      },
    };
    const probe = new Probe(ctx, options.probe, hardware);
    ctx.offer("probe", probe);
    ctx.providePins(PROBE_CHIP, pins.provider);
    ctx.virtual.add("probes", {
      name: "probe",
      pin: ctx.virtual.pin(options.pin),
      offsetXMm: options.probe.xOffset,
      offsetYMm: options.probe.yOffset,
      triggerMm: options.probe.zOffset,
    });
    let status: () => StatusObject = () => ({});
    return {
      connect() {
        pins.connect();
        status = addProbeCommands(ctx, probe).status;
      },
      status: () => status(),
    };
  },
});
