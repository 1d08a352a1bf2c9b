// thread: host
import type { FeedClient } from "../feed/client.js";
import type { HostTime } from "../shared/units.js";
import type { BridgedSession } from "./feed-session.js";
import type { StatusObject } from "./status.js";

/** What a publisher needs of the feed. */
export type PublishTarget = Pick<FeedClient, "publish" | "remove" | "setHelp" | "setEndpoints">;

/** Whether two values of a status are the same as JSON. */
export function isSameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, i) => isSameValue(item, b[i]));
  }
  const left = Object.entries(a);
  const right = new Map<string, unknown>(Object.entries(b));
  return (
    left.length === right.size && left.every(([key, value]) => right.has(key) && isSameValue(value, right.get(key)))
  );
}

/** `next`, with those values of `former` that are the same: modules may build lists anew without saying anything new. */
function keepSame(former: StatusObject, next: StatusObject): StatusObject {
  return Object.fromEntries(
    Object.entries(next).map(([key, value]) => {
      const known = former[key];
      return [key, isSameValue(known, value) ? known : value];
    }),
  );
}

/** Finds out what has changed in a session's objects since the last look, and publishes that. */
export class FeedPublisher {
  readonly #target: PublishTarget;
  /** What each object gave last, and what of it was published. */
  readonly #seen = new Map<string, { readonly given: StatusObject; readonly published: StatusObject }>();
  #commands: BridgedSession["commands"] | undefined;
  #endpoints: readonly string[] = [];

  constructor(target: PublishTarget) {
    this.#target = target;
  }

  /** Looks at every object; those that gave the same as last time cost next to nothing. */
  publish(
    time: HostTime,
    { objects, commands, endpoints }: Pick<BridgedSession, "objects" | "commands" | "endpoints">,
  ) {
    const changed: (readonly [string, StatusObject])[] = [];
    const gone = new Set(this.#seen.keys());
    for (const name of objects.names) {
      const given = objects.hostStatus(name);
      if (given === undefined) continue;
      gone.delete(name);
      const seen = this.#seen.get(name);
      if (seen?.given === given) continue;
      const published = seen === undefined ? given : keepSame(seen.published, given);
      this.#seen.set(name, { given, published });
      changed.push([name, published]);
    }
    for (const name of gone) this.#seen.delete(name);
    if (gone.size > 0) this.#target.remove([...gone]);
    if (changed.length > 0) this.#target.publish(time, changed);
    this.#publishNames(commands, endpoints);
  }

  /** The session has ended, and the feed knows. */
  clear(): void {
    this.#seen.clear();
    this.#commands = undefined;
    this.#endpoints = [];
  }

  #publishNames(commands: BridgedSession["commands"], endpoints: readonly string[]): void {
    if (commands !== this.#commands) {
      this.#commands = commands;
      const help: Record<string, string> = {};
      for (const [name, entry] of Object.entries(commands)) if (entry.help !== undefined) help[name] = entry.help;
      this.#target.setHelp(help);
    }
    if (!isSameValue(endpoints, this.#endpoints)) {
      this.#endpoints = [...endpoints];
      this.#target.setEndpoints(this.#endpoints);
    }
  }
}
