// thread: feed
import type { Access } from "./access/access.js";
import type { Sessions } from "./moonraker/sessions.js";
import type { SocketHandler, UpgradeAnswer, UpgradeRequest } from "./server.js";

/** Path of the websocket that speaks JSON-RPC. */
const WEBSOCKET = "/websocket";
/** Path of the websocket that speaks Klipper's own API. */
const BRIDGE = "/klippysocket";
function refuse(status: number, message: string): UpgradeAnswer {
  const body = JSON.stringify({ error: { code: status, message } });
  return { status, headers: { "content-type": "application/json; charset=UTF-8" }, body };
}

/**
 * Decides about a request for a websocket. A page of a foreign origin is refused unless it shows credentials; whoever
 * else is unknown may connect, and gets answers only to what is open to everybody.
 */
export function answerUpgrade(
  request: UpgradeRequest,
  access: Access,
  sessions: Sessions,
  bridge: () => SocketHandler,
): UpgradeAnswer {
  if (request.path !== WEBSOCKET && request.path !== BRIDGE) return refuse(404, "Not Found");
  const visitor = access.identify(request);
  if (visitor.identity === undefined && !access.allowsOrigin(request)) {
    return refuse(403, "this web page may not connect: add its origin to the allowed origins");
  }
  if (sessions.isFull) return refuse(503, "too many connections: close some pages");
  if (request.path === WEBSOCKET) return { handler: sessions.create(visitor) };
  // This API has no way to say who one is later.
  return visitor.identity === undefined ? refuse(401, "Unauthorized") : { handler: bridge() };
}
