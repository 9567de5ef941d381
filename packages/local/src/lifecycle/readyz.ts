/** The readiness of a gateway. */
export interface Readyz {
  status: number
  /** The revision of its configuration; null when it has none, or a gateway did not answer. */
  revision: string | null
}

/**
 * The answer of a gateway, or of the balancer, to `GET /readyz`. Rejects when nothing answers, or when the signal aborts.
 */
export async function askReadyz(url: string, signal: AbortSignal): Promise<Readyz> {
  const response = await fetch(`${url}/readyz`, { signal })
  const body: unknown = await response.json().catch(() => null)
  const revision = typeof body === 'object' && body !== null && 'revision' in body ? body.revision : null
  return { status: response.status, revision: typeof revision === 'string' ? revision : null }
}
