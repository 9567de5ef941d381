import { answering } from '@holdfast/agent/group/health'
import { compareClocks } from '@holdfast/tokens/redis'
import type { Check } from '../finding.ts'
import {
  isHostName,
  knownHosts,
  plannedPriority,
  plansAddresses,
  withChangedPriority,
} from '../group-state.ts'
import type { Snapshot } from '../snapshot.ts'
import { setDirective, setWatch } from './advice.ts'

/** How long a write waits by default (`writeTimeoutMs` of the store, in milliseconds). */
const CLIENTS_WAIT_MS = 30_000
/** From the agreement that the primary is down until the new one takes writes (1 to 3 s, FACT-17; in milliseconds). */
const ELECTION_MS = 5000

const namesMixedWithAddresses: Check = {
  id: 'names-mixed-with-addresses',
  severity: 'error',
  title: 'Host names are mixed with addresses',
  why: 'Sentinel takes a host name and an address for two processes: it counts voters and replicas that do not exist.',
  needs: ['redis', 'sentinels'],
  check: (snapshot) => {
    // A plan with host names has nothing to compare with.
    if (!plansAddresses(snapshot)) return []
    const known = knownHosts(snapshot).filter(([, host]) => host !== '')
    const allByName = known.length > 0 && known.every(([, host]) => isHostName(host))
    const announced = answering(snapshot.redis)
      .map((redis) => ({ redis, host: redis.facts.config['replica-announce-ip'] ?? '' }))
      .filter(({ host }) => isHostName(host))
    if (announced.length > 0) {
      return announced.map(({ redis, host }) => ({
        subject: redis.name,
        evidence: `Its replica-announce-ip is "${host}", but the plan uses addresses.`,
        ...(allByName ? { advice: LEAVE } : setDirective(redis, 'replica-announce-ip', redis.address.host)),
      }))
    }
    return known
      .filter(([, host]) => isHostName(host))
      .map(([subject, host]) => ({
        subject,
        evidence: `It knows "${host}", but the plan uses addresses.`,
        advice: allByName
          ? LEAVE
          : `Find the process that announces "${host}", and make it announce itself as the others do.`,
      }))
  },
}

const LEAVE =
  'Leave it: these processes know each other by host names only. If one announced an address now, it would be taken for two processes, and a failover could make it follow itself.'

const failoverSlowerThanClientsWait: Check = {
  id: 'failover-slower-than-clients-wait',
  severity: 'error',
  title: 'A failover takes longer than applications wait',
  why: 'Logins fail before the new primary takes over. Some applications exit when their retries run out.',
  needs: ['sentinels'],
  check: (snapshot) => {
    const takesMs = failoverTakesMs(snapshot)
    if (takesMs <= CLIENTS_WAIT_MS) return []
    const { primaryName, timings } = snapshot.topology
    return answering(snapshot.sentinels)
      .filter(({ facts }) => facts.downAfterMs > timings.downAfterMs)
      .map((sentinel) => ({
        subject: sentinel.name,
        evidence: `Its down-after-milliseconds is ${sentinel.facts.downAfterMs}: a failover takes about ${takesMs / 1000} s, but writes wait only ${CLIENTS_WAIT_MS / 1000} s.`,
        ...setWatch(sentinel, primaryName, [['down-after-milliseconds', timings.downAfterMs]]),
      }))
  },
}

const timingsDrifted: Check = {
  id: 'timings-drifted',
  severity: 'warning',
  title: 'A Sentinel has other timings than planned',
  why: 'The Sentinels do not act together. A failover starts later than planned, or too early, which loses writes.',
  needs: ['sentinels'],
  check: (snapshot) => {
    const { primaryName, timings } = snapshot.topology
    // The check above reports a long down-after already.
    const isTooSlow = failoverTakesMs(snapshot) > CLIENTS_WAIT_MS
    return answering(snapshot.sentinels).flatMap((sentinel) => {
      const { downAfterMs, failoverTimeoutMs, parallelSyncs } = sentinel.facts
      const options: [name: string, live: number, planned: number][] = [
        ['down-after-milliseconds', isTooSlow ? timings.downAfterMs : downAfterMs, timings.downAfterMs],
        ['failover-timeout', failoverTimeoutMs, timings.failoverTimeoutMs],
        ['parallel-syncs', parallelSyncs, 1],
      ]
      const drifted = options.filter(([, live, planned]) => live !== planned)
      if (drifted.length === 0) return []
      return {
        subject: sentinel.name,
        evidence: `${drifted.map(([name, live, planned]) => `${name} is ${live} instead of ${planned}`).join(', ')}.`,
        ...setWatch(
          sentinel,
          primaryName,
          drifted.map(([name, , planned]) => [name, planned]),
        ),
      }
    })
  },
}

/** How long a failover of a hung primary takes with the Sentinels' present timings: until a quorum marks it as down. */
function failoverTakesMs({ sentinels, topology }: Snapshot): number {
  const waits = answering(sentinels).map(({ facts }) => facts.downAfterMs)
  const decisive = waits.sort((one, other) => one - other)[topology.quorum - 1]
  return decisive === undefined ? 0 : decisive + ELECTION_MS
}

const priorityZero: Check = {
  id: 'priority-zero',
  severity: 'error',
  title: 'A Redis can never be promoted',
  why: 'Its replica-priority is 0. If all replicas have that priority, a lost primary is not replaced at all.',
  needs: ['redis'],
  check: (snapshot) => {
    const nodes = answering(snapshot.redis)
    const readings = nodes.map(({ at, facts }) => ({ address: at, aheadMs: facts.clock.aheadMs }))
    // The watchdog sets priority 0 while the clock of a Redis is wrong, which is a finding of its own.
    const { deviating } = compareClocks(readings, snapshot.redis.length)
    return nodes
      .filter(
        ({ facts, at }) =>
          !deviating.includes(at) &&
          facts.config['replica-priority'] === '0' &&
          plannedPriority(snapshot, at) !== '0',
      )
      .map((node) => ({
        subject: node.name,
        evidence: 'Its replica-priority is 0.',
        ...setDirective(node, 'replica-priority', plannedPriority(snapshot, node.at)),
      }))
  },
}

const priorityChanged: Check = {
  id: 'priority-changed',
  severity: 'warning',
  title: 'A replica-priority is not as planned',
  why: 'An interrupted switchover leaves it changed. A failover promotes the replica with the lowest priority number, not the one with the most data.',
  needs: ['redis'],
  check: (snapshot) =>
    withChangedPriority(snapshot).map((node) => {
      const planned = plannedPriority(snapshot, node.at)
      return {
        subject: node.name,
        evidence: `Its replica-priority is ${node.facts.config['replica-priority'] ?? ''} instead of ${planned}.`,
        ...setDirective(node, 'replica-priority', planned),
      }
    }),
}

export const FAILOVER_SETTING_CHECKS: readonly Check[] = [
  namesMixedWithAddresses,
  failoverSlowerThanClientsWait,
  timingsDrifted,
  priorityZero,
  priorityChanged,
]
