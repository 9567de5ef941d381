/** What a gateway says of itself. */
export interface Readyz {
  status: number
  /** That of the configuration in use; null when it has none, or the answer is no gateway's. */
  revision: string | null
}

/**
 * What a gateway, or the balancer before them, answers to `GET /readyz`. Rejects when nothing answers, or the signal
 * aborts.
 */
export async function askReadyz(url: string, signal: AbortSignal): Promise<Readyz> {
  const response = await fetch(`${url}/readyz`, { signal })
  const body: unknown = await response.json().catch(() => null)
  const revision = typeof body === 'object' && body !== null && 'revision' in body ? body.revision : null
  return { status: response.status, revision: typeof revision === 'string' ? revision : null }
}
