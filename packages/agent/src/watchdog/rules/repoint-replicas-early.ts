import { formatAddress } from '@holdfast/tokens/redis'
import { type Action, defineRule, type Observation } from './rule.ts'

/**
 * Points the other replicas to a promoted replica as soon as a failover has promoted it.
 *
 * Sentinel does the same up to a second later, because it polls once a second, and a write that needs a replica waits for
 * it. This rule sends only the commands that the leading Sentinel is about to send, and only after the promoted Redis has
 * become the primary.
 * INV-AGENT-10.
 */
export const repointReplicasEarly = defineRule({
  name: 'repoint replicas early',
  needs: ['views', 'sentinels'],
  initial: () => null,
  decide: ({ answers, views }) => ({
    // A Sentinel that does not answer leads no failover that could be finished early.
    actions: answers.flatMap(({ failingOver, primary }) => (failingOver ? repointFrom(primary, views) : [])),
    memory: null,
  }),
})

function repointFrom(replaced: string, views: Observation['views']): Action[] {
  const primaries = views.filter(
    ({ role, address }) => role === 'primary' && formatAddress(address) !== replaced,
  )
  const [promoted] = primaries
  if (promoted === undefined || primaries.length > 1) return []
  return views
    .filter(
      ({ primaryAddress, replid, askedAtMs }) =>
        primaryAddress === replaced &&
        // This failover did not promote a primary with another replication history.
        replid === promoted.replid2 &&
        // An older answer may be from before this replica was promoted as well.
        askedAtMs >= promoted.askedAtMs,
    )
    .map(({ address, askedAtMs }) => ({
      kind: 'repoint',
      replica: address,
      promoted: promoted.address,
      seenAtMs: askedAtMs,
    }))
}
