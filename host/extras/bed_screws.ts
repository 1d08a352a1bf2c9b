// thread: host
import { readTravel, travelTo, type Xy } from "../devices/probe-points.js";
import { readScrews } from "../devices/screws.js";
import { defineModule, type GcodeCommand, type StatusObject } from "../printer/module.js";
import { mm, mmPerS } from "../shared/units.js";

type Round = "adjust" | "fine";

/** Where the owner is: in which round, at which screw, and how many screws in a row were right. */
interface Progress {
  readonly round: Round;
  readonly screw: number;
  readonly accepted: number;
}

const IDLE: StatusObject = Object.freeze({ is_active: false, state: null, current_screw: 0, accepted_screws: 0 });

/** `[bed_screws]`: goes from screw to screw of the bed for the paper test. */
export default defineModule({
  section: "bed_screws",

  options: (section) => ({
    screws: readScrews(section, 3, true),
    travel: readTravel(section),
    probeHeight: section.mm("probe_height", mm(0), { help: "Height of the nozzle for the paper test." }),
    probeSpeed: section.mmPerS("probe_speed", mmPerS(5), { above: 0, help: "Speed down to that height." }),
  }),

  create(options, ctx) {
    const { screws, travel } = options;
    let status = IDLE;
    const hasFine = screws.some(({ fine }) => fine !== null);

    /** The screws that are gone to in a round, with their places. */
    function stations(round: Round): readonly { readonly name: string; readonly place: Xy }[] {
      return screws.flatMap(({ name, place, fine }) => {
        const at = round === "fine" ? fine : place;
        return at === null ? [] : [{ name, place: at }];
      });
    }

    async function goTo(progress: Progress, command: GcodeCommand): Promise<void> {
      const station = stations(progress.round)[progress.screw];
      if (station === undefined) return;
      await travelTo(ctx, station.place, travel, options.probeSpeed);
      await ctx.toolhead.moveTo({ z: options.probeHeight }, options.probeSpeed);
      ctx.find("gcodeMove")?.resync();
      status = Object.freeze({
        is_active: true,
        state: progress.round,
        current_screw: progress.screw,
        accepted_screws: progress.accepted,
      });
      command.respondInfo(
        `Adjust ${station.name}, then run ACCEPT, or ADJUSTED if it had to be turned by much. ABORT ends this.`,
      );
    }

    /**
     * What follows when the screw is right (`accepted` in a row), or was turned. A round always goes to its end; one in
     * which something was turned is followed by another of coarse adjustments.
     */
    async function next({ round, screw }: Progress, accepted: number, command: GcodeCommand): Promise<void> {
      const count = stations(round).length;
      if (screw + 1 < count) {
        await wait({ round, screw: screw + 1, accepted }, command);
      } else if (accepted < count) {
        await wait({ round: "adjust", screw: 0, accepted }, command);
      } else if (round === "adjust" && hasFine) {
        await wait({ round: "fine", screw: 0, accepted: 0 }, command);
      } else {
        await finish(command);
        command.respondInfo("bed_screws: all screws are right");
      }
    }

    async function wait(progress: Progress, command: GcodeCommand): Promise<void> {
      ctx.need("manualProbe", "manual_probe").open({
        accept: (answer) => next(progress, progress.accepted + 1, answer),
        // What was turned moves the others too: all must be found right once more.
        adjusted: (answer) => next(progress, 0, answer),
        abort: finish,
      });
      await goTo(progress, command);
    }

    async function finish(_command: GcodeCommand): Promise<void> {
      ctx.need("manualProbe", "manual_probe").close();
      status = IDLE;
      await ctx.toolhead.moveTo({ z: travel.height }, options.probeSpeed);
      ctx.find("gcodeMove")?.resync();
    }

    async function adjust(command: GcodeCommand): Promise<void> {
      ctx.need("manualProbe", "manual_probe").checkIdle(command);
      await wait({ round: "adjust", screw: 0, accepted: 0 }, command);
    }

    return {
      connect() {
        ctx.command("BED_SCREWS_ADJUST", adjust, { help: "Goes from screw to screw of the bed for the paper test." });
      },
      status: () => status,
    };
  },
});
