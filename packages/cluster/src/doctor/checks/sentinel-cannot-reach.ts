import type { Check } from '../finding.ts'
import { answering, type SentinelFacts, type Snapshot } from '../snapshot.ts'
import { agreeing } from './peers.ts'
import { differs } from './users.ts'

export const sentinelCannotReach: Check = {
  id: 'sentinel-cannot-reach',
  severity: 'error',
  title: 'A Sentinel holds a process to be down that answers here',
  why: 'The network between them is cut, or the password is wrong. Its vote counts where it should not, or is missing.',
  needs: ['redis', 'sentinels', 'addresses'],
  check: (snapshot) =>
    agreeing(snapshot).flatMap(({ name, facts }) => {
      // In TILT it believes nothing; a check of its own tells of that.
      if (facts.tilt) return []
      const lost = heldDown(facts).filter((at) => isWell(snapshot, facts, at))
      if (lost.length === 0) return []
      return {
        subject: name,
        evidence: `It holds ${lost.join(' and ')} to be down.`,
        mend: `Look into its log, whether its host reaches them, and whether its auth-pass is right: SENTINEL SET ${snapshot.topology.primaryName} auth-pass.`,
      }
    }),
}

function heldDown(facts: SentinelFacts): string[] {
  const all = [{ at: facts.primary, flags: facts.flags }, ...facts.replicas, ...facts.sentinels]
  return all.filter(({ flags }) => flags.includes('s_down') || flags.includes('o_down')).map(({ at }) => at)
}

/** It answers here, and nothing that another check tells of keeps the Sentinel from it. */
function isWell({ redis, sentinels }: Snapshot, asker: SentinelFacts, at: string): boolean {
  const node = answering(redis).find((one) => one.at === at)
  // Where writes wait, a Sentinel's announcements do, and its pings behind them.
  if (node !== undefined) return !node.facts.writesWait && !differs(node.facts.acl, 'sentinel')
  const sentinel = answering(sentinels).find((one) => one.at === at)
  return sentinel !== undefined && asker.knowsPeerPassword && !differs(sentinel.facts.acl, 'peer')
}
