import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'
import { readAddress, readField, readList } from '../redis/replies.ts'
import { readAnswer } from '../redis/sentinels.ts'
import { pauseWrites } from '../redis/write-pause.ts'
import type { ActOptions } from './commands.ts'
import { requestFailover } from './request-failover.ts'

export interface HandOverOptions extends ActOptions {
  /** The Sentinels that answer. The first that accepts the request leads the failover. */
  sentinels: readonly NodeAddress[]
}

const POLL_INTERVAL_MS = 20
/** Deadline of each query and command. */
const COMMAND_TIMEOUT_MS = 1000
const CATCH_UP_TIMEOUT_MS = 2000
/** A Sentinel with the agent's periods reads the priority twice a second; one with default periods, every 10 s (FACT-19). */
const PRIORITY_TIMEOUT_MS = 15_000
const AGREEMENT_TIMEOUT_MS = 20_000
const RESTORE_TIMEOUT_MS = 3000
/** Sentinel promotes the replica with the lowest priority number; 0 means never. */
const PREFERRED_PRIORITY = '1'

/**
 * Makes the replica `to` the primary in place of `from`, in a newer epoch and without losing a write, even while a host is
 * down. Throws with the reason when the handover fails; the priority of `to` is restored in any case.
 *
 * Writes at `from` are paused until `to` has every write. Then a Sentinel promotes `to`, and `from` becomes its replica before
 * writes continue. The pause expires if this process dies. `holdfast switchover` does the same in a data centre in which
 * every process answers.
 * INV-AGENT-15.
 */
export async function handOver(
  from: NodeAddress,
  to: NodeAddress,
  options: HandOverOptions,
  signal: AbortSignal,
): Promise<void> {
  const send = nodeSender(options)
  const before = await priorityOf(to, options)
  try {
    await send(to, 'CONFIG', 'SET', 'replica-priority', PREFERRED_PRIORITY)
    const leaders = await sentinelsPreferring(to, options, signal)
    await promote(from, to, leaders, options, signal)
    await waitUntil('all Sentinels agree', AGREEMENT_TIMEOUT_MS, () => isComplete(from, to, options))
  } finally {
    // Restore the file as well: Sentinel makes a promoted node rewrite it. Retried, since Sentinel closes its connections.
    await waitUntil('the priority is restored', RESTORE_TIMEOUT_MS, async () => {
      await send(to, 'CONFIG', 'SET', 'replica-priority', before)
      await send(to, 'CONFIG', 'REWRITE')
      return true
    }).catch((error: unknown) =>
      options.log('left a replica-priority of 1', { of: to.host, reason: String(error) }),
    )
  }
}

const nodeSender =
  ({ group }: HandOverOptions) =>
  (node: NodeAddress, ...command: string[]): Promise<Reply> =>
    group.sendToNode(node, command, COMMAND_TIMEOUT_MS)

/** What a Sentinel answers about the group. */
const askSentinel = (sentinel: NodeAddress, what: 'MASTER' | 'REPLICAS', { group }: HandOverOptions) =>
  group.sendToSentinel(sentinel, ['SENTINEL', what, group.plan.primaryName], COMMAND_TIMEOUT_MS)

async function priorityOf(node: NodeAddress, options: HandOverOptions): Promise<string> {
  const reply = await nodeSender(options)(node, 'CONFIG', 'GET', 'replica-priority')
  const priority = readField(reply, 'replica-priority')
  if (!/^\d+$/.test(priority) || priority === '0')
    throw new Error(`${formatAddress(node)} cannot be promoted: its replica-priority is ${priority}.`)
  return priority
}

/** Waits for Sentinels that would promote this replica and no other. */
async function sentinelsPreferring(
  to: NodeAddress,
  options: HandOverOptions,
  signal: AbortSignal,
): Promise<NodeAddress[]> {
  let found: NodeAddress[] = []
  await waitUntil('a Sentinel prefers the replica', PRIORITY_TIMEOUT_MS, async () => {
    if (signal.aborted) return true
    const asked = await Promise.all(
      options.sentinels.map(async (sentinel) => {
        const replicas = await askSentinel(sentinel, 'REPLICAS', options).catch(() => null)
        return prefers(replicas, formatAddress(to)) ? [sentinel] : []
      }),
    )
    found = asked.flat()
    // The leader chooses the replica, so one is enough. A Sentinel whose clock was set back may poll no Redis any more.
    return found.length > 0
  })
  signal.throwIfAborted()
  return found
}

