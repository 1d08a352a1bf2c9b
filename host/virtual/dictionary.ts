// thread: any
// The virtual board's own dictionary: the commands of Klipper's firmware that it simulates, and the pins of every chip
// family, so that any printer.cfg runs on it.

/** Ticks per second of the virtual board's own clock. */
export const VIRTUAL_FREQUENCY = 64_000_000;

const COMMANDS = [
  "allocate_oids count=%c",
  "buttons_ack oid=%c count=%c",
  "buttons_add oid=%c pos=%c pin=%u pull_up=%c",
  "buttons_query oid=%c clock=%u rest_ticks=%u retransmit_count=%c invert=%c",
  "clear_shutdown",
  "config_analog_in oid=%c pin=%u",
  "config_buttons oid=%c button_count=%c",
  "config_counter oid=%c pin=%u pull_up=%c",
  "config_digital_out oid=%c pin=%u value=%c default_value=%c max_duration=%u",
  "config_endstop oid=%c pin=%c pull_up=%c",
  "config_hd44780 oid=%c rs_pin=%u e_pin=%u d4_pin=%u d5_pin=%u d6_pin=%u d7_pin=%u delay_ticks=%u",
  "config_i2c oid=%c",
  "config_neopixel oid=%c pin=%u data_size=%hu bit_max_ticks=%u reset_min_ticks=%u",
  "config_pwm_out oid=%c pin=%u cycle_ticks=%u value=%hu default_value=%hu max_duration=%u",
  "config_reset",
  "config_spi oid=%c pin=%u cs_active_high=%c",
  "config_spi_shutdown oid=%c spi_oid=%c shutdown_msg=%*s",
  "config_spi_without_cs oid=%c",
  "config_st7920 oid=%c cs_pin=%u sclk_pin=%u sid_pin=%u sync_delay_ticks=%u cmd_delay_ticks=%u",
  "config_stepper oid=%c step_pin=%c dir_pin=%c invert_step=%c step_pulse_ticks=%u",
  "config_thermocouple oid=%c spi_oid=%c thermocouple_type=%c",
  "config_tmcuart oid=%c rx_pin=%u pull_up=%c tx_pin=%u bit_time=%u",
  "config_trsync oid=%c",
  "debug_nop",
  "debug_ping data=%*s",
  "debug_read order=%c addr=%u",
  "debug_write order=%c addr=%u val=%u",
  "emergency_stop",
  "endstop_home oid=%c clock=%u sample_ticks=%u sample_count=%c rest_ticks=%u pin_value=%c trsync_oid=%c trigger_reason=%c",
  "endstop_query_state oid=%c",
  "finalize_config crc=%u",
  "get_clock",
  "get_config",
  "get_uptime",
  "hd44780_send_cmds oid=%c cmds=%*s",
  "hd44780_send_data oid=%c data=%*s",
  "i2c_set_bus oid=%c i2c_bus=%u rate=%u address=%u",
  "i2c_set_sw_bus oid=%c scl_pin=%u sda_pin=%u pulse_ticks=%u address=%u",
  "i2c_transfer oid=%c write=%*s read_len=%u",
  "neopixel_send oid=%c",
  "neopixel_update oid=%c pos=%hu data=%*s",
  "query_analog_in oid=%c clock=%u sample_ticks=%u sample_count=%c rest_ticks=%u bytes_per_report=%c min_value=%hu max_value=%hu range_check_count=%c",
  "query_counter oid=%c clock=%u poll_ticks=%u sample_ticks=%u",
  "query_thermocouple oid=%c clock=%u rest_ticks=%u min_value=%u max_value=%u max_invalid_count=%c",
  "queue_digital_out oid=%c clock=%u on_ticks=%u",
  "queue_pwm_out oid=%c clock=%u value=%hu",
  "queue_step oid=%c interval=%u count=%hu add=%hi",
  "reset",
  "reset_step_clock oid=%c clock=%u",
  "set_digital_out pin=%u value=%c",
  "set_digital_out_pwm_cycle oid=%c cycle_ticks=%u",
  "set_next_step_dir oid=%c dir=%c",
  "set_pwm_out pin=%u cycle_ticks=%u value=%hu",
  "spi_send oid=%c data=%*s",
  "spi_set_bus oid=%c spi_bus=%u mode=%u rate=%u",
  "spi_set_sw_bus oid=%c miso_pin=%u mosi_pin=%u sclk_pin=%u mode=%u pulse_ticks=%u",
  "spi_transfer oid=%c data=%*s",
  "st7920_send_cmds oid=%c cmds=%*s",
  "st7920_send_data oid=%c data=%*s",
  "stepper_get_position oid=%c",
  "stepper_stop_on_trigger oid=%c trsync_oid=%c",
  "tmcuart_send oid=%c write=%*s read=%c",
  "trsync_set_timeout oid=%c clock=%u",
  "trsync_start oid=%c report_clock=%u report_ticks=%u expire_reason=%c",
  "trsync_trigger oid=%c reason=%c",
  "update_digital_out oid=%c value=%c",
] as const;

