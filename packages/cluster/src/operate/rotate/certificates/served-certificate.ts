import { connect } from 'node:tls'
import { formatAddress, type NodeAddress, type TlsOptions } from '@holdfast/tokens/redis'

/**
 * The fingerprint (SHA-256) of the certificate that a server shows now. `name` is what the certificate must hold;
 * default is the address. Rejects when it is not signed by `tls.ca`, or does not come in time (in milliseconds).
 */
export function servedFingerprint(
  address: NodeAddress,
  { ca, cert, key }: TlsOptions,
  { name, timeoutMs }: { name?: string; timeoutMs: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...address,
      ca,
      minVersion: 'TLSv1.2',
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(name === undefined ? {} : { servername: name }),
    })
    const timer = setTimeout(() => {
      socket.destroy(new Error(`${formatAddress(address)} showed no certificate in ${timeoutMs} ms.`))
    }, timeoutMs)
    socket.once('secureConnect', () => {
      const shown = socket.getPeerX509Certificate()?.fingerprint256
      socket.destroy()
      if (shown === undefined) reject(new Error(`${formatAddress(address)} showed no certificate.`))
      else resolve(shown)
    })
    socket.once('error', reject)
    socket.once('close', () => clearTimeout(timer))
  })
}
