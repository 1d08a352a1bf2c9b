// thread: any
import { Config } from "../../../host/config/config.js";
import { HostError } from "../../../host/shared/errors.js";
import { MemoryStore } from "./memory-store.js";

export const MAIN = "/cfg/printer.cfg";

/** A configuration from the text of printer.cfg and of its includes. */
export function configOf(text: string, more: Readonly<Record<string, string | Uint8Array>> = {}): Promise<Config> {
  return Config.load(MAIN, new MemoryStore({ "printer.cfg": text, ...more }));
}

/** What `run` throws, as the owner reads it. */
export function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HostError) return error.format();
    throw error;
  }
  return "nothing was thrown";
}

/** What finishing the configuration reports when only the given kinds of section exist. */
export function problemsOf(config: Config, kinds: readonly string[] = []): string {
  return messageOf(() => config.finish(kinds));
}
