import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'
import { ClusterError } from '../../errors.ts'
import { readAddress, readField } from '../../redis/lines.ts'
import { Nodes } from '../../redis/nodes.ts'
import { Sentinels } from '../../redis/sentinels.ts'
import { priorityOf, REPLICA_PRIORITY } from '../../site/site.ts'
import type { GroupAccess } from '../../state/open.ts'
import { type DataHost, type Group, redisAddress, sentinelAddress } from '../../topology/topology.ts'
import { exclusively } from '../lock.ts'
import { type DataCentrePlace, openDataCentre } from '../open.ts'
import { type Move, planMove } from './safety.ts'

export type SwitchoverOptions = DataCentrePlace & SwitchoverChoice

export interface SwitchoverChoice {
  /** `host` or `host:port` of the replica that becomes primary. Default is the one that has most. */
  to?: string
  /** Told at the beginning of each step. */
  onProgress?: (progress: SwitchoverProgress) => void
  /** Breaks it off before the promotion; afterwards it is finished. */
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
export type SwitchoverStep = (typeof SWITCHOVER_STEPS)[number]

export interface SwitchoverProgress {
  step: SwitchoverStep
  /** What happens now, for a terminal. */
  text: string
}

export interface SwitchoverReport {
  /** `host:port` of the primary before and after. */
  from: string
  to: string
  /** For how long writes waited at the old primary (in milliseconds). */
  pausedMs: number
  tookMs: number
  /** What an earlier switchover, which was interrupted, had left and is put right now. */
  mended: string[]
}

/** Deadline of each question. */
const PATIENCE_MS = 1000
const LOOK_AGAIN_MS = 10
/** Writes wait for so long at the most when this process dies; while it lives the pause is renewed. */
const PAUSE_MS = 3000
const RENEW_MS = 1000
/** A Sentinel asks each replica for its priority every 10 s (FACT-19). */
const PRIORITY_MS = 15_000
/** A Sentinel gives up a failover by itself after its `failover-timeout`; to know it, it is waited for a little longer. */
const CATCH_UP_MS = 2000
const AGREE_MS = 20_000
/** The replica with the lowest number is promoted; 0 would mean never. */
const FIRST_CHOICE = 1

/**
 * Makes another Redis the primary without losing or refusing a write: writes wait at the old primary until the new
 * one has everything, and are then sent to that. Whatever happens, priorities are put back, and the pause ends by
 * itself; what a killed switchover left, the next one mends first.
 *
 * Throws `BUSY` and `NOT_SAFE` with the reason, before anything is changed; `SWITCHOVER_FAILED` or `SWITCHOVER_ABORTED` when it had
 * begun, saying which Redis is the primary then; `NOT_RUNNING` when there is no data centre in the folder; and as
 * `openDataCentre`.
 * INV-OPERATIONS-5.
 */
export async function switchover(options: SwitchoverOptions): Promise<SwitchoverReport> {
  const dataCentre = await openDataCentre(options)
  return exclusively(dataCentre, 'switchover', () => switchOver(dataCentre, options))
}

/** The same for an operation that has the data centre to itself already. INV-OPERATIONS-4. */
export async function switchOver(access: GroupAccess, options: SwitchoverChoice): Promise<SwitchoverReport> {
  const nodes = new Nodes(access)
  const sentinels = new Sentinels(access)
  try {
    return await new Switchover(access.topology, nodes, sentinels, options).run()
  } finally {
    nodes.close()
    sentinels.close()
  }
}

/** Puts right what a killed switchover has left. Answers what that was. */
export async function mendSwitchover(access: GroupAccess): Promise<string[]> {
  const nodes = new Nodes(access)
  const sentinels = new Sentinels(access)
  try {
    return await new Switchover(access.topology, nodes, sentinels, {}).mend()
  } finally {
    nodes.close()
    sentinels.close()
  }
}

class Switchover {
  readonly #topology: Group
  readonly #nodes: Nodes
  readonly #sentinels: Sentinels
  readonly #options: SwitchoverChoice
  readonly #beganMs = performance.now()

  constructor(topology: Group, nodes: Nodes, sentinels: Sentinels, options: SwitchoverChoice) {
    this.#topology = topology
    this.#nodes = nodes
    this.#sentinels = sentinels
    this.#options = options
  }

