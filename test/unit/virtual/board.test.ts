import { expect, test } from "vitest";
import { VirtualHost } from "../../support/virtual-host.js";

const SETUP = { seed: 1, boards: [{ name: "mcu" }], machine: {} } as const;

test("gives out its dictionary", () => {
  const host = new VirtualHost(SETUP).identify();
  expect(host.port().dictionary.version).toBe("virtual");
  expect(host.texts()).toEqual([]);
});
