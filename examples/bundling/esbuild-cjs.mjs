import { build } from "esbuild";

await build({
  entryPoints: ["app.mjs"],
  bundle: true,
  platform: "node",
  format: "cjs",
  outfile: "dist/app.cjs",
  logOverride: { "empty-import-meta": "silent" }, // Groupcast does without import.meta.url
  // external: ["groupcast"],
});
