// thread: host
import type { Config } from "../config/config.js";

/** A kind of section that is accepted without doing anything, and what its owner is told. */
interface KnownSection {
  /** What it is: "a display". */
  readonly what: string;
  /** What is missing without it, or what does its work here. */
  readonly effect: string;
  /** Commands of it that slicers and macros send: they are answered with silence. */
  readonly commands?: readonly string[];
}

const DISPLAY = "nothing is shown on it; prints are not affected";
const LIGHT = "it stays dark; prints are not affected";
const BUS_PART = "what is set with it keeps the board's own value; check that motors have their current";
const SENSOR = "it is not read; prints are not affected";
const THIRD_PARTY =
  "a plugin for Klipper, written in Python; it would need a module of its own in 'modules' beside printer.cfg";
const LED_COMMANDS = ["SET_LED", "SET_LED_TEMPLATE"];

function display(what: string): KnownSection {
  return { what, effect: DISPLAY };
}

function light(what: string): KnownSection {
  return { what, effect: LIGHT, commands: LED_COMMANDS };
}

function plugin(effect: string, commands: readonly string[] = []): KnownSection {
  return { what: THIRD_PARTY, effect, commands };
}

/** Kinds of sections that do not change a print and that this program does nothing with. */
const KNOWN: ReadonlyMap<string, KnownSection> = new Map([
  ["display", display("a display")],
  ["display_data", display("a part of what a display shows")],
  ["display_template", { ...display("a part of what a display shows or a light does"), commands: LED_COMMANDS }],
  ["display_glyph", display("a picture for a display")],
  ["menu", display("a menu of a display")],
  ["lcd", display("a display")],
  ["t5uid1", display("a display")],
  ["tft_lcd", display("a display")],
  ["neopixel", light("a chain of lights")],
  ["dotstar", light("a chain of lights")],
  ["led", light("a light")],
  ["pca9533", light("a light")],
  ["pca9632", light("a light")],
  ["adxl345", { what: "an accelerometer", effect: SENSOR }],
  ["lis2dw", { what: "an accelerometer", effect: SENSOR }],
  ["lis3dh", { what: "an accelerometer", effect: SENSOR }],
  ["mpu9250", { what: "an accelerometer", effect: SENSOR }],
  ["icm20948", { what: "an accelerometer", effect: SENSOR }],
  ["bmi160", { what: "an accelerometer", effect: SENSOR }],
  [
    "resonance_tester",
    {
      what: "the measurement of resonances",
      effect: "it cannot be run here; values in [input_shaper] that were measured elsewhere are used as they are",
    },
  ],
  ["angle", { what: "a magnetic angle sensor", effect: SENSOR }],
  [
    "endstop_phase",
    { what: "the correction of endstops by the phase of their motor", effect: "switches are used as they are" },
  ],
  [
    "delta_calibrate",
    { what: "the calibration of a delta", effect: "its stored values are kept; the calibration cannot be run here" },
  ],
  ["sdcard_loop", { what: "loops inside print files", effect: "files are printed without repetition" }],
  ["palette2", { what: "a filament splicer", effect: "it is not driven" }],
  ["samd_sercom", { what: "the choice of pins of a serial bus", effect: BUS_PART }],
  ["replicape", { what: "a board of its own kind", effect: BUS_PART }],
  ["static_pwm_clock", { what: "a clock signal on a pin", effect: "the pin gives no signal" }],
  ["hall_filament_width_sensor", { what: "a sensor of the filament's width", effect: SENSOR }],
  ["tsl1401cl_filament_width_sensor", { what: "a sensor of the filament's width", effect: SENSOR }],
  ["temperature_probe", { what: "the temperature correction of an eddy current probe", effect: SENSOR }],
  // Sections of Kalico, of vendors and of plugins that many configurations have.
  ["gcode_shell_command", plugin("commands of the system are not run from G-code", ["RUN_SHELL_COMMAND"])],
  ["led_effect", plugin(LIGHT, ["SET_LED_EFFECT", "STOP_LED_EFFECTS"])],
  ["autotune_tmc", plugin("drivers run with the settings of their own sections", ["AUTOTUNE_TMC"])],
  ["motor_constants", plugin("drivers run with the settings of their own sections")],
  ["shaketune", plugin("resonances cannot be measured with it here")],
  ["timelapse", plugin("no pictures are taken")],
  ["update_manager", plugin("updates are made by hand")],
  ["danger_options", { what: "settings of Kalico", effect: "they do not apply here" }],
  ["mainsail_updater", plugin("updates are made by hand")],
  ["octoeverywhere", plugin("its companion is not started")],
  ["obico", plugin("its companion is not started")],
  ["crowsnest", plugin("cameras are not started")],
  ["moonraker", plugin("its settings are given on the command line here")],
]);

/**
 * Accepts the sections of `config` that nobody in `kinds` reads and that do not change a print: each gets a warning which
 * says what it is and what is missing. Returns the commands that such sections would have had.
 */
export function acceptKnownSections(config: Config, kinds: ReadonlySet<string>): readonly string[] {
  const commands = new Set<string>();
  for (const name of config.names) {
    const [kind = ""] = name.split(/\s/, 1);
    const known = kinds.has(kind) ? undefined : KNOWN.get(kind);
    if (known === undefined) continue;
    config.accept(name, `${known.what}: it is accepted and not used. ${capital(known.effect)}.`);
    for (const command of known.commands ?? []) commands.add(command);
  }
  return [...commands];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
