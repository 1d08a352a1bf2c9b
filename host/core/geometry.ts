// thread: any

/** How an actuator follows the tool head or the filament. Lengths in mm; actuators that turn are measured in radians. */
export type ActuatorMotion =
  | { readonly kind: "linear"; readonly x: number; readonly y: number; readonly z: number }
  | { readonly kind: "extruder"; readonly extruder: number }
  | { readonly kind: "delta"; readonly arm: number; readonly x: number; readonly y: number }
  | { readonly kind: "deltesian"; readonly arm: number; readonly x: number }
  | { readonly kind: "polar-arm" }
  | { readonly kind: "polar-bed" }
  | {
      readonly kind: "rotary-delta";
      readonly radius: number;
      readonly height: number;
      readonly angle: number;
      readonly upperArm: number;
      readonly lowerArm: number;
    }
  | { readonly kind: "winch"; readonly x: number; readonly y: number; readonly z: number };

/** A motion as the core's `setGeometry` takes it: `KIND_` number and six parameters (assembly/actuators.ts). */
export interface Geometry {
  readonly kind: number;
  readonly parameters: readonly [number, number, number, number, number, number];
}

const geometry = (kind: number, a = 0, b = 0, c = 0, d = 0, e = 0): Geometry => ({
  kind,
  parameters: [a, b, c, d, e, 0],
});

export function geometryOf(motion: ActuatorMotion): Geometry {
  switch (motion.kind) {
    case "linear":
      return geometry(1, motion.x, motion.y, motion.z);
    case "extruder":
      return geometry(2, motion.extruder);
    case "delta":
      return geometry(3, motion.arm * motion.arm, motion.x, motion.y);
    case "deltesian":
      return geometry(4, motion.arm * motion.arm, motion.x);
    case "polar-arm":
      return geometry(5);
    case "polar-bed":
      return geometry(6);
    case "rotary-delta":
      return geometry(7, motion.radius, motion.height, motion.angle, motion.upperArm, motion.lowerArm);
    case "winch":
      return geometry(8, motion.x, motion.y, motion.z);
  }
}
