// thread: any
import { expect, test } from "vitest";
import { CARTESIAN, PrinterWorld } from "../support/printer-world.js";

const BED = `${CARTESIAN}
[heater_bed]
heater_pin: PH5
sensor_type: Generic 3950
sensor_pin: PK6
control: watermark
min_temp: 0
max_temp: 130

[output_pin light]
pin: PC8
pwm: True
`;

test("a restart in the middle of heating turns the heater off and keeps the board alive", async () => {
  const world = await PrinterWorld.create(BED);
  try {
    await world.session.start();
    await world.run("M140 S60\nSET_PIN PIN=light VALUE=0.5\nG4 P5000\nM400");
    expect((await world.report()).machine.heaters[0]?.duty).toBe(1);
    await world.session.restart("restart");
    expect(world.session.error?.format()).toBeUndefined();
    await world.run("G4 P5000\nM400");
    expect(world.session.state).toBe("ready");
    const { boards, machine } = await world.report();
    expect(boards.map(({ shutdownReason }) => shutdownReason)).toEqual([undefined]);
    expect(machine.heaters[0]?.duty).toBe(0);
    expect(world.session.objects.status("heater_bed")).toMatchObject({ target: 0 });
    await world.run("M140 S50\nG4 P5000\nM400");
    expect((await world.report()).machine.heaters[0]?.duty).toBe(1);
  } finally {
    await world.close();
  }
}, 30_000);
