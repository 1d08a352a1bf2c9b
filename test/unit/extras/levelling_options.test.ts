import { expect, test } from "vitest";
import bedMesh from "../../../host/extras/bed_mesh.js";
import bedScrews from "../../../host/extras/bed_screws.js";
import probe from "../../../host/extras/probe.js";
import quadGantryLevel from "../../../host/extras/quad_gantry_level.js";
import tmc2209 from "../../../host/extras/tmc2209.js";
import zTilt from "../../../host/extras/z_tilt.js";
import type { AnyModule } from "../../../host/printer/module.js";
import { configOf, messageOf } from "../config/support.js";

/** What the owner is told of a section that a module reads. */
async function problems(module: AnyModule, text: string, section: string): Promise<string> {
  const config = await configOf(text);
  for (const name of ["mcu", "probe", "tmc2209_stepper_x"]) config.pins.addChip(name);
  module.read(config.section(section));
  const message = messageOf(() => config.finish([...config.names]));
  return message.replaceAll("/cfg/", "");
}

const STEPPER = "[stepper_x]\nmicrosteps: 16\n";

test.each([
  ["a mesh without an area", bedMesh, "bed_mesh", "mesh_min: 50, 50\nmesh_max: 20, 80"],
  ["too many points for lagrange", bedMesh, "bed_mesh", "mesh_min: 0, 0\nmesh_max: 100, 100\nprobe_count: 9"],
  ["an even number of points on a round bed", bedMesh, "bed_mesh", "mesh_radius: 50\nround_probe_count: 4"],
  [
    "faulty regions that overlap",
    bedMesh,
    "bed_mesh",
    "mesh_min: 0, 0\nmesh_max: 100, 100\nfaulty_region_1_min: 0,0\nfaulty_region_1_max: 20,20\nfaulty_region_2_min: 10,10\nfaulty_region_2_max: 30,30",
  ],
  ["two screws", bedScrews, "bed_screws", "screw1: 10, 10\nscrew2: 20, 20"],
  ["a probe without z_offset", probe, "probe", "pin: ^PA0\nsamples: 0"],
  ["one point", zTilt, "z_tilt", "z_positions: 10, 10\npoints: 1, 1"],
  [
    "a gantry with too few motors",
    quadGantryLevel,
    "quad_gantry_level",
    "gantry_corners: 0,0\n 300,300\npoints: 1,1\n 2,2\n 3,3\n 4,4",
  ],
])("tells of %s", async (_what, module, section, options) => {
  expect(await problems(module, `[${section}]\n${options}\n`, section)).toMatchSnapshot();
});

test.each([
  ["a current that the driver cannot make", "uart_pin: PC0\nrun_current: 5"],
  ["a field beyond its bits", "uart_pin: PC0\nrun_current: 0.5\ndriver_TOFF: 16"],
  ["an address that there is not", "uart_pin: PC0\nrun_current: 0.5\nuart_address: 4"],
])("tells of %s", async (_what, options) => {
  const name = "tmc2209 stepper_x";
  expect(await problems(tmc2209, `${STEPPER}[${name}]\n${options}\n`, name)).toMatchSnapshot();
});

test("tells of a driver whose stepper is not there", async () => {
  const name = "tmc2209 stepper_q";
  expect(await problems(tmc2209, `[${name}]\nuart_pin: PC0\nrun_current: 1\n`, name)).toMatchSnapshot();
});
