// Asking the service: every refusal becomes a Problem that knows its sentence.

import { t } from "./i18n";
import { config } from "./page";
import type { ProblemBody } from "./types";

const TIMEOUT_MS = 20_000;

/** An answer other than success. `status` is 0 where no answer came at all. */
export class Problem extends Error {
  readonly status: number;
  readonly body: ProblemBody;
  readonly retryAfterS: number | null;

  constructor(status: number, body: ProblemBody = {}, retryAfterS: number | null = null) {
    super(body.title ?? `HTTP ${status}`);
    this.name = "Problem";
    this.status = status;
    this.body = body;
    this.retryAfterS = retryAfterS;
  }
}

export interface Reply<Body> {
  body: Body;
  etag: string | null;
  /** What the service calls a file that it sends. */
  fileName: string | null;
}

export interface Ask {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** A form (with a file in it, say) is sent as one, anything else as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** How long to wait for an answer; 20 s where nothing is said. */
  timeoutMs?: number;
  /** The answer is a file: its body is a Blob. */
  file?: boolean;
}

/** The query string of `values`, leaving out what is null or empty; lists are joined by commas. */
export function queryString(
  values: Record<string, string | number | null | undefined | string[]>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    const text = Array.isArray(value) ? value.join(",") : value;
    if (text !== null && text !== undefined && text !== "") query.set(name, String(text));
  }
  return query.toString();
}

/** Ask the service; throws Problem, or the AbortError of the caller's own signal. */
export async function ask<Body>(path: string, options: Ask = {}): Promise<Reply<Body>> {
  const response = await fetchInTime(path, options);
  const body = response.ok && options.file ? await response.blob() : await readBody(response);
  if (!response.ok) {
    const retryAfter = Number(response.headers.get("Retry-After"));
    throw new Problem(response.status, body as ProblemBody, retryAfter > 0 ? retryAfter : null);
  }
  return {
    body: body as Body,
    etag: response.headers.get("ETag"),
    fileName: fileNameIn(response.headers.get("Content-Disposition")),
  };
}

/** The name of a file in a Content-Disposition: the encoded one before the plain one. */
export function fileNameIn(disposition: string | null): string | null {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? "")?.[1];
  if (encoded) {
    try {
      return decodeURIComponent(encoded.trim());
    } catch {
      // Badly encoded: the plain name is as good.
    }
  }
  return /filename="?([^";]+)"?/i.exec(disposition ?? "")?.[1]?.trim() ?? null;
}

/** Ask for a document and return its body alone. */
export async function getJson<Body>(path: string, signal?: AbortSignal): Promise<Body> {
  return (await ask<Body>(path, signal ? { signal } : {})).body;
}

/** Whether this error is the caller's own change of mind. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** One sentence for the reader about anything that was thrown. */
export function sentence(error: unknown): string {
  if (!(error instanceof Problem)) return t("error.unexpected");
  const { detail, detail_en, detail_zh } = error.body;
  const given = (config.lang === "en" ? detail_en : detail_zh) ?? detail;
  if (error.status === 0) return t(navigator.onLine ? "error.no_answer" : "error.offline");
  if (error.status === 429 && error.retryAfterS !== null)
    return given || t("error.too_many", { seconds: error.retryAfterS });
  if (given) return given;
  if (error.status === 503) return t("error.unavailable");
  if (error.status === 401) return t("error.not_logged_in");
  return t("error.status", { status: error.status });
}

async function fetchInTime(path: string, options: Ask): Promise<Response> {
  const ours = new AbortController();
  const timer = window.setTimeout(() => ours.abort(), options.timeoutMs ?? TIMEOUT_MS);
  const forward = (): void => ours.abort();
  options.signal?.addEventListener("abort", forward);
  const headers: Record<string, string> = {
    Accept: "application/json",
    "Accept-Language": config.lang,
    ...options.headers,
  };
  const request: RequestInit = {
    method: options.method ?? "GET",
    headers,
    signal: ours.signal,
    credentials: "same-origin",
    referrerPolicy: "no-referrer",
  };
  if (options.body instanceof FormData) request.body = options.body;
  else if (options.body !== undefined) {
    headers["Content-Type"] = headers["Content-Type"] ?? "application/json";
    request.body = JSON.stringify(options.body);
  }
  try {
    return await fetch(path, request);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Problem(0);
  } finally {
    window.clearTimeout(timer);
    options.signal?.removeEventListener("abort", forward);
  }
}

async function readBody(response: Response): Promise<unknown> {
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch {
    if (response.ok) throw new Problem(0);
    return {};
  }
}
