import { connect } from 'node:tls'
import { servedCertificateDays } from '@holdfast/agent/redis/served-certificate'
import { redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import { formatAddress, type NodeAddress, type TlsOptions } from '@holdfast/tokens/redis'
import type { AnyDataCentre } from '../../data-centre/open.ts'
import type { CertificateHolders } from './holders.ts'

/** Deadline of one handshake (in milliseconds). */
const HANDSHAKE_TIMEOUT_MS = 1000

/** A certificate that a server serves now. */
interface ServedCertificate {
  holder: string
  /** Whole days until it ends (rounded down); negative when it has expired. */
  daysLeft: number
}

/** The certificates that Redis and Sentinels serve now, or the tunnels before them; without servers that serve none. */
export async function servedCertificates(
  { topology: { dataHosts }, tls }: AnyDataCentre,
  { tunnels, holderOf }: Pick<CertificateHolders, 'tunnels' | 'holderOf'>,
): Promise<ServedCertificate[]> {
  const servers =
    tunnels.length > 0
      ? tunnels.flatMap(({ name, addresses }) => addresses.map((address) => ({ holder: name, address })))
      : dataHosts.flatMap((host, index) => [
          { holder: holderOf('redis', index), address: redisAddress(host) },
          { holder: holderOf('sentinel', index), address: sentinelAddress(host) },
        ])
  const served = servers.map(async ({ holder, address }) => {
    const daysLeft = await servedCertificateDays(address, tls ?? {}, HANDSHAKE_TIMEOUT_MS)
    return daysLeft === null ? [] : [{ holder, daysLeft }]
  })
  return (await Promise.all(served)).flat()
}

/**
 * The fingerprint (SHA-256) of the certificate that a server serves now. `name` is the name that the certificate must
 * hold; default is the address. Rejects when `tls.ca` has not signed it, or at the timeout (in milliseconds).
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
      socket.destroy(new Error(`${formatAddress(address)} served no certificate in ${timeoutMs} ms.`))
    }, timeoutMs)
    socket.once('secureConnect', () => {
      const served = socket.getPeerX509Certificate()?.fingerprint256
      socket.destroy()
      if (served === undefined) reject(new Error(`${formatAddress(address)} served no certificate.`))
      else resolve(served)
    })
    socket.once('error', reject)
    socket.once('close', () => clearTimeout(timer))
  })
}
