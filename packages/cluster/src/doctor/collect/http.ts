import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { askReadyz } from '../../operate/readyz.ts'
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
    const { status } = await askReadyz(urlOf(address), AbortSignal.timeout(timeoutMs))
    return { ...found, problem: status === 200 ? null : `It answers /readyz with ${status}.` }
  } catch (error) {
    const silent = error instanceof Error && error.name === 'TimeoutError'
    return {
      ...found,
      problem: silent ? `No answer to /readyz in ${timeoutMs} ms.` : 'Nothing listens there.',
    }
  }
}
