import { build } from "esbuild";

await build({
  entryPoints: ["app.mjs"],
  bundle: true,
  platform: "node",
  format: "esm",
  outfile: "dist/app.mjs",
  // external: ["groupcast"],
});
