// thread: any

/** One problem of a configuration, as data: for editors and for `CFG_INVALID`. */
export interface ConfigProblem {
  readonly code: string;
  readonly message: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly fix: string;
}

/** Problems of printer.cfg and its includes. */
export interface ConfigErrors {
  /** The file (or an include) cannot be read. */
  CFG_FILE_UNREADABLE: { readonly path: string; readonly reason: string };
  /** A line that is neither a section, an option, a continuation nor a comment. */
  CFG_SYNTAX: { readonly text: string };
  /** Includes that include each other. */
  CFG_INCLUDE_LOOP: { readonly path: string };
  CFG_SECTION_MISSING: { readonly section: string };
  CFG_SECTION_UNKNOWN: { readonly section: string; readonly suggestion: string | undefined };
  CFG_OPTION_MISSING: { readonly section: string; readonly option: string };
  CFG_OPTION_UNKNOWN: { readonly section: string; readonly option: string; readonly suggestion: string | undefined };
  CFG_OPTION_TYPE: {
    readonly section: string;
    readonly option: string;
    readonly value: string;
    readonly wanted: string;
  };
  CFG_OPTION_RANGE: {
    readonly section: string;
    readonly option: string;
    readonly value: number;
    readonly limit: number;
  };
  CFG_OPTION_CHOICE: {
    readonly section: string;
    readonly option: string;
    readonly value: string;
    readonly choices: readonly string[];
  };
  CFG_PIN: { readonly section: string; readonly option: string; readonly value: string };
  CFG_CONFLICT: { readonly section: string; readonly option: string | undefined };
  /** A file with an owner's own module cannot be used. */
  CFG_MODULE: { readonly file: string; readonly reason: string };
  /** Several errors of one configuration, together. */
  CFG_INVALID: { readonly count: number; readonly problems: readonly ConfigProblem[] };
  /** SAVE_CONFIG could not store a value or write the file; what was on the disk is unchanged. */
  CFG_SAVE: { readonly path: string; readonly reason: string };
}
