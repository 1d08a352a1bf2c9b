// thread: any
/** Problems of a line of G-code, a macro or a print job. */
export interface GcodeErrors {
  /** A template that cannot be compiled. */
  MACRO_SYNTAX: { readonly macro: string };
  /** A template that failed while it was rendered; `kind` is Python's name of the error. */
  MACRO_ERROR: { readonly macro: string; readonly kind: string; readonly suggestion: string | undefined };
  /** A render that was stopped because it took too long or got too large. */
  MACRO_LIMIT: {
    readonly macro: string;
    readonly limit: "steps" | "time" | "output" | "size" | "depth";
    readonly max: number;
  };
  /** A function of the host that a template called failed unexpectedly. */
  MACRO_FUNCTION: { readonly function: string };
  /** A value of a variable that is not a Python literal. */
  MACRO_LITERAL: { readonly value: string; readonly reason: string };
  GCODE_SYNTAX: { readonly text: string };
  GCODE_PARAMETER_MISSING: { readonly command: string; readonly parameter: string };
  GCODE_PARAMETER_TYPE: { readonly command: string; readonly parameter: string; readonly value: string };
  GCODE_PARAMETER_RANGE: {
    readonly command: string;
    readonly parameter: string;
    readonly value: number;
    readonly limit: number;
  };
  GCODE_PARAMETER_CHOICE: {
    readonly command: string;
    readonly parameter: string;
    readonly value: string;
    readonly choices: readonly string[];
  };
  GCODE_UNSUPPORTED: { readonly command: string };
  /** A command was refused in the printer's present state. */
  GCODE_STATE: { readonly command: string };
  /** A macro or module refused the command with a text of its own. */
  GCODE_FAILED: { readonly command: string };
  /** The script was cancelled while it ran or waited. */
  GCODE_CANCELLED: { readonly command: string; readonly reason: string };
  /** Macros that call each other without end. */
  GCODE_NESTING: { readonly command: string; readonly limit: number };
  /** A command's name is taken or cannot be one. */
  GCODE_NAME: { readonly command: string };
  /** A fault of this program while it ran a command. */
  GCODE_INTERNAL: { readonly command: string };
  FILE_UNREADABLE: { readonly path: string; readonly reason: string };
}
