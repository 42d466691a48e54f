export { NativeBackend } from "./native-backend.js";
