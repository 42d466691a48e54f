import { getSystemErrorMap } from "node:util";

/** Name of an error of the operating system, as in libuv (Node 20). */
export type ErrnoName =
  | "E2BIG"
  | "EACCES"
  | "EADDRINUSE"
  | "EADDRNOTAVAIL"
  | "EAFNOSUPPORT"
  | "EAGAIN"
  | "EAI_ADDRFAMILY"
  | "EAI_AGAIN"
  | "EAI_BADFLAGS"
  | "EAI_BADHINTS"
  | "EAI_CANCELED"
  | "EAI_FAIL"
  | "EAI_FAMILY"
  | "EAI_MEMORY"
  | "EAI_NODATA"
  | "EAI_NONAME"
  | "EAI_OVERFLOW"
  | "EAI_PROTOCOL"
  | "EAI_SERVICE"
  | "EAI_SOCKTYPE"
  | "EALREADY"
  | "EBADF"
  | "EBUSY"
  | "ECANCELED"
  | "ECHARSET"
  | "ECONNABORTED"
  | "ECONNREFUSED"
  | "ECONNRESET"
  | "EDESTADDRREQ"
  | "EEXIST"
  | "EFAULT"
  | "EFBIG"
  | "EFTYPE"
  | "EHOSTDOWN"
  | "EHOSTUNREACH"
  | "EILSEQ"
  | "EINTR"
  | "EINVAL"
  | "EIO"
  | "EISCONN"
  | "EISDIR"
  | "ELOOP"
  | "EMFILE"
  | "EMLINK"
  | "EMSGSIZE"
  | "ENAMETOOLONG"
  | "ENETDOWN"
  | "ENETUNREACH"
  | "ENFILE"
  | "ENOBUFS"
  | "ENODATA"
  | "ENODEV"
  | "ENOENT"
  | "ENOMEM"
  | "ENONET"
  | "ENOPROTOOPT"
  | "ENOSPC"
  | "ENOSYS"
  | "ENOTCONN"
  | "ENOTDIR"
  | "ENOTEMPTY"
  | "ENOTSOCK"
  | "ENOTSUP"
  | "ENOTTY"
  | "ENXIO"
  | "EOF"
  | "EOVERFLOW"
  | "EPERM"
  | "EPIPE"
  | "EPROTO"
  | "EPROTONOSUPPORT"
  | "EPROTOTYPE"
  | "ERANGE"
  | "EREMOTEIO"
  | "EROFS"
  | "ESHUTDOWN"
  | "ESOCKTNOSUPPORT"
  | "ESPIPE"
  | "ESRCH"
  | "ETIMEDOUT"
  | "ETXTBSY"
  | "EUNATCH"
  | "EXDEV"
  | "UNKNOWN";

const ERRORS = getSystemErrorMap(); // asked once: Node makes a map of all errors for each call
const numbered = [...ERRORS].map(([errno, [name]]) => [name, errno] as const);

/**
 * Map of name → errno of this platform, with libuv's sign: `ERRNO.EAGAIN` is -11 on Linux.
 *
 * Source: `util.getSystemErrorMap()`, which is libuv's own table.
 */
export const ERRNO: Readonly<Record<ErrnoName, number>> = Object.freeze(Object.fromEntries(numbered)) as Readonly<
  Record<ErrnoName, number>
>;

/** Returns the name of a negative errno: `"EADDRINUSE"`; `"errno 4095"` where libuv has no name. */
export function errnoName(errno: number): string {
  return ERRORS.get(errno)?.[0] ?? `errno ${-errno}`;
}

/** Returns the platform's text for a negative errno: `"address already in use"`. */
export function errnoText(errno: number): string {
  return ERRORS.get(errno)?.[1] ?? "unknown error";
}
