// Payloads that somebody might send to a command that decodes what it receives.

const SEED = 20_260;
const MUTANTS = 40; // of each sample

const dns = (...parts: readonly (readonly number[])[]): Buffer => Buffer.from(parts.flat());
const HEADER = [0, 0, 0x84, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0];

/** Messages as their protocols have them, or nearly. */
const SAMPLES: readonly Buffer[] = [
  dns([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], [5, ...Buffer.from("_http"), 4, ...Buffer.from("_tcp"), 0], [0, 12, 0, 1]),
  dns(HEADER, [0xc0, 12], [0, 12, 0, 1, 0, 0, 0, 1, 0, 2, 0xc0, 12]), // a name that points to itself
  dns(HEADER, [3, 0x1b, 0x5b, 0x4a, 0xc0, 12], [0, 16, 0, 1, 0, 0, 0, 1, 0xff, 0xff]),
  Buffer.concat([Buffer.from([0x80, 96, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4]), Buffer.alloc(20)]), // RTP
  Buffer.from([0x9f, 96, 0, 2, 0, 0, 0, 1, 1, 2, 3, 4]), // RTP with an extension and fifteen sources that are not there
  Buffer.from("/volume\0,sfb\0\0\0\0\x1b]0;pwned\x07\0\0\0\0\0\0\0\x7f\xff\xff\xff", "latin1"), // OSC
  Buffer.from(`#bundle\0${"\0".repeat(8)}\xff\xff\xff\xfc`, "latin1"),
  Buffer.concat(Array.from({ length: 60 }, () => Buffer.from(`#bundle\0${"\0".repeat(8)}\0\0\x40\0`, "latin1"))),
  Buffer.concat([Buffer.from([0, 0x10, 0, 0]), Buffer.from("ASC-E1.17\0\0\0"), Buffer.alloc(622, 0x72)]), // sACN
  Buffer.from("I\0\0\0\x01\x02\0\x0a\0\x04\0\x01\x20\xef", "latin1"), // ping
  Buffer.from("Q\0\x0b\xff\xff", "latin1"),
  Buffer.from('{"__proto__":{"a":1},"constructor":null,"\\u001b[2J":"\\u202e"}'),
  Buffer.from(`[${'\\"'.repeat(20_000)}`),
  Buffer.from(`${"[".repeat(30_000)}${"]".repeat(30_000)}`),
  Buffer.from("\x1b[2J\x1b]0;title\x07\x9b31m\u2028\u2029\u202e\u0000\r\n\b"),
  Buffer.from([0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80]), // surrogates and more in UTF-8
  Buffer.alloc(0),
  Buffer.alloc(1472, 0xff),
];

/** Returns the samples, and mutants of each: some bytes changed, and perhaps cut. The same ones each time. */
export function hostilePayloads(): Buffer[] {
  let state = SEED;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0; // Numerical Recipes, 7.1
    return Math.floor((state / 2 ** 32) * below);
  };
  const mutantOf = (sample: Buffer): Buffer => {
    const bytes = Buffer.from(sample);
    for (let changes = random(6); changes > 0 && bytes.length > 0; changes--) bytes[random(bytes.length)] = random(256);
    return random(3) === 0 ? bytes.subarray(0, random(bytes.length + 1)) : bytes;
  };
  const small = SAMPLES.filter(({ length }) => length < 2000);
  return [...SAMPLES, ...small.flatMap((sample) => Array.from({ length: MUTANTS }, () => mutantOf(sample)))];
}
