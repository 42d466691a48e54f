export default {
  testMatch: ["**/*.test.mjs"],
  transform: {}, // the modules as they are
};
