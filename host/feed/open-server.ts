// thread: feed
import type { FeedAdapter, FeedSetup } from "./messages.js";
import type { FeedServer, ServerHandlers, ServerOptions } from "./server.js";

/** What `openServer` says about its choice. */
export type ChoiceLog = (adapter: FeedAdapter, reason: string | undefined) => void;

/**
 * Starts the server with the adapter that is asked for; with "auto" the fast one, or the portable one where the binary
 * of the fast one does not load. Throws `FEED_BIND` or `FEED_TLS`.
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
    if (wanted === "uws") throw error;
    return await openNode(options, handlers, log, error instanceof Error ? error.message : String(error));
  }
  log("uws", undefined);
  return await uws.openUws(options, handlers);
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
