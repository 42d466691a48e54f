export default {
  entry: "./app.mjs",
  mode: "production",
  target: "node",
  output: { path: `${process.cwd()}/dist`, filename: "app.cjs" },
  optimization: { minimize: false }, // stack traces stay readable
  // externals: { groupcast: "commonjs groupcast" },
};
