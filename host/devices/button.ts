// thread: host
import type { ModuleContext, Pin } from "../printer/module.js";
import { seconds } from "../shared/units.js";

/** How often the board looks at the pin, in s. */
const POLL_PERIOD = 0.002;
/** Looks between two reports of a change that nobody has acknowledged. */
const RETRANSMIT = 50;
/** Until the first look, in s: the command must reach the board before. */
const START_DELAY = 0.2;
/** Acknowledgements are counted in a byte. */
const COUNTS = 256;
const CLOCK_RANGE = 2 ** 32;

export interface ButtonOptions {
  readonly pin: Pin;
  /** A change that lasts less long is none, in s. */
  readonly debounce: number;
  /** Hears each change; a button that is pressed at the start is a change. From `ready()` on. */
  readonly onChange: (isPressed: boolean) => void;
}

/** A pin that a board watches. */
export interface Button {
  /** In `connect()`. */
  connect(): void;
  /** In `ready()`. */
  start(): Promise<void>;
}

/** Makes a board watch a pin. In `create()`. */
export function addButton(ctx: ModuleContext, options: ButtonOptions): Button {
  const { pin, debounce, onChange } = options;
  let oid = 0;
  let isPressed = false;
  /** Changes that were taken, modulo 256. */
  let taken = 0;
  let settle: { stop(): void } | undefined;

  function change(next: boolean): void {
    settle?.stop();
    settle = undefined;
    if (next === isPressed) return;
    const take = (): void => {
      isPressed = next;
      onChange(next);
    };
    if (debounce > 0) settle = ctx.after(seconds(debounce), take);
    else take();
  }

  /** Takes the states that are new, and says so: the board repeats them until then. */
  function receive(first: number, states: Uint8Array): void {
    const known = (((taken - first) % COUNTS) + COUNTS) % COUNTS;
    const fresh = states.subarray(Math.min(known, states.length));
    if (fresh.length === 0) return;
    taken = (taken + fresh.length) % COUNTS;
    ctx.mcu(pin.chip).send(`buttons_ack oid=${oid} count=${fresh.length}`);
    for (const state of fresh) change((state & 1) !== (pin.invert ? 1 : 0));
  }

  ctx.virtual.add("switches", { name: ctx.name, pin: ctx.virtual.pin(pin) });
  return {
    connect() {
      const board = ctx.mcu(pin.chip);
      oid = board.createOid();
      board.addConfig(`config_buttons oid=${oid} button_count=1`);
      board.addConfig(`buttons_add oid=${oid} pos=0 pin=${pin.pin} pull_up=${pin.pullup}`);
      board.listen("buttons_state", oid, ({ ack_count: first, state }) => {
        if (typeof first === "number" && state instanceof Uint8Array) receive(first, state);
      });
    },

    async start() {
      if (ctx.isDryRun) return;
      const board = ctx.mcu(pin.chip);
      const { clock } = await board.query("get_uptime", "uptime");
      const first = (Number(clock) + board.ticks(START_DELAY)) % CLOCK_RANGE;
      const rest = board.ticks(POLL_PERIOD);
      const idle = pin.invert ? 1 : 0;
      board.send(
        `buttons_query oid=${oid} clock=${first} rest_ticks=${rest} retransmit_count=${RETRANSMIT} invert=${idle}`,
      );
    },
  };
}
