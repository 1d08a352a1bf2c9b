// thread: feed
import type { FeedLogLevel } from "./messages.js";

/** Writes to the program's log, which the host keeps. */
export type FeedLog = (level: FeedLogLevel, text: string, fields?: Readonly<Record<string, unknown>>) => void;
