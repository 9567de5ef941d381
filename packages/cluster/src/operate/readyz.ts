/**
 * The status with which a gateway, or the balancer before them, answers `GET /readyz`. Rejects when nothing answers, or
 * the signal aborts.
 */
export async function askReadyz(url: string, signal: AbortSignal): Promise<number> {
  const response = await fetch(`${url}/readyz`, { signal })
  await response.body?.cancel()
  return response.status
}
