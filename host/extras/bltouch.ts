// thread: host
import {
  BLTOUCH_CYCLE,
  BLTOUCH_PULSES,
  type BlTouchCommand,
  BlTouchDevice,
  type BlTouchOptions,
} from "../devices/bltouch-device.js";
import { Probe, type ProbeHardware } from "../devices/probe.js";
import { addProbeCommands } from "../devices/probe-commands.js";
import { readProbe } from "../devices/probe-options.js";
import { createProbePins, PROBE_CHIP } from "../devices/probe-pin.js";
import { addPulseOutput } from "../devices/soft-pwm.js";
import {
  defineModule,
  type Endstop,
  type GcodeCommand,
  type SectionReader,
  type StatusObject,
} from "../printer/module.js";
import { seconds } from "../shared/units.js";

/** Other names by which BLTOUCH_DEBUG knows a command. */
const COMMANDS: readonly BlTouchCommand[] = [
  "pin_down",
  "touch_mode",
  "pin_up",
  "self_test",
  "reset",
  "set_5V_output_mode",
  "set_OD_output_mode",
  "output_mode_store",
];

function readDevice(section: SectionReader): BlTouchOptions {
  return {
    moveTime: section.seconds("pin_move_time", seconds(0.68), { above: 0, help: "Time that the pin takes to move." }),
    usesTouchMode: section.bool("probe_with_touch_mode", false, { help: "Whether to probe in touch mode." }),
    upReportsOpen: section.bool("pin_up_reports_not_triggered", true, {
      help: "Whether the sensor is open once the pin is up; False only for some clones.",
    }),
    touchModeReportsTriggered: section.bool("pin_up_touch_mode_reports_triggered", true, {
      help: "Whether touch mode shows a closed sensor while the pin is up; False only for some clones.",
    }),
    outputMode: section.choice("set_output_mode", ["5V", "OD"], null, {
      help: "Output of a BLTouch 3: 5V only for inputs that bear it, or OD for open drain.",
    }),
  };
}

/** `[bltouch]`: a probe with a pin that is let down and drawn up by pulses. */
export default defineModule({
  section: "bltouch",
  object: () => "probe",
  pinChips: () => [PROBE_CHIP],
  shape: { floats: ["last_z_result", "last_probe_position"], coordinates: ["last_probe_position"] },

  options: (section) => ({
    sensorPin: section.pin("sensor_pin", { pullup: true, help: "Pin of the sensor's signal." }),
    controlPin: section.pin("control_pin", { help: "Pin that gives it commands." }),
    stowsEach: section.bool("stow_on_each_sample", true, {
      help: "Whether the pin goes up between the samples of one place.",
    }),
    device: readDevice(section),
    probe: readProbe(section),
  }),

  create(options, ctx) {
    const output = addPulseOutput(ctx, options.controlPin, { name: "bltouch", cycle: BLTOUCH_CYCLE });
    const device = new BlTouchDevice(ctx, output, () => pins.own, options.device);
    let isSequence = false;
    let isDown = false;

    async function prepare(): Promise<void> {
      if (isDown) return;
      isDown = true;
      await device.deploy();
    }

    async function release(): Promise<void> {
      if (!isDown || (isSequence && !options.stowsEach)) return;
      isDown = false;
      await device.stow();
    }

    const pins = createProbePins(ctx, { pin: options.sensorPin, zOffset: options.probe.zOffset, prepare, release });
    const hardware: ProbeHardware = {
      get endstop(): Endstop {
        return pins.own;
      },
      begin: () => {
        isSequence = true;
      },
      end: () => {
        isSequence = false;
        return release();
      },
    };
    const probe = new Probe(ctx, options.probe, hardware);
    ctx.offer("probe", probe);
    ctx.providePins(PROBE_CHIP, pins.provider);
    ctx.virtual.add("blTouches", {
      name: "bltouch",
      pin: ctx.virtual.pin(options.sensorPin),
      control: ctx.virtual.pin(options.controlPin),
      offsetXMm: options.probe.xOffset,
      offsetYMm: options.probe.yOffset,
      triggerMm: options.probe.zOffset,
    });

    async function debug(command: GcodeCommand): Promise<void> {
      const name = command.choice("COMMAND", COMMANDS, null);
      if (name === null) {
        command.respondInfo(`BLTouch commands: ${COMMANDS.join(", ")}`);
        return;
      }
      command.respondInfo(`bltouch: ${name} (${Math.round(BLTOUCH_PULSES[name] * 1e6)} us)`);
      await device.give(name, options.device.moveTime);
    }

    async function store(command: GcodeCommand): Promise<void> {
      const mode = command.choice("MODE", ["5V", "OD"]);
      const set: BlTouchCommand = mode === "5V" ? "set_5V_output_mode" : "set_OD_output_mode";
      // Mode, store, mode, as the manual of the BLTouch 3.1 wants it.
      for (const step of [set, "output_mode_store", set, "pin_up"] as const) {
        await device.give(step, options.device.moveTime);
      }
      command.respondInfo(`bltouch: output mode ${mode} is stored`);
    }

    let status: () => StatusObject = () => ({});
    return {
      connect() {
        pins.connect();
        status = addProbeCommands(ctx, probe).status;
        ctx.command("BLTOUCH_DEBUG", debug, { help: "Gives a command to the BLTouch." });
        ctx.command("BLTOUCH_STORE", store, { help: "Stores an output mode in a BLTouch 3.1." });
      },
      status: () => status(),
    };
  },
});
