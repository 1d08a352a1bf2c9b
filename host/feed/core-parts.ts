// thread: feed
import type { SharedClock } from "../shared/clock.js";
import type { ControlBlock } from "../shared/control.js";
import type { Access } from "./access/access.js";
import type { Users } from "./access/users.js";
import type { HostLink } from "./host-link.js";
import type { PrintStarter } from "./jobs/print-starter.js";
import type { FeedLog } from "./log.js";
import type { FeedSetup } from "./messages.js";
import type { ConnectionMethods } from "./moonraker/connection-methods.js";
import type { JsonRpc } from "./moonraker/json-rpc.js";
import type { Methods } from "./moonraker/methods.js";
import type { Sessions } from "./moonraker/sessions.js";
import type { Printer } from "./printer.js";
import type { GcodeStore } from "./status/gcode-store.js";
import type { Lateness } from "./status/lateness.js";
import type { StatusObjects } from "./status/objects.js";
import type { OwnStatus } from "./status/own-status.js";
import type { Subscriptions } from "./status/subscriptions.js";
import type { Storage } from "./storage.js";
import type { OwnedTimers } from "./timers.js";

/** The parts that carry status and sessions, on which all others stand. */
export interface CoreParts {
  readonly setup: FeedSetup;
  readonly log: FeedLog;
  /** Notes a fault of ours. */
  readonly fault: (what: string, error: unknown) => void;
  readonly timers: OwnedTimers;
  readonly clock: SharedClock;
  readonly control: ControlBlock;
  readonly link: HostLink;
  readonly printer: Printer;
  readonly objects: StatusObjects;
  readonly subscriptions: Subscriptions;
  readonly lateness: Lateness;
  readonly ownStatus: OwnStatus;
  readonly gcodeStore: GcodeStore;
  readonly storage: Storage;
  readonly users: Users;
  readonly access: Access;
  readonly methods: Methods;
  readonly rpc: JsonRpc;
  readonly sessions: Sessions;
  readonly connections: ConnectionMethods;
  readonly starter: PrintStarter;
}
