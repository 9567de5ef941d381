import { formatAddress, type Reply } from '@holdfast/tokens/redis'
import { readField } from '../../redis/replies.ts'
import { type Asked, type Decision, decideForEach, defineRule, type PingState } from './rule.ts'

/** After a smaller step a Sentinel works again sooner than after a restart. */
const MIN_STEP_MS = 5000
/** A second look: a reply that was measured during the step proves nothing. */
const LOOKS = 2
/** Pause after a restart: a clock that keeps running backwards must not keep the Sentinel from working at all. */
const REST_MS = 30_000

interface Memory {
  /** When the Sentinel was asked for the last answer that was counted. */
  countedAtMs: number
  /** How many consecutive answers show that it is stuck. */
  looks: number
  restsUntilMs: number
}

const START: Memory = {
  countedAtMs: Number.NEGATIVE_INFINITY,
  looks: 0,
  restsUntilMs: Number.NEGATIVE_INFINITY,
}

/**
 * Restarts a Sentinel that a clock stopped. Sentinel measures its intervals by the wall clock. When that is set back, a
 * Sentinel sends no PING, no INFO and no hello, and asks for no vote, until the old time comes again (FACT-64): it looks
 * healthy and takes part in no failover, for as long as the step. So the agent ends it by `SHUTDOWN`, and its service
 * (`Restart=always`) or the supervisor starts it again, with its votes and epochs from its file. A stuck Sentinel
 * contributes nothing, so its restart takes nothing away, whatever the others do. Found by seed 5074 of the fault campaign.
 * INV-AGENT-18.
 */
export const restartStuckSentinels = defineRule<ReadonlyMap<string, Memory>>({
  name: 'restart stuck Sentinels',
  needs: ['pings'],
  initial: () => new Map(),
  decide: ({ nowMs, own, pings }, memories) => {
    const servers = own.sentinels.map((sentinel) => {
      const address = formatAddress(sentinel)
      return [address, pings.find((ping) => formatAddress(ping.sentinel) === address)] as const
    })
    return decideForEach(servers, memories, (ping, memory = START) => decideOne(ping, memory, nowMs))
  },
})

function decideOne(ping: (PingState & Asked) | undefined, memory: Memory, nowMs: number): Decision<Memory> {
  // A Sentinel that does not answer is being started, or is down: that is not this fault.
  if (ping === undefined || nowMs < memory.restsUntilMs)
    return { actions: [], memory: { ...memory, looks: 0 } }
  const { sentinel, waitsForOldTime, askedAtMs } = ping
  if (askedAtMs <= memory.countedAtMs) return { actions: [], memory }
  const looks = waitsForOldTime ? memory.looks + 1 : 0
  if (looks < LOOKS) return { actions: [], memory: { ...memory, looks, countedAtMs: askedAtMs } }
  return {
    actions: [{ kind: 'restart Sentinel', sentinel, seenAtMs: askedAtMs }],
    memory: { looks: 0, countedAtMs: askedAtMs, restsUntilMs: nowMs + REST_MS },
  }
}

/**
 * Whether a Sentinel has set the time of its last ping to any process by more than a few seconds into the future. Reads the
 * replies of `SENTINEL MASTER`, `REPLICAS` and `SENTINELS`, one per process.
 */
export const waitsForOldTime = (processes: readonly Reply[]): boolean =>
  processes.some((process) => Number(readField(process, 'last-ping-reply')) < -MIN_STEP_MS)
