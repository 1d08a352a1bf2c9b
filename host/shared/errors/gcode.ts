// thread: any
/** Problems of a line of G-code, a macro or a print job. */
export interface GcodeErrors {
  GCODE_SYNTAX: { readonly text: string };
  GCODE_PARAMETER_MISSING: { readonly command: string; readonly parameter: string };
  GCODE_PARAMETER_TYPE: { readonly command: string; readonly parameter: string; readonly value: string };
  GCODE_PARAMETER_RANGE: {
    readonly command: string;
    readonly parameter: string;
    readonly value: number;
    readonly limit: number;
  };
  GCODE_UNSUPPORTED: { readonly command: string };
  /** A command was refused in the printer's present state. */
  GCODE_STATE: { readonly command: string };
  /** A macro or module refused the command with a text of its own. */
  GCODE_FAILED: { readonly command: string };
  FILE_UNREADABLE: { readonly path: string; readonly reason: string };
}
