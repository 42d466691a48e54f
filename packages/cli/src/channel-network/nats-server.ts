/** A NATS server, as a command line names it. */
export interface NatsServer {
  /** Address without a login. */
  readonly server: string;
  /** Login that stood in the address; empty if none did. */
  readonly login: { readonly user?: string; readonly pass?: string; readonly token?: string };
}

/** Reads `nats://user:password@host:4222`, or `nats://token@host`: the client takes logins apart from addresses. */
export function natsServer(word: string): NatsServer {
  const [, scheme = "", login, host = ""] = /^([a-z][a-z\d+.-]*:\/\/)?(?:(.*)@)?(.*)$/is.exec(word) ?? [];
  if (login === undefined) return { server: word, login: {} };
  const [user = "", ...rest] = login.split(":");
  const plain = { server: `${scheme}${host}` };
  return rest.length === 0
    ? { ...plain, login: { token: decoded(user) } }
    : { ...plain, login: { user: decoded(user), pass: decoded(rest.join(":")) } };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
