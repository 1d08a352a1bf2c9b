// thread: host

import { ExcludingTransform, NOTHING_SKIPPED, type SkippedFilament } from "../devices/excluding-transform.js";
import { whenReached } from "../devices/in-time.js";
import { readCommandAdder } from "../devices/macro-names.js";
import { type PrintObject, readObject } from "../devices/object-list.js";
import { RewindLog } from "../devices/rewind-log.js";
import { defineModule, type GcodeCommand, type StatusObject } from "../printer/module.js";

/** Which object's lines are read, and how filament is counted there. */
interface Place {
  readonly name: string | undefined;
  readonly filament: SkippedFilament;
}

const OUTSIDE: Place = { name: undefined, filament: NOTHING_SKIPPED };

/** `[exclude_object]`: leaves single objects out of a running print. Also without the section. */
export default defineModule({
  section: "exclude_object",
  isAlways: true,
  shape: { floats: ["objects.*.center", "objects.*.polygon"] },

  options: (section) => ({ add: readCommandAdder(section) }),

  create({ add }, ctx) {
    let objects: readonly PrintObject[] = [];
    let excluded: readonly string[] = [];
    /** Object whose lines are read. */
    let current: string | undefined;
    /** Object whose motion is under way. */
    let shown: string | undefined;
    const log = new RewindLog<Place>(OUTSIDE);
    let transform: ExcludingTransform | undefined;
    let status: StatusObject = show();

    function show(): StatusObject {
      return Object.freeze({ objects, excluded_objects: excluded, current_object: shown ?? null });
    }

    function publish(): void {
      status = show();
    }

    function isExcluding(): boolean {
      return current !== undefined && excluded.includes(current);
    }

    function reset(): void {
      objects = [];
      excluded = [];
      current = undefined;
      shown = undefined;
      log.reset(OUTSIDE);
      transform?.reset();
      publish();
    }

    /** Where in the file the command stands; inside a macro, behind the line that called it. */
    function placeOf(command: GcodeCommand): number {
      const job = ctx.find("printJob");
      return command.position >= 0 || job?.isActive !== true ? command.position : job.position;
    }

    function enter(command: GcodeCommand, name: string | undefined): void {
      current = name;
      log.note(placeOf(command), { name, filament: transform?.skipped ?? NOTHING_SKIPPED });
      whenReached(ctx, () => {
        shown = name;
        publish();
      });
    }

    function list(command: GcodeCommand): void {
      if (command.int("JSON", 0) !== 0) command.respondInfo(`Known objects: ${JSON.stringify(objects)}`);
      else command.respondInfo(`Known objects: ${objects.map(({ name }) => name).join(" ")}`);
    }

    function include(object: PrintObject): void {
      objects = [...objects.filter(({ name }) => name !== object.name), object].sort((a, b) =>
        a.name < b.name ? -1 : 1,
      );
    }

    function define(command: GcodeCommand): void {
      const isReset = command.int("RESET", 0) !== 0;
      const name = command.string("NAME", null)?.toUpperCase();
      if (isReset) reset();
      if (name !== undefined) {
        include(readObject(command, name));
        publish();
      } else if (!isReset) list(command);
    }

    function start(command: GcodeCommand): void {
      const name = command.string("NAME").toUpperCase();
      if (!objects.some((object) => object.name === name)) {
        include(Object.freeze({ name }));
        publish();
      }
      enter(command, name);
    }

    function end(command: GcodeCommand): void {
      const name = command.string("NAME", null)?.toUpperCase();
      if (current === undefined) command.respondInfo("EXCLUDE_OBJECT_END called, but no object is currently active");
      else if (name !== undefined && name !== current) {
        command.respondInfo(`EXCLUDE_OBJECT_END NAME=${name} does not match the current object NAME=${current}`);
      }
      enter(command, undefined);
    }

    async function exclude(command: GcodeCommand): Promise<void> {
      const isReset = command.int("RESET", 0) !== 0;
      const name = command.string("NAME", null)?.toUpperCase();
      if (isReset) excluded = name === undefined ? [] : excluded.filter((one) => one !== name);
      else if (name !== undefined) await leaveOut(command, name);
      else if (command.int("CURRENT", 0) !== 0) {
        if (shown === undefined) throw command.error("no object is being printed", "name the object: NAME=<object>");
        await leaveOut(command, shown);
      } else command.respondInfo(`Excluded objects: ${excluded.join(" ")}`);
      publish();
    }

    /** What was read ahead of the motion is read again, so that the object ends now and not in half a minute. */
    async function leaveOut(command: GcodeCommand, name: string): Promise<void> {
      if (excluded.includes(name)) return;
      if (!objects.some((object) => object.name === name)) {
        command.respondInfo(`EXCLUDE_OBJECT: there is no object ${name} yet; it will be left out if it comes`);
      }
      const change = (): void => {
        excluded = [...excluded, name].sort();
      };
      const job = ctx.find("printJob");
      if (job === undefined) change();
      else await job.reread(change);
      command.respondInfo(`Excluding object ${name}`);
    }

    return {
      connect() {
        ctx.need("gcodeMove", "printer").addTransform((next) => {
          transform = new ExcludingTransform(next, isExcluding);
          return transform;
        });
        ctx.find("printJob")?.onRewind((position) => {
          const { name, filament } = log.rewind(position);
          current = name;
          transform?.goBack(filament);
        });
        ctx.on("job", ({ state }) => {
          if (state === "standby") reset();
        });
        const ahead = { runsAhead: true } as const;
        add(ctx, "EXCLUDE_OBJECT", exclude, {
          ...ahead,
          help: "Leave an object out of the print: NAME, CURRENT, RESET",
        });
        add(ctx, "EXCLUDE_OBJECT_DEFINE", define, { ...ahead, help: "Tell of an object in the file: NAME" });
        add(ctx, "EXCLUDE_OBJECT_START", start, { ...ahead, help: "The lines of an object begin: NAME" });
        add(ctx, "EXCLUDE_OBJECT_END", end, { ...ahead, help: "The lines of an object end: NAME" });
      },
      status: () => status,
    };
  },
});
