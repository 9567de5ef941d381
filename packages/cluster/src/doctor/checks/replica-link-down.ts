import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'
import { surePrimary } from './sentinels-disagree.ts'
import { differs } from './users.ts'

export const replicaLinkDown: Check = {
  id: 'replica-link-down',
  severity: 'error',
  title: 'A replica has no link to its primary',
  why: 'It falls behind, and after ten times down-after it may not be promoted.',
  needs: ['redis', 'addresses'],
  check: (snapshot) => {
    const primary = surePrimary(snapshot)
    return answering(snapshot.redis).flatMap(({ name, at, address, facts }) => {
      const { role, linkUp, primaryAddress } = facts.replication
      if (role !== 'replica' || linkUp || primaryAddress === at || !facts.knowsReplicaPassword) return []
      const followed = snapshot.redis.find((node) => node.at === primaryAddress)
      const causeIsThere =
        followed !== undefined && (followed.facts === null || differs(followed.facts.acl, 'replica'))
      if (causeIsThere) return []
      const seconds = facts.info['master_link_down_since_seconds']
      const syncing = facts.info['master_sync_in_progress'] === '1'
      const elsewhere = primary !== undefined && primaryAddress !== primary.at
      return {
        subject: name,
        evidence: syncing
          ? `It copies everything from ${primaryAddress} at present.`
          : `Its link to ${primaryAddress} is down for ${seconds} s.${elsewhere ? ` The primary is ${primary.at}.` : ''}`,
        mend: syncing
          ? 'Wait until it has everything.'
          : elsewhere
            ? redisCli(address, 'REPLICAOF', primary.address.host, String(primary.address.port))
            : `Look into its log, and whether ${primaryAddress} can be reached from its host.`,
      }
    })
  },
}
