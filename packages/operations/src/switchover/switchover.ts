import { setTimeout as sleep } from 'node:timers/promises'
import { primariesOf, primaryOf, unhealthyReason } from '@holdfast/agent/group/health'
import {
  connectGroup,
  disconnectGroup,
  type GroupClients,
  takeSnapshot,
} from '@holdfast/agent/group/snapshot'
import type { GroupAccess } from '@holdfast/agent/redis/access'
import type { Nodes } from '@holdfast/agent/redis/nodes'
import { readAddress, readField } from '@holdfast/agent/redis/replies'
import type { Sentinels } from '@holdfast/agent/redis/sentinels'
import { pauseWrites } from '@holdfast/agent/redis/write-pause'
import { exclusively } from '@holdfast/local/state/lock'
import { ClusterError } from '@holdfast/site/errors'
import { priorityOf, REPLICA_PRIORITY } from '@holdfast/site/file/site'
import {
  type DataHost,
  type Group,
  processName,
  redisAddress,
  sentinelAddress,
} from '@holdfast/site/topology/topology'
import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'
import { type DataCentrePlace, openDataCentre } from '../data-centre/open.ts'
import { type Move, planMove, SWITCHOVER_NEEDS } from './safety.ts'

export type SwitchoverOptions = DataCentrePlace & SwitchoverChoice

export interface SwitchoverChoice {
  /** `host` or `host:port` of the replica to promote. Default is the one with the smallest lag. */
  to?: string
  /** Called at the beginning of each step. */
  onProgress?: (progress: SwitchoverProgress) => void
  /** Interrupts it before the promotion. After the promotion it runs to its end. */
  signal?: AbortSignal
}

/** In this order. */
export const SWITCHOVER_STEPS = [
  'mend',
  'check',
  'prefer',
  'pause',
  'promote',
  'follow',
  'agree',
  'restore',
] as const
type SwitchoverStep = (typeof SWITCHOVER_STEPS)[number]

interface SwitchoverProgress {
  step: SwitchoverStep
  /** What happens now, for a terminal. */
  text: string
}

export interface SwitchoverReport {
  /** `host:port` of the primary before and after. */
  from: string
  to: string
  /** How long writes waited at the old primary (in milliseconds). */
  pausedMs: number
  tookMs: number
  /** The traces of an interrupted switchover that are fixed now. */
  mended: string[]
}

/** Deadline of one command (in milliseconds). */
const COMMAND_TIMEOUT_MS = 1000
const POLL_INTERVAL_MS = 10
/** A Sentinel reads each replica's priority every 10 s, with `INFO` (FACT-19; in milliseconds). */
const PRIORITY_MS = 15_000
const CATCH_UP_MS = 2000
const AGREE_MS = 20_000
/** Sentinel promotes the replica with the lowest priority number; 0 means never. */
const FIRST_CHOICE = 1

/**
 * Promotes another Redis without losing or rejecting a write: writes wait at the old primary until the new one has
 * everything, and then go to the new one. It restores the priorities in every case, and the pause ends by itself. The next
 * switchover first fixes what a killed one has left.
 *
 * Throws `BUSY` and `NOT_SAFE` with the reason, before anything is changed; `SWITCHOVER_FAILED` or `SWITCHOVER_ABORTED`
 * once it has begun, with the address of the primary; and as `openDataCentre`.
 * INV-OPERATIONS-5.
 */
export async function switchover(options: SwitchoverOptions): Promise<SwitchoverReport> {
  const dataCentre = await openDataCentre(options)
  return exclusively(dataCentre, 'switchover', () => switchoverLocked(dataCentre, options))
}

/** The same for a caller that holds the lock. INV-OPERATIONS-4. */
export async function switchoverLocked(
  access: GroupAccess,
  options: SwitchoverChoice,
): Promise<SwitchoverReport> {
  const group = connectGroup(access)
  try {
    return await new Switchover(group, options).run()
  } finally {
    disconnectGroup(group)
  }
}

/** Fixes what a killed switchover has left. Answers what it was. The caller holds the lock. */
export async function fixInterruptedSwitchover(access: GroupAccess): Promise<string[]> {
  const group = connectGroup(access)
  try {
    return await new Switchover(group, {}).mend()
  } finally {
    disconnectGroup(group)
  }
}

class Switchover {
  readonly #group: GroupClients
  readonly #topology: Group
  readonly #nodes: Nodes
  readonly #sentinels: Sentinels
  readonly #options: SwitchoverChoice
  readonly #beganMs = performance.now()

