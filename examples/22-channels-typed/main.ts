/**
 * A typed channel: values instead of bytes, and only those that fit.
 *
 * You learn: a codec makes bytes of values; a schema says which values there are, whoever sends; what does not fit reaches no subscriber.
 * You run:   node examples/dist/22-channels-typed/main.js
 * You see:   at 3, 4 and then refused: y is missing
 */
import { ChannelNode, type SchemaMismatchError, type StandardSchema } from "@groupcast/channels";
import { Reactor } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);

interface Pose {
  readonly x: number;
  readonly y: number;
}

/** With zod this is z.object({ x: z.number(), y: z.number() }): any library that speaks standardschema.dev will do. */
const poseSchema: StandardSchema<Pose> = {
  "~standard": {
    version: 1,
    vendor: "example",
    validate(value) {
      const missing = (["x", "y"] as const).filter((key) => typeof (value as Partial<Pose> | null)?.[key] !== "number");
      return missing.length === 0 ? { value: value as Pose } : { issues: missing.map((key) => ({ message: `${key} is missing` })) };
    },
  },
};

const reactor = new Reactor();
const node = new ChannelNode(reactor, { name: "typed", port: PORT });
const pose = node.channel("robot/pose", { schema: poseSchema });
pose.subscribe(({ x, y }) => console.log(`at ${x}, ${y}`));
pose.on("undecodable", ({ error }) => {
  console.log(`refused: ${(error as SchemaMismatchError).issues[0]?.message}`);
  void reactor.stop();
});

const careless = new ChannelNode(reactor, { name: "careless", port: PORT }); // its channel has no schema
reactor.callWhenRunning(() => {
  pose.publish({ x: 3, y: 4 });
  careless.channel("robot/pose", { codec: "json" }).publish({ x: 3 });
});
await reactor.run();
