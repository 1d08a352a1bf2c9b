// thread: any
import type { Limits } from "../shared/limits.js";

/** How an option's text is read. Numbers with a unit are named by their unit. */
export type OptionType =
  | "text"
  | "G-code"
  | "number"
  | "whole number"
  | "True or False"
  | "mm"
  | "mm/s"
  | "mm/s^2"
  | "s"
  | "°C"
  | "0 to 1"
  | "choice"
  | "pin"
  | "list"
  | "list of numbers"
  | "list of whole numbers"
  | "table"
  | "table of numbers";

/** A value as `configfile.settings` shows it. */
export type SettingValue = string | number | boolean | readonly SettingValue[];

/** One option that a module reads, as the configuration reference shows it. */
export interface OptionDeclaration {
  /** Kind of section: the first word of its name. */
  readonly section: string;
  readonly option: string;
  readonly type: OptionType;
  readonly isRequired: boolean;
  /** `undefined` when it is required, or when leaving it out is a choice of its own. */
  readonly fallback: SettingValue | undefined;
  readonly limits: Limits;
  readonly choices: readonly string[];
  /** Older names that are accepted with a warning. */
  readonly oldNames: readonly string[];
  /** Settings of other options under which this one is read, such as "control: pid"; empty when it always is. */
  readonly when: readonly string[];
}
