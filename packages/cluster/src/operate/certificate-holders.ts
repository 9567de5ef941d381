import { OPERATOR } from '../state/tls-files.ts'
import type { Topology } from '../topology/topology.ts'

/** Who shows a certificate in a local data centre: with TLS every process, with stunnel its two ends; else nobody. */
export function certificateHolders({
  transport,
  dataHosts,
  gateways,
}: Topology): { name: string; addresses: string[] }[] {
  if (transport === 'plain') return []
  if (transport === 'stunnel') {
    return dataHosts.map((_, index) => ({ name: `stunnel-${index + 1}`, addresses: [] }))
  }
  return [
    ...dataHosts.flatMap(({ host }, index) => [
      { name: `redis-${index + 1}`, addresses: [host] },
      { name: `sentinel-${index + 1}`, addresses: [host] },
    ]),
    ...gateways.map(({ host }, index) => ({ name: `gateway-${index + 1}`, addresses: [host] })),
    { name: OPERATOR, addresses: [] },
  ]
}
