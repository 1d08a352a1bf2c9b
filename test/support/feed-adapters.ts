import type { FeedAdapter } from "../../host/feed/messages.js";

/** Why the binary of the fast server does not load here; empty when it does. */
async function whyNot(): Promise<string> {
  try {
    await import("uWebSockets.js");
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const reason = await whyNot();
// Only these reasons excuse it: an old C library, or one that is not the GNU one.
if (reason !== "" && !/GLIBC|musl|libc/.test(reason)) throw new Error(reason);

/** The servers that can be tested on this computer: both, or only the portable one. */
export const ADAPTERS: readonly FeedAdapter[] = reason === "" ? ["uws", "node"] : ["node"];