const RESPONSES = [
  "analog_in_state oid=%c next_clock=%u values=%*s",
  "buttons_state oid=%c ack_count=%c state=%*s",
  "clock clock=%u",
  "config is_config=%c crc=%u is_shutdown=%c move_count=%hu",
  "counter_state oid=%c next_clock=%u count=%u count_clock=%u",
  "debug_result val=%u",
  "endstop_state oid=%c homing=%c next_clock=%u pin_value=%c",
  "i2c_response oid=%c i2c_bus_status=%c response=%*s",
  "is_shutdown static_string_id=%hu",
  "neopixel_result oid=%c success=%c",
  "pong data=%*s",
  "shutdown clock=%u static_string_id=%hu",
  "spi_transfer_response oid=%c response=%*s",
  "starting",
  "stats count=%u sum=%u sumsq=%u",
  "stepper_position oid=%c pos=%i",
  "thermocouple_result oid=%c next_clock=%u value=%u fault=%c",
  "tmcuart_response oid=%c read=%*s",
  "trsync_state oid=%c can_trigger=%c trigger_reason=%c clock=%u",
  "uptime high=%u clock=%u",
] as const;

/** Reasons for a shutdown, in the firmware's own words: hosts look for them. */
const REASONS = [
  "ADC out of range",
  "Already finalized",
  "Can not set soft pwm cycle ticks while updates pending",
  "Can't add signal that is already active",
  "Can't assign oid",
  "Can't reset time when stepper active",
  "Command parser error",
  "Command request",
  "Invalid analog_in bytes_per_report",
  "Invalid buttons retransmit count",
  "Invalid command",
  "Invalid count parameter",
  "Invalid neopixel data_size",
  "Invalid neopixel update command",
  "Invalid oid type",
  "Invalid spi config",
  "Max of 8 buttons",
  "Missed scheduling of next digital out event",
  "Missed scheduling of next hard pwm event",
  "Move queue overflow",
  "Scheduled digital out event will exceed max_duration",
  "Scheduled pwm event will exceed max_duration",
  "Set button past maximum button count",
  "Shutdown cleared when not shutdown",
  "Stepper too far in past",
  "Thermocouple reader fault",
  "Timer too close",
  "config_reset only available when shutdown",
  "oids already allocated",
  "tmcuart data too large",
  "update_digital_out not valid with active queue",
] as const;

/** Runs of pin names: the first name, and how many. */
const PIN_RUNS: readonly (readonly [string, number])[] = [
  // AVR, STM32, SAM: ports of up to 32 pins.
  ...Array.from("ABCDEFGHIJKL", (port) => [`P${port}0`, 32] as const),
  // LPC176x.
  ...[0, 1, 2, 3, 4].map((port) => [`P${port}.0`, 32] as const),
  // RP2040, RP2350, and the first chip of a Linux board.
  ["gpio0", 288],
  // Linux boards.
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((chip) => [`gpiochip${chip}/gpio0`, 288] as const),
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((chip) => [`pwmchip${chip}/pwm0`, 16] as const),
  ["analog0", 16],
];

