// thread: host

/** A template that cannot be compiled. Only the compiler sees it; callers get a `HostError` with a place. */
export class SyntaxProblem extends Error {
  override readonly name = "SyntaxProblem";
  /** Line of the template, from 1. */
  readonly line: number;
  readonly fix: string;
  /** Line of the statement that is still open, when that is the reason. */
  readonly openSince: number | undefined;

  constructor(message: string, line: number, fix: string, openSince?: number) {
    super(message);
    this.line = line;
    this.fix = fix;
    this.openSince = openSince;
  }
}
