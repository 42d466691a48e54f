/** The errnos of the machine that bundles the page: stand-ins.mjs makes this module. */
declare module "system-errors" {
  export const SYSTEM_ERRORS: readonly (readonly [errno: number, names: [name: string, message: string]])[];
}
