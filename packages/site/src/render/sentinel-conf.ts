import { type DataCentre, plannedQuorum, type Site } from '../file/site.ts'
import { sentinelAddress, type Timings } from '../topology/topology.ts'
import { type Document, textOf } from './document.ts'
import { directivesFrom } from './engine.ts'
import { quoted, words } from './formats.ts'
import { type LocalNode, listening, type NodePlan, planOf } from './node-plan.ts'
import { SENTINEL_FACTS } from './sentinel-facts.ts'
import { sentinelUsers } from './users-acl.ts'

export interface SentinelPlan extends NodePlan {
  primaryName: string
  timings: Timings
  /** How many Sentinels must agree that the primary is down. */
  quorum: number
  /** The folder in which it may write. */
  folder: string
  /** Whether applications that do not use the library connect to this Sentinel. */
  servesPlatform: boolean
}

/**
 * Renders `sentinel.conf` of one data host of a local data centre. The file is written once; Sentinel rewrites it
 * with its id, its epochs, the known nodes and the primary. It contains passwords in clear text, because Sentinel
 * sends them: mode 0600.
 */
export function renderSentinelConf(local: LocalNode, folder: string): string {
  const { site, dataCentre } = local.plan
  const node = planOf(local, sentinelAddress(local.dataHost))
  return textOf(
    sentinelConf({ ...node, ...sentinelSettings(site, dataCentre), folder, servesPlatform: true }),
  )
}

/** The settings of a site for each Sentinel of a data centre, on a real host and in a local data centre. */
export const sentinelSettings = (
  { timings }: Site,
  dataCentre: DataCentre,
): Pick<SentinelPlan, 'primaryName' | 'timings' | 'quorum'> => ({
  primaryName: dataCentre.primaryName,
  timings,
  quorum: plannedQuorum(dataCentre),
})

/** `sentinel.conf` as Holdfast recommends it. */
export function sentinelConf(plan: SentinelPlan): Document {
  const { engine, announce, primary, primaryName, secrets, timings } = plan
  const directive = directivesFrom(SENTINEL_FACTS, engine)
  // Passwords have no quotes, because Sentinel rewrites them without. `secrets/writable.ts` rejects those that need
  // quotes.
  return {
    heading:
      'Written once by Holdfast. Sentinel rewrites this file; change a running Sentinel with SENTINEL SET.',
    format: words,
    blocks: [
      {
        title: 'Addresses, ports and folder.',
        directives: [...listening(plan, directive), ...directive('dir', quoted(plan.folder))],
      },
      {
        title: 'Users, and how Sentinel connects to other Sentinels.',
        directives: [
          ...sentinelUsers(secrets, engine, plan.servesPlatform),
          ...directive('sentinel sentinel-user', 'peer'),
          ...directive('sentinel sentinel-pass', secrets.peer),
          ...directive('sentinel announce-ip', announce.host),
          ...directive('sentinel announce-port', String(announce.port)),
          ...directive('sentinel deny-scripts-reconfig', 'yes'),
        ],
      },
      {
        title: 'The primary that it monitors.',
        directives: [
          ...directive('sentinel monitor', `${primaryName} ${primary.host} ${primary.port} ${plan.quorum}`),
          ...directive('sentinel auth-user', `${primaryName} sentinel`),
          ...directive('sentinel auth-pass', `${primaryName} ${secrets.sentinel}`),
          ...directive('sentinel down-after-milliseconds', `${primaryName} ${timings.downAfterMs}`),
          ...directive('sentinel failover-timeout', `${primaryName} ${timings.failoverTimeoutMs}`),
          ...directive('sentinel parallel-syncs', `${primaryName} 1`),
          ...directive('sentinel master-reboot-down-after-period', `${primaryName} 0`),
        ],
      },
    ],
  }
}
