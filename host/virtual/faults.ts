// thread: any

/** Which way bytes travel. */
export type Direction = "toBoard" | "fromBoard";

/** What goes wrong on a wire, as probabilities from 0 to 1; what is left out is 0. */
export interface WireFault {
  readonly dropBytes?: number;
  readonly corruptBytes?: number;
  readonly dropBlocks?: number;
  readonly corruptBlocks?: number;
  /** Delay of every chunk, and what is added to it at random at most, s. */
  readonly delayS?: number;
  readonly jitterS?: number;
  /** Chunks arrive in pieces of so many bytes. */
  readonly splitEvery?: number;
  /** Chunks are held back and arrive together, every so many seconds. */
  readonly mergeS?: number;
}

/** Something that goes wrong on purpose. Named things are those of the setup. */
export type Fault =
  | { readonly kind: "wire"; readonly board: string; readonly direction: Direction; readonly fault: WireFault }
  /** The board does nothing but its timers for a while: what arrives waits in its receive buffer. */
  | { readonly kind: "stall"; readonly board: string; readonly durationS: number }
  /** The board works on but says nothing, until `silent` is false. */
  | { readonly kind: "silence"; readonly board: string; readonly silent: boolean }
  /** The board restarts by itself. */
  | { readonly kind: "reset"; readonly board: string }
  /** The cable is pulled (and the port is gone), or put back. */
  | { readonly kind: "unplug"; readonly board: string }
  | { readonly kind: "replug"; readonly board: string }
  /** An endstop or probe that hangs, or triggers later by `lateMm`. */
  | {
      readonly kind: "endstop";
      readonly endstop: string;
      readonly behaviour: "normal" | "never" | "always";
      readonly lateMm?: number;
    }
  | { readonly kind: "sensor"; readonly sensor: string; readonly behaviour: "normal" | "open" | "short" }
  /** `power` scales the heating element; `stuckOn` is a switch that has melted. */
  | { readonly kind: "heater"; readonly heater: string; readonly power?: number; readonly stuckOn?: boolean }
  | { readonly kind: "driver"; readonly driver: string; readonly silent: boolean };
