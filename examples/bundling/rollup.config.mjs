import commonjs from "@rollup/plugin-commonjs";
import { nodeResolve } from "@rollup/plugin-node-resolve";

export default {
  input: "app.mjs",
  output: { file: "dist/app.mjs" },
  plugins: [nodeResolve(), commonjs()],
  // external: ["groupcast"],
};
