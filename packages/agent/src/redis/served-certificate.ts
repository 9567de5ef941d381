import { connect } from 'node:tls'
import type { NodeAddress, TlsOptions } from '@holdfast/tokens/redis'

const DAY_MS = 24 * 3600 * 1000

/**
 * The days, rounded down, until the certificate expires that the server at an address presents. This is the certificate in
 * use; a new file alone does not change it. Negative after it expired; null when the server presents none in time.
 */
export function servedCertificateDays(
  { host, port }: NodeAddress,
  { ca, cert, key }: Partial<TlsOptions>,
  timeoutMs: number,
): Promise<number | null> {
  return new Promise((resolve) => {
    // Only the handshake is sent, so it is safe to accept an untrusted certificate here.
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
