// thread: feed
import { HostError } from "../shared/errors.js";
import type { FeedAdapter, FeedSetup } from "./messages.js";
import type { FeedServer, ServerHandlers, ServerOptions } from "./server.js";

/** What `openServer` says about its choice. */
export type ChoiceLog = (adapter: FeedAdapter, reason: string | undefined) => void;

/**
 * Starts the server with the adapter that is asked for; with "auto" the fast one, or the portable one where the binary
 * of the fast one does not load. Throws `FEED_BIND`, `FEED_TLS`, or `FEED_SETTING` for an adapter that does not load.
 */
export async function openServer(
  wanted: FeedSetup["listen"]["adapter"],
  options: ServerOptions,
  handlers: ServerHandlers,
  log: ChoiceLog,
): Promise<FeedServer> {
  if (wanted === "node") return await openNode(options, handlers, log, undefined);
  let uws: typeof import("./uws.js");
  try {
    uws = await import("./uws.js");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (wanted === "uws") throw notHere(reason);
    return await openNode(options, handlers, log, reason);
  }
  log("uws", undefined);
  return await uws.openUws(options, handlers);
}

function notHere(reason: string): HostError {
  return new HostError("FEED_SETTING", `the web server 'uws' does not load here: ${reason}`, {
    details: { setting: "adapter", value: "uws" },
    fix: "leave the choice to the program, or take the adapter 'node'.",
  });
}

async function openNode(
  options: ServerOptions,
  handlers: ServerHandlers,
  log: ChoiceLog,
  reason: string | undefined,
): Promise<FeedServer> {
  const node = await import("./node.js");
  log("node", reason);
  return await node.openNode(options, handlers);
}
