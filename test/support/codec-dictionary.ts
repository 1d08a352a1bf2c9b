// thread: any
import { Dictionary } from "../../host/mcu/dictionary.js";

/** A small dictionary with one of everything, with the ids that an ATmega2560's firmware of August 2026 has. */
export const CODEC_JSON = JSON.stringify({
  app: "Klipper",
  version: "v0.13.0-730-g84104bbbd",
  build_versions: "gcc: (GCC) 5.4.0 binutils: (GNU Binutils) 2.26",
  config: { CLOCK_FREQ: 16000000, ADC_MAX: 1023, MCU: "atmega2560", RESERVE_PINS_serial: "PE0,PE1" },
  commands: {
    "allocate_oids count=%c": 8,
    "config_analog_in oid=%c pin=%u": 33,
    "config_digital_out oid=%c pin=%u value=%c default_value=%c max_duration=%u": 17,
    "config_stepper oid=%c step_pin=%c dir_pin=%c invert_step=%c step_pulse_ticks=%u": 23,
    "debug_ping data=%*s": 10,
    "finalize_config crc=%u": 6,
    get_clock: 5,
    get_config: 7,
    "queue_step oid=%c interval=%u count=%hu add=%hi": 22,
    reset: -16,
    "set_digital_out_pwm_cycle oid=%c cycle_ticks=%u": 16,
    "set_next_step_dir oid=%c dir=%c": 21,
    "spi_set_bus oid=%c spi_bus=%u mode=%u rate=%u": 37,
    "identify offset=%u count=%c": 1,
  },
  responses: {
    "clock clock=%u": -10,
    "config is_config=%c crc=%u is_shutdown=%c move_count=%hu": -9,
    "identify_response offset=%u data=%.*s": 0,
    "pong data=%*s": -8,
    "shutdown clock=%u static_string_id=%hu": -13,
    "stepper_position oid=%c pos=%i": -6,
    "uptime high=%u clock=%u": -11,
  },
  output: { "The value of %u is %s with offset %i.": 120 },
  enumerations: {
    pin: {
      PA0: [0, 8],
      PB0: [8, 8],
      PE0: [32, 8],
      PF0: [40, 8],
      PH0: [56, 8],
      PJ0: [72, 8],
      PK0: [80, 8],
      ADC_TEMPERATURE: 254,
    },
    spi_bus: { spi: 0, spi1: 1, spi1_PA6_PA7_PA5: 1 },
    static_string_id: { "Timer too close": 3, "Command request": 8 },
  },
});

/** `CODEC_JSON`, parsed. */
export const codecDictionary = (): Dictionary => Dictionary.parse(CODEC_JSON);
