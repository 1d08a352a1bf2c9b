// Plans a square with rounded speed limits and prints what the motors do: run with `node examples/steps.mjs`.
import { decodeSteps, MotionModel, shaperPulses } from "steadyhand/kinematics";

const model = await MotionModel.load({
  motors: [
    { motion: { kind: "linear", x: 1, y: 1, z: 0 }, stepsPerMm: 80 },
    { motion: { kind: "linear", x: 1, y: -1, z: 0 }, stepsPerMm: 80 },
  ],
  limits: {
    maxVelocity: 300,
    maxAccel: 5000,
    minimumCruiseRatio: 0.5,
    squareCornerVelocity: 5,
    instantCornerVelocity: 1,
  },
  frequencyHz: 180e6,
  shapers: [shaperPulses("mzv", 61.2, 0.1), shaperPulses("mzv", 48.6, 0.1)],
});

const corners = [
  [50, 0],
  [50, 50],
  [0, 50],
  [0, 0],
];
for (const [i, [x, y]] of corners.entries()) model.push({ x, y, z: 0, speed: 200, tag: i });
const end = model.finish();
console.log(`${corners.length} moves take ${end.toFixed(3)} s`);

let steps = 0;
let commands = 0;
const net = [0, 0];
for (const command of model.commands(true)) {
  commands += 1;
  decodeSteps(command, () => {
    steps += 1;
    net[command.motor] += command.direction;
  });
}
console.log(`${steps} steps in ${commands} commands; the motors end ${net.join(" and ")} steps from where they began`);

for (let time = 0; time < end; time += end / 8) {
  const point = model.at(time);
  if (point)
    console.log(
      `${time.toFixed(3)} s: x ${point.x.toFixed(2)} y ${point.y.toFixed(2)}, ${point.speed.toFixed(1)} mm/s`,
    );
}
