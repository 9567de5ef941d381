import { connect } from 'node:tls'
import type { NodeAddress, TlsOptions } from '@holdfast/tokens/redis'

const DAY_MS = 24 * 3600 * 1000

/**
 * For how many days (rounded down) the certificate still lasts that is shown at an address: the one in use, which a new
 * file alone does not change. Negative when it has expired; null when none is shown in time.
 */
export function servedCertificateDays(
  { host, port }: NodeAddress,
  { ca, cert, key }: Partial<TlsOptions>,
  timeoutMs: number,
): Promise<number | null> {
  return new Promise((resolve) => {
    // Nothing is sent but the handshake, so one that must not be believed may be looked at.
    const socket = connect({ host, port, ca, cert, key, rejectUnauthorized: false, timeout: timeoutMs })
    const end = (days: number | null) => {
      socket.destroy()
      resolve(days)
    }
    socket.once('secureConnect', () => {
      const { valid_to: until } = socket.getPeerCertificate()
      const days = Math.floor((Date.parse(until) - Date.now()) / DAY_MS)
      end(Number.isNaN(days) ? null : days)
    })
    socket.once('timeout', () => end(null))
    socket.once('error', () => end(null))
    socket.once('close', () => end(null))
  })
}
