import { quorumOf, sentinelAddress, type Timings } from '../topology/topology.ts'
import { type Document, textOf } from './document.ts'
import { directivesFrom } from './facts.ts'
import { words } from './formats.ts'
import { type LocalNode, listening, type NodePlan, planOf } from './node-plan.ts'
import { quoted } from './quoted.ts'
import { SENTINEL_FACTS } from './sentinel-facts.ts'
import { sentinelUsers } from './users-acl.ts'

export interface SentinelPlan extends NodePlan {
  primaryName: string
  timings: Timings
  /** How many Sentinels must agree that the primary is down. */
  quorum: number
  /** Where it may write. */
  folder: string
  /** Someone else's application asks this Sentinel, too. */
  servesPlatform: boolean
}

/**
 * `sentinel.conf` of one data host of a local data centre. It seeds the host once: the Sentinel rewrites it with
 * its id, its epochs, whom it knows and who is primary. Sentinel needs the passwords that it sends in clear: mode
 * 0600.
 */
export function renderSentinelConf(local: LocalNode, folder: string): string {
  const { primaryName, timings } = local.topology
  const node = planOf(local, sentinelAddress(local.dataHost))
  return textOf(
    sentinelConf({
      ...node,
      primaryName,
      timings,
      quorum: quorumOf(local.topology),
      folder,
      servesPlatform: false,
    }),
  )
}

/** `sentinel.conf` as Holdfast recommends it. */
export function sentinelConf(plan: SentinelPlan): Document {
  const { engine, announce, primary, primaryName, secrets, timings } = plan
  const directive = directivesFrom(SENTINEL_FACTS, engine)
  // Passwords stand without quotes, as Sentinel writes them itself: `secrets/writable.ts` refuses what would need some.
  return {
    heading: 'Seeded once by Holdfast. Sentinel rewrites this file; change a live one with SENTINEL SET.',
    format: words,
    blocks: [
      {
        title: 'Where it listens.',
        directives: [...listening(plan, directive), ...directive('dir', quoted(plan.folder))],
      },
      {
        title: 'Who may ask it, and how it asks the others.',
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
        title: 'What it watches.',
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
