import type { Nodes } from '../../../redis/nodes.ts'
import type { Sentinels } from '../../../redis/sentinels.ts'
import { servedCertificateDays } from '../../../redis/served-certificate.ts'
import { type Group, redisAddress, sentinelAddress } from '../../../topology/topology.ts'
import { type AnyDataCentre, isSite } from '../../open.ts'
import { askAll } from '../whole.ts'
import { localServers } from './local-servers.ts'
import type { CertifiedServers } from './servers.ts'
import { requestsOf } from './site-servers.ts'

/** Deadline of each question (in milliseconds). */
const PATIENCE_MS = 1000

/** A certificate that a server shows now. */
interface Shown {
  holder: string
  /** Whole days until it ends (rounded down); negative when it has ended. */
  daysLeft: number
}

/** How long the certificates last that Redis and Sentinels, or the tunnels before them, show now; without those that show none. */
export async function shownCertificates(
  { topology: { dataHosts }, tls }: AnyDataCentre,
  { tunnels, holderOf }: Pick<CertifiedServers, 'tunnels' | 'holderOf'>,
): Promise<Shown[]> {
  const servers =
    tunnels.length > 0
      ? tunnels.flatMap(({ name, addresses }) => addresses.map((address) => ({ holder: name, address })))
      : dataHosts.flatMap((host, index) => [
          { holder: holderOf('redis', index), address: redisAddress(host) },
          { holder: holderOf('sentinel', index), address: sentinelAddress(host) },
        ])
  const shown = servers.map(async ({ holder, address }) => {
    const daysLeft = await servedCertificateDays(address, tls ?? {}, PATIENCE_MS)
    return daysLeft === null ? [] : [{ holder, daysLeft }]
  })
  return (await Promise.all(shown)).flat()
}

/**
 * Null when every Redis and every Sentinel can be asked, and none of these leads a failover; else why not. That is as whole as
 * a data centre can be whose certificates have ended: its processes no longer connect to each other.
 */
export async function whyNotReachable(
  group: Group,
  nodes: Nodes,
  sentinels: Sentinels,
): Promise<string | null> {
  const asked = await askAll(group, nodes, sentinels)
  if (typeof asked === 'string') return asked
  return asked.answers.some(({ failingOver }) => failingOver) ? 'a failover is under way' : null
}

/**
 * Issues this operation's own certificate again when it has ended: every host refuses it, so nothing could be asked. No host
 * needs the new one. Changes nothing where it cannot be issued; the rotation then says why.
 */
export async function renewOwnIfEnded(dataCentre: AnyDataCentre, days: number | undefined): Promise<void> {
  const { certificates, operator, requests } = isSite(dataCentre)
    ? {
        certificates: dataCentre.certificates,
        operator: dataCentre.holder,
        requests: () => requestsOf(dataCentre),
      }
    : localServers(dataCentre)
  const own = await certificates.find(operator)
  if (own === null || !own.file.isOurs || own.file.daysLeft >= 0 || !(await certificates.canIssue())) return
  const { authority } = await certificates.list()
  const request = (await requests()).find(({ name }) => name === operator)
  if (authority.daysLeft < 1 || request === undefined) return
  await certificates.issue({ ...request, ...(days && { days }) })
}
