import { setTimeout as sleep } from 'node:timers/promises'
import { RedisReplyError } from '@holdfast/tokens'
import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'
import { readField, readList } from '../redis/replies.ts'

export interface StuckSentinelOptions {
  /** The Sentinels of this agent: the one of its host, or on one machine all. */
  own: readonly NodeAddress[]
  primaryName: string
  /** Sends commands, and returns the replies in the same order. */
  sendToSentinel: (sentinel: NodeAddress, commands: string[][]) => Promise<Reply[]>
  log: (event: string, details: Record<string, unknown>) => void
}

const POLL_INTERVAL_MS = 1000
/** After a smaller step a Sentinel works again sooner than after a restart. */
const MIN_STEP_MS = 5000
/** A second look: a reply that was measured during the step proves nothing. */
const LOOKS = 2
/** Pause after a restart: a clock that keeps running backwards must not keep the Sentinel from working at all. */
const REST_MS = 30_000

/**
 * Restarts a Sentinel that a clock stopped. Sentinel measures its intervals by the wall clock. When that is set back, a
 * Sentinel sends no PING, no INFO and no hello, and asks for no vote, until the old time comes again (FACT-64): it looks
 * healthy and takes part in no failover, for as long as the step. So the agent ends it by `SHUTDOWN`, and its service (`Restart=always`) or the supervisor starts it again, with its votes and epochs
 * from its file. A stuck Sentinel contributes nothing, so its restart takes nothing away, whatever the others do.
 * Found by seed 5074 of the fault campaign. Rejects when the signal aborts.
 * INV-AGENT-18.
 */
export async function restartStuckSentinels(
  options: StuckSentinelOptions,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(options.own.map((sentinel) => watch(sentinel, options, signal)))
}

async function watch(
  sentinel: NodeAddress,
  options: StuckSentinelOptions,
  signal: AbortSignal,
): Promise<never> {
  let looks = 0
  for (;;) {
    signal.throwIfAborted()
    looks = (await isStuck(sentinel, options)) ? looks + 1 : 0
    if (looks >= LOOKS) {
      looks = 0
      await restart(sentinel, options)
      await sleep(REST_MS, undefined, { signal })
    }
    await sleep(POLL_INTERVAL_MS, undefined, { signal })
  }
}

async function isStuck(
  sentinel: NodeAddress,
  { primaryName, sendToSentinel }: StuckSentinelOptions,
): Promise<boolean> {
  const commands = ['MASTER', 'REPLICAS', 'SENTINELS'].map((what) => ['SENTINEL', what, primaryName])
  try {
    const [primary = null, replicas = null, peers = null] = await sendToSentinel(sentinel, commands)
    return waitsForOldTime([primary, ...readList(replicas), ...readList(peers)])
  } catch {
    // It is being started, or it is down: that is not this fault.
    return false
  }
}

/**
 * Whether a Sentinel has set the time of its last ping to any process by more than a few seconds into the future. Reads the
 * replies of `SENTINEL MASTER`, `REPLICAS` and `SENTINELS`, one per process. Pure.
 */
export const waitsForOldTime = (processes: readonly Reply[]): boolean =>
  processes.some((process) => Number(readField(process, 'last-ping-reply')) < -MIN_STEP_MS)

async function restart(sentinel: NodeAddress, { sendToSentinel, log }: StuckSentinelOptions): Promise<void> {
  const name = formatAddress(sentinel)
  log('the clock was set back and stopped the Sentinel: restarts it', { sentinel: name })
  await sendToSentinel(sentinel, [['SHUTDOWN']]).catch((error: unknown) => {
    // A Sentinel that obeys closes the connection instead of replying.
    if (error instanceof RedisReplyError)
      log('the Sentinel refused to shut down', { sentinel: name, reason: error.message })
  })
}