  async run(): Promise<SwitchoverReport> {
    this.#enter('mend', 'Looking for what an interrupted switchover may have left.')
    const mended = await this.mend()
    this.#enter('check', 'Checking that it is safe.')
    const move = await this.#plan()
    const [from, to] = [formatAddress(move.from.address), formatAddress(move.to.address)]
    try {
      this.#enter('prefer', `Telling the Sentinels to prefer ${to}.`)
      await this.#prefer(move.to.address)
      this.#options.signal?.throwIfAborted()
      const pausedMs = await this.#promote(move)
      this.#enter('agree', `Waiting until all Sentinels name ${to} and all replicas follow it.`)
      await this.#until('all agree', AGREE_MS, () => this.#isSettled(to))
      this.#enter('restore', 'Putting the priorities back.')
      await this.#restore()
      return { from, to, pausedMs, tookMs: Math.round(performance.now() - this.#beganMs), mended }
    } catch (error) {
      throw await this.#failure(error)
    }
  }

  /** Priorities other than the planned one are a dead switchover's: its pause has ended, or ends here. */
  async mend(): Promise<string[]> {
    const mended: string[] = []
    for (const host of this.#topology.dataHosts) {
      const address = redisAddress(host)
      try {
        const [reply] = await this.#nodes.send(address, [['CONFIG', 'GET', 'replica-priority']], PATIENCE_MS)
        const planned = String(priorityOf(host))
        if (readField(reply, 'replica-priority') === planned) continue
        await this.#restorePriority(host)
        await this.#nodes.send(address, [['CLIENT', 'UNPAUSE']], PATIENCE_MS)
        mended.push(`replica-priority of ${formatAddress(address)} is ${planned} again`)
      } catch {
        // One that cannot be asked is told of by the check that follows.
      }
    }
    return mended
  }

  async #plan(): Promise<Move> {
    const move = planMove(
      {
        nodes: await this.#nodes.views(PATIENCE_MS),
        sentinels: await this.#sentinels.answers(PATIENCE_MS),
        plannedNodes: this.#topology.dataHosts.length,
        plannedSentinels: this.#topology.dataHosts.length,
        notChosen: this.#topology.dataHosts
          .filter((host) => priorityOf(host) === 0)
          .map((host) => formatAddress(redisAddress(host))),
      },
      this.#options.to ?? null,
    )
    if (typeof move === 'string') throw new ClusterError('NOT_SAFE', move)
    return move
  }

  async #prefer(address: NodeAddress): Promise<void> {
    const wanted = formatAddress(address)
    const set = (node: NodeAddress, priority: number) =>
      this.#nodes.send(node, [['CONFIG', 'SET', 'replica-priority', String(priority)]], PATIENCE_MS)
    // One that is always preferred would be as good as the chosen one.
    const rivals = this.#topology.dataHosts.filter(
      (host) => priorityOf(host) === FIRST_CHOICE && formatAddress(redisAddress(host)) !== wanted,
    )
    await Promise.all(rivals.map((host) => set(redisAddress(host), REPLICA_PRIORITY)))
    await set(address, FIRST_CHOICE)
    const raised = rivals.map((host) => formatAddress(redisAddress(host)))
    await this.#until('all Sentinels know the priority', PRIORITY_MS, async () => {
      const replies = await Promise.all(
        this.#topology.dataHosts.map((host) =>
          this.#sentinels.send(
            sentinelAddress(host),
            [['SENTINEL', 'REPLICAS', this.#topology.primaryName]],
            PATIENCE_MS,
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

  /** From the pause to the end of it; answers how long it was (in milliseconds). */
  async #promote({ from, to }: Move): Promise<number> {
    this.#enter('pause', `Letting writes wait at ${formatAddress(from.address)}.`)
    const pausedAtMs = performance.now()
    const pause = () =>
      this.#nodes.send(from.address, [['CLIENT', 'PAUSE', String(PAUSE_MS), 'WRITE']], PATIENCE_MS)
    await pause()
    const renewing = setInterval(() => void pause().catch(() => {}), RENEW_MS)
    try {
      const { offset } = await this.#nodes.view(from.address, PATIENCE_MS)
      await this.#until('the replica has everything', CATCH_UP_MS, async () => {
        return (await this.#nodes.view(to.address, PATIENCE_MS)).offset >= offset
      })
      this.#options.signal?.throwIfAborted()
      this.#enter('promote', `Promoting ${formatAddress(to.address)}.`)
      await this.#askForFailover()
      await this.#until('it is promoted', this.#topology.timings.failoverTimeoutMs, async () => {
        return (await this.#nodes.view(to.address, PATIENCE_MS)).role === 'primary'
      })
      this.#enter('follow', 'Pointing the others to it, and letting writes go on.')
      clearInterval(renewing)
      await this.#follow(to.address, from.address)
    } finally {
      clearInterval(renewing)
      await this.#nodes.send(from.address, [['CLIENT', 'UNPAUSE']], PATIENCE_MS).catch(() => {})
    }
    return Math.round(performance.now() - pausedAtMs)
  }

