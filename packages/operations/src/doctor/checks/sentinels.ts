import { answering } from '@holdfast/agent/group/health'
import type { ProcessSnapshot } from '@holdfast/agent/group/snapshot'
import { PORT } from '@holdfast/site/topology/topology'
import { type NodeAddress, parseAddress } from '@holdfast/tokens/redis'
import type { Check } from '../finding.ts'
import { agreeing, dissenters, failoverIsUnderWay, likelyPrimary } from '../group-state.ts'
import type { KnownPeer, SentinelFacts, Snapshot } from '../snapshot.ts'
import { differsFromPlan } from '../users.ts'
import { oneByOne, redisCli, resetSentinels, setWatch } from './advice.ts'

const sentinelsDisagree: Check = {
  id: 'sentinels-disagree',
  severity: 'error',
  title: 'The Sentinels name another primary',
  why: 'Applications that ask such a Sentinel write to a replica or to no Redis at all. Too few Sentinels may be left for a failover.',
  needs: ['redis', 'sentinels', 'addresses'],
  check: (snapshot) => {
    if (failoverIsUnderWay(snapshot)) return []
    const primary = likelyPrimary(snapshot)
    return dissenters(snapshot).map(({ name, address, facts }) => ({
      subject: name,
      evidence: `It names ${facts.primary} (epoch ${facts.configEpoch}), but the primary is ${primary}.`,
      advice: watchAgain(address, primary ?? '', snapshot),
    }))
  },
}

function watchAgain(sentinel: NodeAddress, primary: string, snapshot: Snapshot): string {
  const { topology, cliFlags } = snapshot
  const { primaryName } = topology
  const { host, port } = parseAddress(primary) ?? { host: primary, port: PORT.redis }
  const commands = [
    ['REMOVE', primaryName],
    ['MONITOR', primaryName, host, String(port), String(topology.quorum)],
    ['SET', primaryName, 'auth-user', 'sentinel', 'auth-pass', '<sentinel of secrets.json>'],
  ].map((command) => redisCli(sentinel, 'SENTINEL', ...command))
  return `It learns the primary from the messages of the other Sentinels within seconds. If it does not, make it watch the primary again, with its timings:\n${[...commands, `holdfast doctor --fix${cliFlags}`].join('\n')}\n${oneByOne(snapshot)}`
}

const noQuorum: Check = {
  id: 'no-quorum',
  severity: 'error',
  title: 'There are not enough Sentinels for a failover',
  why: 'If the primary is lost now, it is not replaced.',
  needs: ['sentinels', 'addresses'],
  check: (snapshot) =>
    agreeing(snapshot)
      // Separate checks report a Sentinel that knows too few others, or that has another quorum.
      .filter(
        ({ facts }) =>
          facts.sentinels.length >= snapshot.sentinels.length - 1 && facts.quorum <= snapshot.topology.quorum,
      )
      .filter(({ facts }) => facts.quorumProblem !== null)
      .map(({ name, facts }) => ({
        subject: name,
        evidence: `${facts.quorumProblem}`,
        advice: 'Bring the missing Sentinels back first.',
      })),
}

const quorumNotMajority: Check = {
  id: 'quorum-not-majority',
  severity: 'error',
  title: 'The quorum is not a majority of the Sentinels',
  why: 'With a lower quorum, one Sentinel that is cut off starts a failover of a healthy primary. With a higher one, one lost Sentinel prevents every failover.',
  needs: ['sentinels'],
  check: ({ sentinels, topology }) => {
    const planned = topology.quorum
    return answering(sentinels)
      .filter(({ facts }) => facts.quorum !== planned)
      .map((sentinel) => ({
        subject: sentinel.name,
        evidence: `Its quorum is ${sentinel.facts.quorum} of ${sentinels.length}, and should be ${planned}.`,
        ...setWatch(sentinel, topology.primaryName, [['quorum', planned]]),
      }))
  },
}

const tooFewSentinelsKnown: Check = {
  id: 'too-few-sentinels-known',
  severity: 'error',
  title: 'A Sentinel does not know all other Sentinels',
  why: 'It cannot ask the unknown ones for their votes, so a failover that it should lead does not happen.',
  needs: ['sentinels', 'addresses'],
  check: (snapshot) =>
    agreeing(snapshot).flatMap(({ name, at, facts }) => {
      // Port 0 marks an entry whose address Sentinel has lost; a separate check reports that.
      if (facts.sentinels.some(({ port }) => port === 0)) return []
      const unknown = unknownPeers(facts.sentinels, snapshot.sentinels, at)
      if (unknown.length === 0) return []
      return {
        subject: name,
        evidence: `It does not know ${unknown.join(' and ')}.`,
        advice:
          'Sentinels discover each other within seconds, by messages on the channel __sentinel__:hello of each Redis. If this finding stays, check that the user "sentinel" may publish and subscribe there.',
      }
    }),
}

const tooFewReplicasKnown: Check = {
  id: 'too-few-replicas-known',
  severity: 'warning',
  title: 'A Sentinel does not know all replicas',
  why: 'It can neither promote a replica that it does not know, nor point it to a new primary.',
  needs: ['sentinels', 'addresses'],
  check: (snapshot) => {
    if (failoverIsUnderWay(snapshot)) return []
    return agreeing(snapshot).flatMap(({ name, facts }) => {
      const unknown = unknownPeers(facts.replicas, snapshot.redis, facts.primary)
      if (unknown.length === 0) return []
      return {
        subject: name,
        evidence: `It does not know ${unknown.join(' and ')}.`,
        advice:
          'It asks the primary for its replicas every few seconds, and discovers a replica once that has a link to the primary.',
      }
    })
  },
}

