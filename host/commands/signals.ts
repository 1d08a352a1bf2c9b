// thread: host

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A wait for somebody to end this program. */
export interface SignalWait {
  readonly received: Promise<void>;
  /** Signals act as usual again. */
  readonly forget: () => void;
}

/** Resolves at the first signal that asks for an end; a second one ends the process at once. */
export function untilSignal(): SignalWait {
  let forget: () => void = () => undefined;
  const received = new Promise<void>((resolve) => {
    const onSignal = (): void => {
      forget();
      resolve();
    };
    forget = () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
  });
  return { received, forget: () => forget() };
}
