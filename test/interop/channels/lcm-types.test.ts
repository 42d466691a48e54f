// LCM's types, with Python's standard library as the other side.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type LcmStruct, lcmStruct } from "@groupcast/channels";
import { beforeEach, expect, test } from "vitest";
import { hasCommand, skipUnless } from "../../support/probe.js";

const PROGRAM = fileURLToPath(new URL("programs/lcm_types.py", import.meta.url));

const metadata = lcmStruct("image_metadata_t", { key: "string", n: "int32_t", value: ["byte", "n"] });

/** The structs, and the values that the program writes. */
const CASES: Record<string, [LcmStruct<never>, object]> = {
  example_t: [
    lcmStruct("example_t", {
      timestamp: "int64_t",
      position: ["double", 3],
      orientation: ["double", 4],
      num_ranges: "int32_t",
      ranges: ["int16_t", "num_ranges"],
      name: "string",
      enabled: "boolean",
    }) as unknown as LcmStruct<never>,
    {
      timestamp: -(2n ** 63n),
      position: [1, 2.5, -3],
      orientation: [1, 0, 0, 1e-300],
      num_ranges: 3,
      ranges: [-32768, 0, 32767],
      name: "Grüße €",
      enabled: true,
    },
  ],
  image_t: [
    lcmStruct("image_t", {
      utime: "int64_t",
      width: "int32_t",
      height: "int32_t",
      row_stride: "int32_t",
      pixelformat: "int32_t",
      size: "int32_t",
      data: ["byte", "size"],
      nmetadata: "int32_t",
      metadata: [metadata, "nmetadata"],
    }) as unknown as LcmStruct<never>,
    {
      utime: 1_700_000_000_000_000n,
      width: 2,
      height: 1,
      row_stride: 2,
      pixelformat: -1,
      size: 2,
      data: Buffer.from([0, 255]),
      nmetadata: 2,
      metadata: [
        { key: "", n: 0, value: Buffer.alloc(0) },
        { key: "lens", n: 1, value: Buffer.from([7]) },
      ],
    },
  ],
  grid_t: [
    lcmStruct("grid_t", {
      rows: "int8_t",
      columns: "int64_t",
      cells: ["float", "rows", "columns"],
      planes: ["byte", 2, "rows"],
      flags: ["boolean", 3, 1],
      corner: metadata,
    }) as unknown as LcmStruct<never>,
    {
      rows: 2,
      columns: 3n,
      cells: [
        [0.5, 1.5, 2.5],
        [3.5, 4.5, 5.5],
      ],
      planes: [Buffer.from([1, 2]), Buffer.from([3, 4])],
      flags: [[true], [false], [true]],
      corner: { key: "x", n: 2, value: Buffer.from([8, 9]) },
    },
  ],
};

beforeEach((context) => skipUnless(context, hasCommand("python3", "python3")));

async function python(...words: string[]): Promise<string> {
  return (await promisify(execFile)("/usr/bin/python3", [PROGRAM, ...words])).stdout;
}

test.each(Object.entries(CASES))(
  "lcmStruct() writes and reads %s as Python does, with the same fingerprint",
  async (name, [struct, value]) => {
    const [, fingerprint, hex] = new RegExp(`^${name} (\\w+) (\\w+)$`, "m").exec(await python())!;
    expect(struct.fingerprint.toString(16).padStart(16, "0")).toBe(fingerprint);
    expect(Buffer.from(struct.encode(value as never)).toString("hex")).toBe(hex);
    expect(struct.decode(Buffer.from(hex!, "hex"))).toEqual(value);
  },
);

test.each(Object.entries(CASES))("Python reads %s as lcmStruct() writes it", async (name, [struct, value]) => {
  const read = await python(name, Buffer.from(struct.encode(value as never)).toString("hex"));
  const plain = JSON.stringify(value, (_, inner) => {
    if (typeof inner === "bigint") return `BIG${inner}`;
    return inner?.type === "Buffer" ? inner.data : inner;
  }).replaceAll(/"BIG(-?\d+)"/g, "$1");
  expect(JSON.parse(read)).toEqual(JSON.parse(plain));
});