const staleSentinelsKnown: Check = {
  id: 'stale-sentinels-known',
  severity: 'error',
  title: 'Sentinels count an unplanned Sentinel',
  why: 'A Sentinel that is gone still counts as a voter: it raises the majority that a failover needs.',
  needs: ['sentinels', 'addresses'],
  check: (snapshot) =>
    unplannedPeers(snapshot, ({ sentinels }) => sentinels, snapshot.sentinels).map(([at, knownTo]) => ({
      subject: at,
      evidence: `It is known as a Sentinel to ${knownTo.join(', ')}.`,
      ...resetSentinels(snapshot),
    })),
}

const staleReplicasKnown: Check = {
  id: 'stale-replicas-known',
  severity: 'warning',
  title: 'Sentinels know an unplanned replica',
  why: 'If it comes back, Sentinel makes it a replica again and may promote it, whatever data it has.',
  needs: ['sentinels', 'addresses'],
  check: (snapshot) =>
    unplannedPeers(snapshot, ({ replicas }) => replicas, snapshot.redis).map(([at, knownTo]) => ({
      subject: at,
      evidence: `It is known as a replica to ${knownTo.join(', ')}.`,
      ...resetSentinels(snapshot),
    })),
}

const sentinelPortZero: Check = {
  id: 'sentinel-port-zero',
  severity: 'error',
  title: 'A Sentinel has lost the address of another Sentinel',
  why: 'Two Sentinels announced the same address, so Sentinel gave one entry port 0. That entry still counts as a voter.',
  needs: ['sentinels'],
  check: (snapshot) =>
    answering(snapshot.sentinels).flatMap(({ name, facts }) =>
      facts.sentinels
        .filter(({ port }) => port === 0)
        .map(({ at }) => ({
          subject: name,
          evidence: `It knows a Sentinel at ${at}.`,
          ...resetSentinels(snapshot),
        })),
    ),
}

const sentinelCannotReach: Check = {
  id: 'sentinel-cannot-reach',
  severity: 'error',
  title: 'A Sentinel marks a process as down although it answers',
  why: 'The network between them is cut, or the password is wrong. This Sentinel may vote for a needless failover, or its vote is missing.',
  needs: ['redis', 'sentinels', 'addresses'],
  check: (snapshot) =>
    agreeing(snapshot).flatMap(({ name, facts }) => {
      // A Sentinel in TILT trusts nothing; a separate check reports that.
      if (facts.tilt) return []
      const lost = markedDown(facts).filter((at) => isReachable(snapshot, facts, at))
      if (lost.length === 0) return []
      return {
        subject: name,
        evidence: `It marks ${lost.join(' and ')} as down.`,
        advice: `Read its log. Check that its host reaches them, and that its auth-pass is right: SENTINEL SET ${snapshot.topology.primaryName} auth-pass.`,
      }
    }),
}

const tilt: Check = {
  id: 'tilt',
  severity: 'warning',
  title: 'A Sentinel does not trust its clock',
  why: 'It was paused, or its clock jumped. It watches, but takes part in no failover for 1 s (30 s without the watchdog, which shortens this time).',
  needs: ['sentinels'],
  check: ({ sentinels }) =>
    answering(sentinels)
      .filter(({ facts }) => facts.tilt)
      .map(({ name }) => ({
        subject: name,
        evidence: 'Its INFO reports sentinel_tilt:1.',
        advice:
          'Wait. If the finding returns, look for a host that pauses (overload, snapshots of a virtual machine) or a clock that is set in jumps.',
      })),
}

/** The processes that Sentinels know but the plan does not: `host:port`, and the Sentinels that know them. */
function unplannedPeers(
  snapshot: Snapshot,
  peersOf: (facts: SentinelFacts) => readonly KnownPeer[],
  planned: readonly ProcessSnapshot<unknown>[],
): [at: string, knownTo: string[]][] {
  const found = new Map<string, string[]>()
  for (const { name, facts } of agreeing(snapshot)) {
    for (const { at, port } of peersOf(facts)) {
      if (port === 0 || planned.some((one) => one.at === at)) continue
      found.set(at, [...(found.get(at) ?? []), name])
    }
  }
  return [...found]
}

/** The planned processes, other than the one at `exceptAt`, that a Sentinel does not know. */
function unknownPeers(
  known: readonly KnownPeer[],
  planned: readonly ProcessSnapshot<unknown>[],
  exceptAt: string,
): string[] {
  return planned
    .filter(({ at }) => at !== exceptAt && !known.some((one) => one.at === at))
    .map(({ name }) => name)
}

function markedDown(facts: SentinelFacts): string[] {
  const all = [{ at: facts.primary, flags: facts.flags }, ...facts.replicas, ...facts.sentinels]
  return all.filter(({ flags }) => flags.includes('s_down') || flags.includes('o_down')).map(({ at }) => at)
}

/** Whether a process answers here, and no other finding explains why the Sentinel cannot use it. */
function isReachable({ redis, sentinels }: Snapshot, asker: SentinelFacts, at: string): boolean {
  const node = answering(redis).find((one) => one.at === at)
  // Paused writes also delay the announcements of a Sentinel, and its pings behind them.
  if (node !== undefined) return !node.facts.writesWait && !differsFromPlan(node.facts.acl, 'sentinel')
  const sentinel = answering(sentinels).find((one) => one.at === at)
  return sentinel !== undefined && asker.knowsPeerPassword && !differsFromPlan(sentinel.facts.acl, 'peer')
}

export const SENTINEL_CHECKS: readonly Check[] = [
  sentinelsDisagree,
  noQuorum,
  quorumNotMajority,
  tooFewSentinelsKnown,
  tooFewReplicasKnown,
  staleSentinelsKnown,
  staleReplicasKnown,
  sentinelPortZero,
  sentinelCannotReach,
  tilt,
]
