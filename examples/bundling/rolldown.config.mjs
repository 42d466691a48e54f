export default {
  input: "app.mjs",
  platform: "node",
  output: { file: "dist/app.mjs" },
  // external: ["groupcast"],
};
