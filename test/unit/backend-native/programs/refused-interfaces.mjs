// Loads the addon that refuses to list interfaces, and prints what the network answers. Argument: the name of an errno.
import { fileURLToPath } from "node:url";
import { NativeBackend } from "@groupcast/backend-native";
import { ERRNO, errnoName } from "@groupcast/base";

const real = fileURLToPath(import.meta.resolve("@groupcast/backend-native/package.json"));
process.env.REAL_ADDON = process.env.GROUPCAST_ADDON || addonBeside(real);
process.env.REFUSAL = String(ERRNO[process.argv[2]]);
process.env.GROUPCAST_ADDON = fileURLToPath(new URL("refusing-addon.cjs", import.meta.url));

const { network } = NativeBackend.load();
const answers = [network.interfaces(), network.routeTo("127.0.0.1", undefined)];
process.stdout.write(JSON.stringify(answers.map((answer) => (typeof answer === "number" ? errnoName(answer) : "answered"))));

function addonBeside(manifest) {
  const { target } = /the addon for (?<target>\S+) is installed/.exec(NativeBackend.load().reason).groups;
  return manifest.replace("package.json", `prebuilds/${target}.node`);
}