const SPI_BUSES = [
  ...["spi", "spi0", "spi1", "spi2", "spi3", "spi4", "spi5", "spi6"],
  ...["spi0a", "spi0b", "spi0c", "spi0d", "spi1a", "spi1b", "spi1c", "spi2a", "spi2b", "spi3a", "spi5a"],
  ...["ssp0", "ssp1", "usart0", "usart1", "usart2"],
  ...Array.from({ length: 8 }, (_, i) => `sercom${i}`),
  ...["spi0_gpio0_gpio3_gpio2", "spi0_gpio4_gpio3_gpio2", "spi0_gpio4_gpio7_gpio6", "spi0_gpio16_gpio19_gpio18"],
  ...["spi0_gpio20_gpio23_gpio22", "spi1_gpio8_gpio11_gpio10", "spi1_gpio12_gpio11_gpio10"],
  ...["spi1_gpio12_gpio15_gpio14", "spi1_gpio24_gpio27_gpio26"],
  ...["spi1_PA6_PA7_PA5", "spi1_PB4_PB5_PB3", "spi2_PA10_PA11_PF1", "spi2_PB14_PB15_PB13", "spi2_PB2_PB11_PB10"],
  ...["spi2_PB6_PB7_PB8", "spi2_PC2_PC3_PB10", "spi2_PI2_PI3_PI1", "spi3_PB4_PB5_PB3", "spi3_PC11_PC12_PC10"],
  ...["spi4_PE13_PE14_PE12", "spi6_PG12_PG14_PG13"],
  ...["spidev0.0", "spidev0.1", "spidev0.2", "spidev1.0", "spidev1.1", "spidev1.2", "spidev2.0", "spidev2.1"],
] as const;

const I2C_BUSES = [
  ...["twi", "twi0", "twi1", "twihs0", "twihs1", "twihs2"],
  ...["i2c0", "i2c1", "i2c2", "i2c3", "i2c1a", "i2c2a", "i2c3a"],
  ...["i2c0a", "i2c0b", "i2c0c", "i2c0d", "i2c0e", "i2c0f", "i2c0g", "i2c0h"],
  ...["i2c1b", "i2c1c", "i2c1d", "i2c1e", "i2c1f", "i2c1g"],
  ...["i2c1_PA13_PA14", "i2c1_PA15_PA14", "i2c1_PA9_PA10", "i2c1_PB6_PB7", "i2c1_PB8_PB7", "i2c1_PB8_PB9"],
  ...["i2c1_PF1_PF0", "i2c2_PA7_PA6", "i2c2_PA9_PA8", "i2c2_PB10_PB11", "i2c2_PB13_PB14", "i2c2_PC4_PF0"],
  ...["i2c2_PF1_PF0", "i2c3_PA7_PA6", "i2c3_PA7_PB4", "i2c3_PA8_PC9", "i2c3_PB3_PB4", "i2c3_PC0_PC1"],
  ...["i2c3_PC8_PC11", "i2c3_PC8_PC9"],
  ...Array.from({ length: 8 }, (_, i) => `sercom${i}`),
  ...["i2c.0", "i2c.1", "i2c.2"],
] as const;

/** First number of pins in `PIN_RUNS`; below it are those that stand alone. */
const FIRST_RUN_PIN = 16;

type Numbered = Record<string, number | readonly [number, number]>;

function numbered(names: readonly string[], first = 0): Numbered {
  return Object.fromEntries(names.map((name, i) => [name, first + i]));
}

function pins(): Numbered {
  const all: Numbered = { ADC_TEMPERATURE: 0 };
  let next = FIRST_RUN_PIN;
  for (const [name, count] of PIN_RUNS) {
    all[name] = [next, count];
    next += count;
  }
  return all;
}

/** JSON of the virtual board's own dictionary. A board on a serial line states its receive buffer. */
export function virtualDictionary(options: { readonly hasSerialLine: boolean }): string {
  return JSON.stringify({
    app: "Steadyhand",
    version: "virtual",
    build_versions: "",
    config: {
      MCU: "virtual",
      CLOCK_FREQ: VIRTUAL_FREQUENCY,
      ADC_MAX: 4095,
      PWM_MAX: 255,
      STATS_SUMSQ_BASE: 256,
      STEPPER_STEP_BOTH_EDGE: 1,
      ...(options.hasSerialLine ? { RECEIVE_WINDOW: 192 } : {}),
    },
    commands: { "identify offset=%u count=%c": 1, ...numbered(COMMANDS, 2) },
    responses: { "identify_response offset=%u data=%.*s": 0, ...numbered(RESPONSES, COMMANDS.length + 2) },
    enumerations: {
      pin: pins(),
      spi_bus: numbered(SPI_BUSES),
      i2c_bus: numbered(I2C_BUSES),
      i2c_bus_status: { SUCCESS: 0, NACK: 1, BUS_TIMEOUT: 2, START_NACK: 3, START_READ_NACK: 4 },
      thermocouple_type: { MAX31855: 0, MAX31856: 1, MAX31865: 2, MAX6675: 3 },
      static_string_id: numbered(REASONS, 2),
    },
  });
}
