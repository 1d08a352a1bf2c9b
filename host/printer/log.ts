// thread: any

/** Writes lines of the log: fields first, then a fixed text. pino's loggers are such. */
export interface Log {
  error(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  info(fields: object, text: string): void;
  debug(fields: object, text: string): void;
  /** A log whose lines have these fields too. */
  child(fields: Readonly<Record<string, unknown>>): Log;
}