  constructor(group: GroupClients, options: SwitchoverChoice) {
    this.#group = group
    this.#topology = group.topology
    this.#nodes = group.nodes
    this.#sentinels = group.sentinels
    this.#options = options
  }

  async run(): Promise<SwitchoverReport> {
    this.#enter('mend', 'Checking for leftovers of an interrupted switchover.')
    const mended = await this.mend()
    this.#enter('check', 'Checking that a switchover is safe.')
    const move = await this.#plan()
    const [from, to] = [move.from.at, move.to.at]
    try {
      this.#enter('prefer', `Making the Sentinels prefer ${to}.`)
      await this.#prefer(move.to.address)
      this.#options.signal?.throwIfAborted()
      const pausedMs = await this.#promote(move)
      this.#enter('agree', `Waiting until all Sentinels name ${to} and all replicas are linked to it.`)
      await this.#until('all Sentinels to agree', AGREE_MS, () => this.#isSettled(to))
      this.#enter('restore', 'Restoring the priorities.')
      await this.#restore()
      return { from, to, pausedMs, tookMs: Math.round(performance.now() - this.#beganMs), mended }
    } catch (error) {
      throw await this.#failure(error)
    }
  }

  /** A priority that is not the planned one was set by a killed switchover; its pause has ended, or ends here. */
  async mend(): Promise<string[]> {
    const mended: string[] = []
    for (const host of this.#topology.dataHosts) {
      const address = redisAddress(host)
      try {
        const [reply] = await this.#nodes.send(
          address,
          [['CONFIG', 'GET', 'replica-priority']],
          COMMAND_TIMEOUT_MS,
        )
        const planned = String(priorityOf(host))
        if (readField(reply, 'replica-priority') === planned) continue
        await this.#restorePriority(host)
        await this.#nodes.send(address, [['CLIENT', 'UNPAUSE']], COMMAND_TIMEOUT_MS)
        mended.push(`replica-priority of ${formatAddress(address)} is ${planned} again`)
      } catch {
        // The check that follows reports a Redis that does not answer.
      }
    }
    return mended
  }

  async #plan(): Promise<Move> {
    const notChosen = this.#topology.dataHosts.flatMap((host, index) =>
      priorityOf(host) === 0 ? [processName('redis', index, host)] : [],
    )
    const choice = { wish: this.#options.to ?? null, notChosen }
    const move = planMove(await takeSnapshot(this.#group), this.#group, choice)
    if (typeof move === 'string') throw new ClusterError('NOT_SAFE', move)
    return move
  }

  async #prefer(address: NodeAddress): Promise<void> {
    const wanted = formatAddress(address)
    const set = (node: NodeAddress, priority: number) =>
      this.#nodes.send(node, [['CONFIG', 'SET', 'replica-priority', String(priority)]], COMMAND_TIMEOUT_MS)
    // A replica with the same priority could be promoted instead of the chosen one.
    const rivals = this.#topology.dataHosts.filter(
      (host) => priorityOf(host) === FIRST_CHOICE && formatAddress(redisAddress(host)) !== wanted,
    )
    await Promise.all(rivals.map((host) => set(redisAddress(host), REPLICA_PRIORITY)))
    await set(address, FIRST_CHOICE)
    const raised = rivals.map((host) => formatAddress(redisAddress(host)))
    await this.#until('all Sentinels to learn the priority', PRIORITY_MS, async () => {
      const replies = await Promise.all(
        this.#topology.dataHosts.map((host) =>
          this.#sentinels.send(
            sentinelAddress(host),
            [['SENTINEL', 'REPLICAS', this.#topology.primaryName]],
            COMMAND_TIMEOUT_MS,
          ),
        ),
      )
      return replies.every(
        ([replicas = null]) =>
          knownPriority(replicas, wanted) === String(FIRST_CHOICE) &&
          raised.every((rival) => knownPriority(replicas, rival) !== String(FIRST_CHOICE)),
      )
    })
  }

  /** Pauses writes, promotes, and ends the pause; answers how long it was (in milliseconds). */
  async #promote(move: Move): Promise<number> {
    const { address } = move.from
    this.#enter('pause', `Pausing writes at ${formatAddress(address)}.`)
    const pausedAtMs = performance.now()
    await this.#promoteDuringPause(move)
    return Math.round(performance.now() - pausedAtMs)
  }

  async #promoteDuringPause({ from, to }: Move): Promise<void> {
    await using pause = await pauseWrites((...command) =>
      this.#nodes.send(from.address, [command], COMMAND_TIMEOUT_MS),
    )
    const { offset } = await this.#nodes.view(from.address, COMMAND_TIMEOUT_MS)
    await this.#until('the replica to catch up', CATCH_UP_MS, async () => {
      return (await this.#nodes.view(to.address, COMMAND_TIMEOUT_MS)).offset >= offset
    })
    this.#options.signal?.throwIfAborted()
    pause.assertRenewed()
    this.#enter('promote', `Promoting ${formatAddress(to.address)}.`)
    await this.#askForFailover()
    await this.#until('the promotion', this.#topology.timings.failoverTimeoutMs, async () => {
      return (await this.#nodes.view(to.address, COMMAND_TIMEOUT_MS)).role === 'primary'
    })
    this.#enter('follow', 'Repointing the other replicas, and resuming writes.')
    pause.endRenewal()
    await this.#follow(to.address, from.address)
  }

  async #askForFailover(): Promise<void> {
    const refusals: string[] = []
    for (const host of this.#topology.dataHosts) {
      const sentinel = sentinelAddress(host)
      try {
        await this.#sentinels.send(
          sentinel,
          [['SENTINEL', 'FAILOVER', this.#topology.primaryName]],
          COMMAND_TIMEOUT_MS,
        )
        return
      } catch (error) {
        refusals.push(`${formatAddress(sentinel)}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    throw new Error(`No Sentinel started the failover. ${refusals.join('; ')}`)
  }

  /** Sentinel would do this by itself, up to a second later. */
  async #follow(promoted: NodeAddress, old: NodeAddress): Promise<void> {
    const command = ['REPLICAOF', promoted.host, String(promoted.port)]
    const others = this.#addresses().filter((address) => formatAddress(address) !== formatAddress(promoted))
    await Promise.all(others.map((address) => this.#nodes.send(address, [command], COMMAND_TIMEOUT_MS)))
    // Clients that wait there reconnect, and so find the new primary.
    await this.#nodes.send(old, [['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']], COMMAND_TIMEOUT_MS)
  }

  async #isSettled(primary: string): Promise<boolean> {
    const snapshot = await takeSnapshot(this.#group)
    const reason = unhealthyReason(snapshot, this.#group, SWITCHOVER_NEEDS)
    return reason === null && primaryOf(snapshot)?.at === primary
  }

  async #restore(): Promise<void> {
    await Promise.all(this.#topology.dataHosts.map((host) => this.#restorePriority(host)))
  }

  /** In its file, too: Sentinel makes every promoted and every demoted node rewrite it. */
  async #restorePriority(host: DataHost): Promise<void> {
    const set = ['CONFIG', 'SET', 'replica-priority', String(priorityOf(host))]
    await this.#nodes.send(redisAddress(host), [set, ['CONFIG', 'REWRITE']], COMMAND_TIMEOUT_MS)
  }

  /** Restores the priorities, and describes the state of the data centre. */
  async #failure(error: unknown): Promise<ClusterError> {
    const isAborted = error === this.#options.signal?.reason
    const reason = isAborted
      ? 'The switchover was interrupted before the promotion.'
      : error instanceof Error
        ? error.message
        : String(error)
    const restored = await this.#restore().then(
      () => 'The priorities are restored.',
      () => 'Some priorities could not be restored: run `holdfast switchover` again, or `holdfast doctor`.',
    )
    const primaries = primariesOf(await takeSnapshot(this.#group))
    const now =
      primaries.length === 1
        ? `${primaries[0]?.at} is the primary`
        : `${primaries.length} Redis have the role primary`
    const code = isAborted ? 'SWITCHOVER_ABORTED' : 'SWITCHOVER_FAILED'
    return new ClusterError(code, `${reason} ${now}. ${restored}`, { cause: error })
  }

  async #until(what: string, limitMs: number, condition: () => Promise<boolean>): Promise<void> {
    const untilMs = performance.now() + limitMs
    while (!(await condition().catch(() => false))) {
      if (performance.now() > untilMs)
        throw new Error(`Timed out after ${limitMs / 1000} s waiting for ${what}.`)
      await sleep(POLL_INTERVAL_MS)
    }
  }

  #addresses(): NodeAddress[] {
    return this.#topology.dataHosts.map(redisAddress)
  }

  #enter(step: SwitchoverStep, text: string): void {
    this.#options.onProgress?.({ step, text })
  }
}

function knownPriority(replicas: Reply, address: string): string | null {
  const list = Array.isArray(replicas) ? replicas : []
  const found = list.find((replica) => formatAddress(readAddress(replica)) === address)
  return found === undefined ? null : readField(found, 'slave-priority')
}
