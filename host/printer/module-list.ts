// thread: host
import type { AnyModule } from "./module.js";

/** Every module that the program brings with it, one per line in the order of their names. */
export const modules: readonly (AnyModule | readonly AnyModule[])[] = [];