function prefers(replicas: Reply, to: string): boolean {
  const first = readList(replicas).filter(
    (replica) => readField(replica, 'slave-priority') === PREFERRED_PRIORITY,
  )
  return first.length === 1 && first.every((replica) => formatAddress(readAddress(replica)) === to)
}

async function promote(
  from: NodeAddress,
  to: NodeAddress,
  leaders: readonly NodeAddress[],
  options: HandOverOptions,
  signal: AbortSignal,
): Promise<void> {
  const send = nodeSender(options)
  const view = (node: NodeAddress) => options.group.view(node, COMMAND_TIMEOUT_MS)
  await using pause = await pauseWrites((...command) => send(from, ...command))
  const source = await view(from)
  if (source.role !== 'primary') throw new Error(`${formatAddress(from)} is no longer the primary.`)
  await waitUntil('the replica has every write', CATCH_UP_TIMEOUT_MS, async () => {
    const replica = await view(to)
    return (
      replica.role === 'replica' &&
      replica.linkUp &&
      replica.replid === source.replid &&
      replica.offset >= source.offset
    )
  })
  signal.throwIfAborted()
  pause.assertRenewed()
  const leader = await requestPromotion(leaders, options)
  await waitUntilPromoted(to, leader, options)
  pause.endRenewal()
  await send(from, 'REPLICAOF', to.host, String(to.port))
  // Clients that wait for the old primary then look for the new one.
  await send(from, 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
}

async function requestPromotion(
  leaders: readonly NodeAddress[],
  options: HandOverOptions,
): Promise<NodeAddress> {
  const { group, log } = options
  const request = await requestFailover(leaders, {
    primaryName: group.plan.primaryName,
    sendToSentinel: (sentinel, command) => group.sendToSentinel(sentinel, command, COMMAND_TIMEOUT_MS),
    log,
  })
  if (request.outcome === 'accepted') return request.leader
  throw new Error(`No Sentinel starts the failover. ${request.reason}`)
}

/** Waits until the leader has promoted the replica or given up: a promotion after the pause would lose later writes. */
async function waitUntilPromoted(
  to: NodeAddress,
  leader: NodeAddress,
  options: HandOverOptions,
): Promise<void> {
  const { group } = options
  let promoted = false
  await waitUntil('the replica is promoted', group.plan.failoverTimeoutMs + CATCH_UP_TIMEOUT_MS, async () => {
    const answer = readAnswer(leader, await askSentinel(leader, 'MASTER', options))
    promoted = (await group.view(to, COMMAND_TIMEOUT_MS)).role === 'primary'
    return promoted || !answer.failingOver
  })
  if (!promoted) throw new Error('The leading Sentinel gave up the failover.')
}

async function isComplete(from: NodeAddress, to: NodeAddress, options: HandOverOptions): Promise<boolean> {
  const [old, ...replies] = await Promise.all([
    options.group.view(from, COMMAND_TIMEOUT_MS),
    ...options.sentinels.map((sentinel) => askSentinel(sentinel, 'MASTER', options)),
  ])
  const answers = replies.map((reply) => readAnswer(to, reply))
  return (
    old.primaryAddress === formatAddress(to) &&
    old.linkUp &&
    answers.every(({ primary, failingOver }) => primary === formatAddress(to) && !failingOver)
  )
}

/** Polls the condition, and throws after `timeoutMs`. A condition that rejects is polled again. */
async function waitUntil(what: string, timeoutMs: number, condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  while (!(await condition().catch(() => false))) {
    if (performance.now() > deadlineMs)
      throw new Error(`Timed out after ${timeoutMs / 1000} s waiting until ${what}.`)
    await sleep(POLL_INTERVAL_MS)
  }
}