  async #askForFailover(): Promise<void> {
    const refusals: string[] = []
    for (const host of this.#topology.dataHosts) {
      const sentinel = sentinelAddress(host)
      try {
        await this.#sentinels.send(
          sentinel,
          [['SENTINEL', 'FAILOVER', this.#topology.primaryName]],
          PATIENCE_MS,
        )
        return
      } catch (error) {
        refusals.push(`${formatAddress(sentinel)}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    throw new Error(`No Sentinel would begin the failover. ${refusals.join('; ')}`)
  }

  /** What Sentinel does up to a second later by itself: it looks once a second. */
  async #follow(promoted: NodeAddress, old: NodeAddress): Promise<void> {
    const command = ['REPLICAOF', promoted.host, String(promoted.port)]
    const others = this.#addresses().filter((address) => formatAddress(address) !== formatAddress(promoted))
    await Promise.all(others.map((address) => this.#nodes.send(address, [command], PATIENCE_MS)))
    // Clients that wait there are told to look for the new primary.
    await this.#nodes.send(old, [['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']], PATIENCE_MS)
  }

  async #isSettled(primary: string): Promise<boolean> {
    const [nodes, sentinels] = await Promise.all([
      this.#nodes.views(PATIENCE_MS),
      this.#sentinels.answers(PATIENCE_MS),
    ])
    const replicas = nodes.filter(({ role, primaryAddress, linkUp }) => {
      return role === 'replica' && primaryAddress === primary && linkUp
    })
    return (
      replicas.length === this.#topology.dataHosts.length - 1 &&
      sentinels.length === this.#topology.dataHosts.length &&
      sentinels.every((answer) => answer.primary === primary && !answer.failingOver)
    )
  }

  async #restore(): Promise<void> {
    await Promise.all(this.#topology.dataHosts.map((host) => this.#restorePriority(host)))
  }

  /** In its file, too: Sentinel has every promoted and every demoted node write it. */
  async #restorePriority(host: DataHost): Promise<void> {
    const set = ['CONFIG', 'SET', 'replica-priority', String(priorityOf(host))]
    await this.#nodes.send(redisAddress(host), [set, ['CONFIG', 'REWRITE']], PATIENCE_MS)
  }

  /** Undoes what can be undone, and says where the data centre stands. */
  async #failure(error: unknown): Promise<ClusterError> {
    const isAborted = error === this.#options.signal?.reason
    const reason = isAborted
      ? 'The switchover was broken off before the promotion.'
      : error instanceof Error
        ? error.message
        : String(error)
    const restored = await this.#restore().then(
      () => 'The priorities are as they were.',
      () =>
        'The priorities could not all be put back: run `holdfast switchover` again, or `holdfast doctor`.',
    )
    const views = await this.#nodes.views(PATIENCE_MS)
    const primaries = views.flatMap(({ role, address }) => (role === 'primary' ? formatAddress(address) : []))
    const now =
      primaries.length === 1
        ? `${primaries[0]} is the primary`
        : `${primaries.length} Redis call themselves primary`
    const code = isAborted ? 'SWITCHOVER_ABORTED' : 'SWITCHOVER_FAILED'
    return new ClusterError(code, `${reason} ${now}. ${restored}`, { cause: error })
  }

  async #until(what: string, limitMs: number, condition: () => Promise<boolean>): Promise<void> {
    const untilMs = performance.now() + limitMs
    while (!(await condition().catch(() => false))) {
      if (performance.now() > untilMs) throw new Error(`Waited ${limitMs / 1000} s in vain until ${what}.`)
      await sleep(LOOK_AGAIN_MS)
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
