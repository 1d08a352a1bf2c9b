// thread: any
import type { Firmware } from "./firmware.js";

/** Seconds between two reports of how busy the board is. */
const STATS_PERIOD = 5;
/** Ticks that the board is taken to spend on one command. */
const COMMAND_TICKS = 300;

/** Commands that every board has: dictionary, configuration, clock, shutdown. */
export function addBaseCommands(firmware: Firmware): void {
  addIdentify(firmware);
  addConfiguration(firmware);
  addClock(firmware);
  addShutdown(firmware);
  addDebug(firmware);
  addStats(firmware);
}

function addIdentify(firmware: Firmware): void {
  const response = firmware.replyEncoder("identify_response offset=%u data=%.*s");
  firmware.on(
    "identify offset=%u count=%c",
    ({ values: [offset = 0, count = 0] }) => {
      const end = Math.min(firmware.compressed.length, offset + count);
      firmware.reply(response, offset, firmware.compressed.subarray(Math.min(offset, end), end));
    },
    true,
  );
}

function addConfiguration(firmware: Firmware): void {
  const config = firmware.replyEncoder("config is_config=%c crc=%u is_shutdown=%c move_count=%hu");
  let crc = 0;
  firmware.on(
    "get_config",
    () => {
      const { isReady, count } = firmware.moves;
      firmware.reply(config, Number(isReady), crc, Number(firmware.shutdownReason !== undefined), count);
    },
    true,
  );
  firmware.on("allocate_oids count=%c", ({ values: [count = 0] }) => firmware.allocateObjects(count));
  firmware.on("finalize_config crc=%u", ({ values: [wanted = 0] }) => {
    if (firmware.moves.isReady) firmware.shutdown("Already finalized");
    crc = wanted;
    firmware.moves.open();
  });
  firmware.on("reset", () => firmware.onReset("board"), true);
  firmware.on(
    "config_reset",
    () => {
      if (firmware.shutdownReason === undefined) firmware.shutdown("config_reset only available when shutdown");
      firmware.onReset("configuration");
    },
    true,
  );
}

function addClock(firmware: Firmware): void {
  const clock = firmware.replyEncoder("clock clock=%u");
  const uptime = firmware.replyEncoder("uptime high=%u clock=%u");
  firmware.on("get_clock", () => firmware.reply(clock, firmware.narrow(firmware.now)), true);
  firmware.on(
    "get_uptime",
    () => firmware.reply(uptime, Math.floor(firmware.now / 0x1_0000_0000), firmware.narrow(firmware.now)),
    true,
  );
}

function addShutdown(firmware: Firmware): void {
  firmware.on(
    "emergency_stop",
    () => {
      // A board that has shut down already says again why it did.
      if (firmware.shutdownReason !== undefined) firmware.tellShutdown();
      firmware.shutdown("Command request");
    },
    true,
  );
  firmware.on("clear_shutdown", () => firmware.clearShutdown(), true);
}

function addDebug(firmware: Firmware): void {
  const pong = firmware.replyEncoder("pong data=%*s");
  const result = firmware.replyEncoder("debug_result val=%u");
  firmware.on("debug_nop", () => {}, true);
  firmware.on("debug_ping data=%*s", (args) => firmware.reply(pong, args.bytes("data")), true);
  firmware.on("debug_read order=%c addr=%u", () => firmware.reply(result, 0), true);
  firmware.on("debug_write order=%c addr=%u val=%u", () => {}, true);
}

function addStats(firmware: Firmware): void {
  const stats = firmware.replyEncoder("stats count=%u sum=%u sumsq=%u");
  const base = firmware.dictionary.constantOr("STATS_SUMSQ_BASE", 256);
  const period = STATS_PERIOD * firmware.frequency;
  let reported = 0;
  const timer = firmware.createTimer(() => {
    const count = firmware.commandCount - reported;
    reported = firmware.commandCount;
    // Every command is taken to be a task of its own.
    firmware.reply(stats, count, count * COMMAND_TICKS, Math.floor((count * COMMAND_TICKS ** 2) / base));
    timer.set(firmware.now + period);
  });
  timer.set(firmware.now + period);
  firmware.onShutdown(() => timer.set(firmware.now + period));
}
