import { inspectCertificate } from '../../certificates/inspect.ts'
import type { AnyDataCentre } from '../../operate/open.ts'
import { servedCertificateDays } from '../../redis/served-certificate.ts'
import { processName, redisAddress, sentinelAddress } from '../../topology/topology.ts'
import { OWN_CERTIFICATE, type Snapshot } from '../snapshot.ts'

/** For how long the certificates last that Redis, Sentinels and this command show; what shows none is not told of here. */
export async function collectCertificates(
  { topology, tls }: AnyDataCentre,
  timeoutMs: number,
): Promise<Snapshot['certificates']> {
  if (tls === null) return []
  const asked = topology.dataHosts.flatMap((host, index) => [
    { name: processName('redis', index, host), address: redisAddress(host) },
    { name: processName('sentinel', index, host), address: sentinelAddress(host) },
  ])
  const found = asked.map(async ({ name, address }) => {
    const daysLeft = await servedCertificateDays(address, tls, timeoutMs)
    return daysLeft === null ? [] : [{ name, daysLeft }]
  })
  const own =
    tls.cert === undefined
      ? []
      : [{ name: OWN_CERTIFICATE, daysLeft: inspectCertificate(tls.cert.toString(), Date.now()).daysLeft }]
  return [...(await Promise.all(found)).flat(), ...own]
}
