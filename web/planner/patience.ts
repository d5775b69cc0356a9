// Asking again by itself while the service is busy with other computations.

import { type Ask, ask, Problem, type Reply } from "../shared/api";

const BUSY_RETRIES = 8;
export const BUSY_RETRY_S = 3;

/** Ask, and ask again while the answer is 503; throws what the last answer was. */
export async function patiently<Body>(
  path: string,
  options: Ask = {},
  asks: (path: string, options: Ask) => Promise<Reply<Body>> = ask,
): Promise<Body> {
  for (let left = BUSY_RETRIES; ; left -= 1) {
    try {
      return (await asks(path, options)).body;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 503 || left === 0) throw error;
      await pause((error.retryAfterS ?? BUSY_RETRY_S) * 1000);
      if (options.signal?.aborted) throw error;
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    window.setTimeout(resolve, milliseconds);
  });
}
