// thread: any
/** Problems between host and board. */
export interface McuErrors {
  MCU_PORT_OPEN: { readonly mcu: string; readonly port: string; readonly reason: string };
  MCU_TIMEOUT: { readonly mcu: string; readonly command: string; readonly waitedS: number };
  MCU_LOST: { readonly mcu: string; readonly silentS: number };
  MCU_DICTIONARY: { readonly mcu: string; readonly reason: string };
  /** The firmware has no command that a configured feature needs. */
  MCU_COMMAND_MISSING: { readonly mcu: string; readonly command: string; readonly feature: string };
  MCU_PIN_UNKNOWN: { readonly mcu: string; readonly pin: string; readonly suggestion: string | undefined };
  MCU_CONFIG: { readonly mcu: string; readonly reason: string };
  /** The board must be reset before it can be configured. */
  MCU_NEEDS_RESET: { readonly mcu: string; readonly reason: string };
  MCU_SHUTDOWN: { readonly mcu: string; readonly reason: string };
  MCU_PROTOCOL: { readonly mcu: string; readonly reason: string };
}
