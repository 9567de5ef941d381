import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'
import { readAddress, readField, readList } from '../redis/lines.ts'
import type { NodeView } from '../redis/nodes.ts'
import { readAnswer } from '../redis/sentinels.ts'
import { requestFailover } from './request-failover.ts'

export interface HandOverOptions {
  primaryName: string
  failoverTimeoutMs: number
  /** The Sentinels that answer; the first that accepts leads the failover. */
  sentinels: readonly NodeAddress[]
  view: (node: NodeAddress) => Promise<NodeView>
  tellNode: (node: NodeAddress, command: string[]) => Promise<Reply>
  tellSentinel: (sentinel: NodeAddress, command: string[]) => Promise<Reply>
  log: (event: string, details: Record<string, unknown>) => void
}

const LOOK_MS = 20
/** Writes wait for so long at the most when this process dies; while it lives the pause is renewed. */
const PAUSE_MS = 3000
const RENEW_MS = 1000
const CATCH_UP_MS = 2000
/** A Sentinel of the agent asks for a priority twice a second, a stock one every 10 s (FACT-19). */
const PRIORITY_MS = 15_000
const SETTLE_MS = 20_000
const RESTORE_MS = 3000
/** The replica with the lowest number is promoted; 0 would mean never. */
const FIRST_CHOICE = '1'

/**
 * Makes the replica `to` the primary instead of `from`, in a newer epoch and without losing a write, also while a host is
 * missing. Writes wait at `from` until `to` has everything; then a Sentinel promotes it, and `from` follows it before the
 * writes go on. `holdfast switchover` does the same for a data centre in which every process answers. The pause ends by itself when
 * this process dies. Throws with the reason when it did not happen; the priority of `to` is as before in any case.
 * INV-AGENT-15.
 */
export async function handOver(
  from: NodeAddress,
  to: NodeAddress,
  options: HandOverOptions,
  signal: AbortSignal,
): Promise<void> {
  const before = await priorityOf(to, options)
  try {
    await options.tellNode(to, ['CONFIG', 'SET', 'replica-priority', FIRST_CHOICE])
    const leaders = await whoPrefer(to, options, signal)
    await promote(from, to, leaders, options, signal)
    await until('all agree', SETTLE_MS, () => isSettled(from, to, options))
  } finally {
    // In its file, too: Sentinel has a promoted node write it. It closes connections to that node, so this is tried again.
    await until('the priority is as before', RESTORE_MS, async () => {
      await options.tellNode(to, ['CONFIG', 'SET', 'replica-priority', before])
      await options.tellNode(to, ['CONFIG', 'REWRITE'])
      return true
    }).catch((error: unknown) =>
      options.log('left a replica-priority of 1', { of: to.host, reason: String(error) }),
    )
  }
}

async function priorityOf(node: NodeAddress, { tellNode }: HandOverOptions): Promise<string> {
  const priority = readField(await tellNode(node, ['CONFIG', 'GET', 'replica-priority']), 'replica-priority')
  if (!/^\d+$/.test(priority) || priority === '0')
    throw new Error(`${formatAddress(node)} must not be promoted: its replica-priority is ${priority}.`)
  return priority
}

/** The Sentinels that would promote this replica, and no other. */
async function whoPrefer(
  to: NodeAddress,
  options: HandOverOptions,
  signal: AbortSignal,
): Promise<NodeAddress[]> {
  let found: NodeAddress[] = []
  await until('a Sentinel prefers the replica', PRIORITY_MS, async () => {
    if (signal.aborted) return true
    const asked = await Promise.all(
      options.sentinels.map(async (sentinel) => {
        const question = ['SENTINEL', 'REPLICAS', options.primaryName]
        const replicas = await options.tellSentinel(sentinel, question).catch(() => null)
        return prefers(replicas, formatAddress(to)) ? [sentinel] : []
      }),
    )
    found = asked.flat()
    // The one that leads chooses the replica. Another one may ask no Redis any more, after its clock was set back.
    return found.length > 0
  })
  signal.throwIfAborted()
  return found
}

function prefers(replicas: Reply, to: string): boolean {
  const first = readList(replicas).filter((replica) => readField(replica, 'slave-priority') === FIRST_CHOICE)
  return first.length === 1 && first.every((replica) => formatAddress(readAddress(replica)) === to)
}

async function promote(
  from: NodeAddress,
  to: NodeAddress,
  leaders: readonly NodeAddress[],
  options: HandOverOptions,
  signal: AbortSignal,
): Promise<void> {
  const { tellNode, view } = options
  const pause = () => tellNode(from, ['CLIENT', 'PAUSE', String(PAUSE_MS), 'WRITE'])
  await pause()
  const renewing = setInterval(() => void pause().catch(() => {}), RENEW_MS)
  try {
    const source = await view(from)
    if (source.role !== 'primary') throw new Error(`${formatAddress(from)} is not the primary any more.`)
    await until('the replica has everything', CATCH_UP_MS, async () => {
      const replica = await view(to)
      return (
        replica.role === 'replica' &&
        replica.linkUp &&
        replica.replid === source.replid &&
        replica.offset >= source.offset
      )
    })
    signal.throwIfAborted()
    const leader = await begin(leaders, options)
    await untilPromoted(to, leader, options)
    clearInterval(renewing)
    await tellNode(from, ['REPLICAOF', to.host, String(to.port)])
    // Clients that wait there look for the new primary.
    await tellNode(from, ['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'])
  } finally {
    clearInterval(renewing)
    await tellNode(from, ['CLIENT', 'UNPAUSE']).catch(() => {})
  }
}

async function begin(leaders: readonly NodeAddress[], options: HandOverOptions): Promise<NodeAddress> {
  const request = await requestFailover(leaders, options)
  if (request.outcome === 'accepted') return request.leader
  throw new Error(`No Sentinel begins the failover. ${request.reason}`)
}

/** Writes wait until the leader has promoted the replica, or has given up: a later promotion would lose what comes after. */
async function untilPromoted(
  to: NodeAddress,
  leader: NodeAddress,
  { primaryName, failoverTimeoutMs, view, tellSentinel }: HandOverOptions,
): Promise<void> {
  let promoted = false
  await until('the replica is promoted', failoverTimeoutMs + CATCH_UP_MS, async () => {
    const answer = readAnswer(leader, await tellSentinel(leader, ['SENTINEL', 'MASTER', primaryName]))
    promoted = (await view(to)).role === 'primary'
    return promoted || !answer.failingOver
  })
  if (!promoted) throw new Error('The Sentinel gave up the failover.')
}

async function isSettled(from: NodeAddress, to: NodeAddress, options: HandOverOptions): Promise<boolean> {
  const { sentinels, primaryName, tellSentinel, view } = options
  const [old, ...replies] = await Promise.all([
    view(from),
    ...sentinels.map((sentinel) => tellSentinel(sentinel, ['SENTINEL', 'MASTER', primaryName])),
  ])
  const answers = replies.map((reply) => readAnswer(to, reply))
  return (
    old.primaryAddress === formatAddress(to) &&
    old.linkUp &&
    answers.every(({ primary, failingOver }) => primary === formatAddress(to) && !failingOver)
  )
}

/** Throws when it has not become so in time (in milliseconds). A question without an answer is asked again. */
async function until(what: string, limitMs: number, condition: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + limitMs
  while (!(await condition().catch(() => false))) {
    if (performance.now() > untilMs)
      throw new Error(`Timed out after ${limitMs / 1000} s waiting until ${what}.`)
    await sleep(LOOK_MS)
  }
}
