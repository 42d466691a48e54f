// npm run coverage: a worker of vitest is killed at its end, so it writes what V8 has counted after each file of tests.
import { takeCoverage } from "node:v8";
import { afterAll } from "vitest";

afterAll(() => takeCoverage());
