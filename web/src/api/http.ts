/** A reason of a refused field, as the API names it in a 400 answer. */
export interface FieldError {
  field: string;
  message: string;
}

/** An error answer of the API: RFC 9457 problem details with the shop's own members. */
interface ProblemDetails {
  title?: string;
  detail?: string;
  correlationId?: string;
  errors?: FieldError[];
}

/** A request that was not answered as hoped: refused by the server, or never answered at all. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly title: string;
  /** Finds the request in the shop's logs. */
  readonly correlationId: string | undefined;
  readonly fieldErrors: readonly FieldError[];

  constructor(status: number, problem: ProblemDetails, options?: ErrorOptions) {
    // "Internal Server Error" tells a customer nothing.
    const title = status >= 500 ? undefined : problem.title;
    super(problem.detail ?? `The shop answered with status ${status}.`, options);
    this.status = status;
    this.title = title ?? (status === 0 ? "No connection" : "Something went wrong");
    this.correlationId = problem.correlationId;
    this.fieldErrors = problem.errors ?? [];
  }

  /** Whether the same request may well succeed a moment later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

interface RequestOptions {
  signal?: AbortSignal | undefined;
  accessToken?: string;
}

interface ChangeOptions extends RequestOptions {
  method: "POST" | "PUT" | "DELETE";
  /** Becomes the JSON body. */
  body?: unknown;
  /** The version that the change is meant for. */
  ifMatch?: number;
}

// The API gateway gives up after 29 s; nobody waits as long as that for a shop window.
const TIMEOUT_MS = 15_000;

/**
 * Gets a JSON document. Every failure but the caller's own abort is an ApiError: no connection, no answer in time,
 * an error status, or a body that is not JSON.
 */
export async function getJson<T>(url: string, options: RequestOptions = {}): Promise<T> {
  return (await send(url, options, {})) as T;
}

/** Changes something, and returns the JSON answer, or undefined if it has none. It fails as getJson does. */
export async function sendJson<T>(
  url: string,
  { method, body, ifMatch, ...options }: ChangeOptions,
): Promise<T> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (ifMatch !== undefined) headers["If-Match"] = `"${ifMatch}"`;
  const init: RequestInit = { method, headers };
  if (body !== undefined) init.body = JSON.stringify(body);
  return (await send(url, options, init)) as T;
}

async function send(
  url: string,
  { signal, accessToken }: RequestOptions,
  init: RequestInit,
): Promise<unknown> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const headers = new Headers(init.headers);
  headers.set("Accept", "application/json");
  if (accessToken) headers.set("Authorization", `Bearer ${accessToken}`);

  try {
    const response = await fetch(url, {
      ...init,
      headers,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (!response.ok) throw await problemOf(response);
    return response.status === 204 ? undefined : ((await response.json()) as unknown);
  } catch (error) {
    if (error instanceof ApiError || signal?.aborted) throw error;
    if (error instanceof SyntaxError) {
      throw new ApiError(502, { detail: `${url} did not answer with JSON.` }, { cause: error });
    }
    const detail = timeout.aborted
      ? "The shop takes too long to answer. Please try again in a moment."
      : "The shop cannot be reached. Please check your connection and try again.";
    throw new ApiError(0, { detail }, { cause: error });
  }
}

/** The error answer's problem details, or what can be said without them: gateways in between send their own bodies. */
async function problemOf(response: Response): Promise<ApiError> {
  const correlationId = response.headers.get("X-Correlation-Id") ?? undefined;
  const isProblem = response.headers.get("Content-Type")?.startsWith("application/problem+json");
  const problem: ProblemDetails = isProblem
    ? await (response.json() as Promise<ProblemDetails>).catch(() => ({}))
    : {};
  return new ApiError(response.status, correlationId ? { correlationId, ...problem } : problem);
}
