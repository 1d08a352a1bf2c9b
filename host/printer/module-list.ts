// thread: host
import adcTemperature from "../extras/adc_temperature.js";
import axisTwistCompensation from "../extras/axis_twist_compensation.js";
import bedMesh from "../extras/bed_mesh.js";
import bedScrews from "../extras/bed_screws.js";
import bedTilt from "../extras/bed_tilt.js";
import bltouch from "../extras/bltouch.js";
import configfile from "../extras/configfile.js";
import controllerFan from "../extras/controller_fan.js";
import delayedGcode from "../extras/delayed_gcode.js";
import displayStatus from "../extras/display_status.js";
import excludeObject from "../extras/exclude_object.js";
import extruderHeat from "../extras/extruder_heat.js";
import fan from "../extras/fan.js";
import fanGeneric from "../extras/fan_generic.js";
import filamentMotionSensor from "../extras/filament_motion_sensor.js";
import filamentSwitchSensor from "../extras/filament_switch_sensor.js";
import firmwareRetraction from "../extras/firmware_retraction.js";
import forceMove from "../extras/force_move.js";
import gcodeArcs from "../extras/gcode_arcs.js";
import gcodeButton from "../extras/gcode_button.js";
import gcodeMacro from "../extras/gcode_macro.js";
import heaterBed from "../extras/heater_bed.js";
import heaterFan from "../extras/heater_fan.js";
import heaterGeneric from "../extras/heater_generic.js";
import heaters from "../extras/heaters.js";
import homingHeaters from "../extras/homing_heaters.js";
import homingOverride from "../extras/homing_override.js";
import idleTimeout from "../extras/idle_timeout.js";
import inputShaper from "../extras/input_shaper.js";
import manualProbe from "../extras/manual_probe.js";
import multiPin from "../extras/multi_pin.js";
import outputPin from "../extras/output_pin.js";
import pauseResume from "../extras/pause_resume.js";
import pidCalibrate from "../extras/pid_calibrate.js";
import printStats from "../extras/print_stats.js";
import probe from "../extras/probe.js";
import pwmCycleTime from "../extras/pwm_cycle_time.js";
import quadGantryLevel from "../extras/quad_gantry_level.js";
import respond from "../extras/respond.js";
import safeZHome from "../extras/safe_z_home.js";
import saveVariables from "../extras/save_variables.js";
import screwsTiltAdjust from "../extras/screws_tilt_adjust.js";
import servo from "../extras/servo.js";
import skewCorrection from "../extras/skew_correction.js";
import staticDigitalOutput from "../extras/static_digital_output.js";
import systemStats from "../extras/system_stats.js";
import temperatureFan from "../extras/temperature_fan.js";
import temperatureSensor from "../extras/temperature_sensor.js";
import thermistor from "../extras/thermistor.js";
import tmc2130 from "../extras/tmc2130.js";
import tmc2208 from "../extras/tmc2208.js";
import tmc2209 from "../extras/tmc2209.js";
import tmc2240 from "../extras/tmc2240.js";
import tmc2660 from "../extras/tmc2660.js";
import tmc5160 from "../extras/tmc5160.js";
import tuningTower from "../extras/tuning_tower.js";
import verifyHeater from "../extras/verify_heater.js";
import virtualSdcard from "../extras/virtual_sdcard.js";
import zThermalAdjust from "../extras/z_thermal_adjust.js";
import zTilt from "../extras/z_tilt.js";
import type { AnyModule } from "./module.js";

/** Every module that the program brings with it, one per line in the order of their names. */
export const modules: readonly (AnyModule | readonly AnyModule[])[] = [
  adcTemperature,
  axisTwistCompensation,
  bedMesh,
  bedScrews,
  bedTilt,
  bltouch,
  configfile,
  controllerFan,
  delayedGcode,
  displayStatus,
  excludeObject,
  extruderHeat,
  fan,
  fanGeneric,
  filamentMotionSensor,
  filamentSwitchSensor,
  firmwareRetraction,
  forceMove,
  gcodeArcs,
  gcodeButton,
  gcodeMacro,
  heaterBed,
  heaterFan,
  heaterGeneric,
  heaters,
  homingHeaters,
  homingOverride,
  idleTimeout,
  inputShaper,
  manualProbe,
  multiPin,
  outputPin,
  pauseResume,
  pidCalibrate,
  printStats,
  probe,
  pwmCycleTime,
  quadGantryLevel,
  respond,
  safeZHome,
  saveVariables,
  screwsTiltAdjust,
  servo,
  skewCorrection,
  staticDigitalOutput,
  systemStats,
  temperatureFan,
  temperatureSensor,
  thermistor,
  tmc2130,
  tmc2208,
  tmc2209,
  tmc2240,
  tmc2660,
  tmc5160,
  tuningTower,
  verifyHeater,
  virtualSdcard,
  zThermalAdjust,
  zTilt,
];
