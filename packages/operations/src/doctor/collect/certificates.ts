import { servedCertificateDays } from '@holdfast/agent/redis/served-certificate'
import { inspectCertificate } from '@holdfast/site/certificates/inspect'
import { processName, redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import type { AnyDataCentre } from '../../data-centre/open.ts'
import { OWN_CERTIFICATE, type Snapshot } from '../snapshot.ts'

/** The days until the certificates of the Redis, the Sentinels and this command expire, and the processes that presented none. */
export async function collectCertificates(
  { topology, tls }: AnyDataCentre,
  timeoutMs: number,
): Promise<Pick<Snapshot, 'certificates' | 'certificatesUnseen'>> {
  if (tls === null) return { certificates: [], certificatesUnseen: [] }
  const processes = topology.dataHosts.flatMap((host, index) => [
    { name: processName('redis', index, host), address: redisAddress(host) },
    { name: processName('sentinel', index, host), address: sentinelAddress(host) },
  ])
  const served = await Promise.all(
    processes.map(async ({ name, address }) => ({
      name,
      daysLeft: await servedCertificateDays(address, tls, timeoutMs),
    })),
  )
  const own =
    tls.cert === undefined
      ? []
      : [{ name: OWN_CERTIFICATE, daysLeft: inspectCertificate(tls.cert.toString(), Date.now()).daysLeft }]
  return {
    certificates: [
      ...served.flatMap(({ name, daysLeft }) => (daysLeft === null ? [] : { name, daysLeft })),
      ...own,
    ],
    certificatesUnseen: served.filter(({ daysLeft }) => daysLeft === null).map(({ name }) => name),
  }
}
