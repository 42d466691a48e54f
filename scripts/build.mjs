// npm run build: everything the other scripts need, and nothing twice.
import { setUp } from "./setup.mjs";

setUp();
