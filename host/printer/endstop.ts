// thread: host
import type { Pin } from "../config/pins.js";
import { HostError } from "../shared/errors.js";
import type { ModuleContext } from "./module.js";
import type { Endstop, EndstopStepper, EndstopUse, PinProvider, ReservedSwitch } from "./services.js";

/** Makes the objects of a switch before those of the stepper that it stops; `undefined` for a pin of no board. */
export function reserveSwitch(ctx: ModuleContext, pin: Pin): ReservedSwitch | undefined {
  const board = ctx.boards.find(({ name }) => name === pin.chip);
  if (board === undefined) return undefined;
  return { board: board.index, endstopOid: board.createOid(), trsyncOid: board.createOid() };
}

/** A switch on a pin of a board. */
function addSwitch(ctx: ModuleContext, pin: Pin, { name, reserved }: EndstopUse): Endstop {
  const board = ctx.mcu(pin.chip);
  const own = reserved?.board === board.index ? reserved : undefined;
  const oid = own?.endstopOid ?? board.createOid();
  const steppers: EndstopStepper[] = [];
  const index = ctx.machine.addEndstop(() => {
    board.addConfig(`config_endstop oid=${oid} pin=${pin.pin} pull_up=${pin.pullup}`);
    // Its own board first: there the trigger is seen.
    const boards = [...new Set([board.index, ...steppers.map((stepper) => stepper.board)])];
    const trsyncs = boards.flatMap((place) => {
      const other = ctx.boards[place];
      if (other === undefined) return [];
      const trsync = (place === board.index ? own?.trsyncOid : undefined) ?? other.createOid();
      other.addConfig(`config_trsync oid=${trsync}`);
      return [{ board: place, oid: trsync }];
    });
    return {
      name,
      board: board.index,
      oid,
      inverted: pin.invert,
      trsyncs,
      steppers: steppers.map((stepper) => stepper.index),
    };
  });
  return {
    name,
    index,
    position: undefined,
    addStepper: (stepper) => {
      if (!steppers.some((known) => known.index === stepper.index)) steppers.push(stepper);
    },
    query: async () => {
      const state = await board.query(`endstop_query_state oid=${oid}`, "endstop_state", oid);
      return (state["pin_value"] !== 0) !== pin.invert;
    },
  };
}

/**
 * Adds the endstop behind a pin: a switch of a board, or what the owner of a virtual pin (`probe:z_virtual_endstop`)
 * makes of it. Offers it as the part `endstop` of its name. Throws CFG_PIN for a pin that can be no endstop.
 */
export function addEndstop(
  ctx: ModuleContext,
  pin: Pin,
  use: EndstopUse,
  findProvider: (chip: string) => PinProvider | undefined,
): Endstop {
  const provider = findProvider(pin.chip);
  const endstop = provider === undefined ? addSwitch(ctx, pin, use) : provider.endstop(pin, use);
  ctx.offerPart("endstop", use.name, endstop);
  return endstop;
}

/** CFG_PIN for a virtual pin that its owner does not have. */
export function noSuchPin(pin: Pin, owner: string, pins: readonly string[]): HostError<"CFG_PIN"> {
  return new HostError("CFG_PIN", `[${owner}] has no pin '${pin.pin}'`, {
    details: { section: owner, option: "", value: `${pin.chip}:${pin.pin}` },
    fix: `use ${pins.map((name) => `'${pin.chip}:${name}'`).join(" or ")}`,
    ...(pin.place === undefined ? {} : { place: pin.place }),
  });
}
