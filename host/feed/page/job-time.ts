// thread: browser

/** What is known about the time of a print. */
export interface JobTimes {
  /** Share of the file that is done, 0 to 1. */
  readonly progress: number;
  /** Time spent printing, in s. */
  readonly printed: number;
  /** What the slicer expects for the whole print, in s. */
  readonly estimated: number | undefined;
}

/** Below this share the file's own rate says nothing yet. */
const FIRST_SHARE = 0.02;
/** From this share on the file's own rate alone counts. */
const SURE_SHARE = 0.5;

/**
 * Time left in s: the slicer's estimate at the beginning, more and more this print's own rate; `undefined` while neither
 * is known.
 */
export function timeLeft({ progress, printed, estimated }: JobTimes): number | undefined {
  const fromRate = progress > FIRST_SHARE ? printed / progress - printed : undefined;
  const fromSlicer = estimated === undefined ? undefined : Math.max(0, estimated - printed);
  if (fromRate === undefined) return fromSlicer;
  if (fromSlicer === undefined) return fromRate;
  const trust = Math.min(1, (progress - FIRST_SHARE) / (SURE_SHARE - FIRST_SHARE));
  return fromSlicer * (1 - trust) + fromRate * trust;
}

/** Share of a file that is done, 0 to 1: of its moves when it is known where they begin and end, else of its bytes. */
export function progressOf(
  position: number | undefined,
  start: number | undefined,
  end: number | undefined,
  plain: number,
): number {
  if (position === undefined || start === undefined || end === undefined || end <= start) return plain;
  return Math.min(1, Math.max(0, (position - start) / (end - start)));
}
