// Chromium without a window, driven over a pipe in its own protocol: https://chromedevtools.github.io/devtools-protocol/
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

const QUIET = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", ...QUIET];
const POLL_MS = 50; // pages tell nobody that a script of theirs is ready
const DEADLINE_MS = 20_000;

/** A screen, in CSS pixels. */
export interface Screen {
  readonly width: number;
  readonly height: number;
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly [name: string]: unknown };
  readonly result?: { readonly [name: string]: unknown };
  readonly error?: { readonly message: string };
}

/** A browser with one tab. */
export class Browser implements AsyncDisposable {
  /** What pages have complained about: exceptions, and errors on their console. */
  readonly complaints: string[] = [];
  /** Addresses that pages have asked for. */
  readonly requests: string[] = [];
  readonly #profile: string;
  readonly #program: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #session: string | undefined;
  #commands = 0;
  #rest = "";

  private constructor() {
    this.#profile = mkdtempSync(join(tmpdir(), "browser-"));
    const args = [...FLAGS, `--user-data-dir=${this.#profile}`, "about:blank"];
    this.#program = spawn("chromium", args, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    (this.#program.stdio[4] as Readable).setEncoding("utf8").on("data", (text: string) => this.#read(text));
  }

  /** Starts the browser and opens a tab. */
  static async start(): Promise<Browser> {
    const browser = new Browser();
    const { targetId } = await browser.#send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await browser.#send("Target.attachToTarget", { targetId, flatten: true });
    browser.#session = String(sessionId);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await browser.#send(`${domain}.enable`);
    return browser;
  }

  /** Loads a page, and waits until it is there with all its scripts. */
  async open(url: string): Promise<void> {
    const { errorText } = await this.#send("Page.navigate", { url });
    if (errorText !== undefined) throw new Error(`${url}: ${errorText}`);
    await this.until(`location.href === ${JSON.stringify(url)} && document.readyState === "complete"`);
  }

  /** The value of a JavaScript expression in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return (result as { readonly value?: unknown }).value;
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string): Promise<void> {
    const poll = `new Promise((resolve, reject) => {
      const startMs = performance.now();
      const look = () => {
        if (${expression}) resolve(true);
        else if (performance.now() - startMs > ${DEADLINE_MS}) reject(new Error("never became true"));
        else setTimeout(look, ${POLL_MS});
      };
      look();
    })`;
    await this.evaluate(poll);
  }

  /** Types into what has the focus. */
  async type(text: string): Promise<void> {
    await this.#send("Input.insertText", { text });
  }

  /** Takes the size of another screen. */
  async resize({ width, height }: Screen): Promise<void> {
    await this.#send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < height });
  }

  /** Prefers light or dark pages, or such on which nothing moves. */
  async prefer(look: "light" | "dark" | "still"): Promise<void> {
    const feature = look === "still" ? { name: "prefers-reduced-motion", value: "reduce" } : { name: "prefers-color-scheme", value: look };
    await this.#send("Emulation.setEmulatedMedia", { features: [feature] });
  }

  /** What is seen, as a PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.#send("Page.captureScreenshot");
    return Buffer.from(String(data), "base64");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#program, "exit");
    this.#session = undefined;
    await this.#send("Browser.close"); // its other processes end with it, and write no more
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  async #send(method: string, params: { readonly [name: string]: unknown } = {}): Promise<{ readonly [name: string]: unknown }> {
    this.#commands += 1;
    const id = this.#commands;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    const command = { id, method, params, ...(this.#session !== undefined && { sessionId: this.#session }) };
    (this.#program.stdio[3] as Writable).write(`${JSON.stringify(command)}\0`);
    const { result, error } = await answered;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  /** Messages end with a zero byte. */
  #read(text: string): void {
    const messages = (this.#rest + text).split("\0");
    this.#rest = messages.pop() ?? "";
    for (const message of messages) this.#hear(JSON.parse(message) as Answer);
  }

  #hear({ id, method, params, ...answer }: Answer): void {
    if (id !== undefined) this.#waiting.get(id)?.(answer);
    else if (method === "Network.requestWillBeSent")
      this.requests.push(String((params?.request as { readonly url: string } | undefined)?.url));
    else if (method === "Runtime.exceptionThrown" || isError(method, params)) this.complaints.push(JSON.stringify(params));
  }
}

function isError(method: string | undefined, params: Answer["params"]): boolean {
  const entry = params?.entry as { readonly level: string } | undefined;
  return method === "Log.entryAdded" && entry?.level === "error";
}
