import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { urlOf } from '../../state/description.ts'
import type { HttpSnapshot } from '../snapshot.ts'

/** Whether a gateway, or the balancer before them, is ready. */
export async function collectHttp(
  name: string,
  address: NodeAddress,
  timeoutMs: number,
): Promise<HttpSnapshot> {
  const found = { name, at: formatAddress(address) }
  try {
    const response = await fetch(`${urlOf(address)}/readyz`, { signal: AbortSignal.timeout(timeoutMs) })
    await response.body?.cancel()
    return {
      ...found,
      problem: response.status === 200 ? null : `It answers /readyz with ${response.status}.`,
    }
  } catch (error) {
    const silent = error instanceof Error && error.name === 'TimeoutError'
    return {
      ...found,
      problem: silent ? `No answer to /readyz in ${timeoutMs} ms.` : 'Nothing listens there.',
    }
  }
}
