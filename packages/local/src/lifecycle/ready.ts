import { setTimeout as sleep } from 'node:timers/promises'
import { primaryOf, type ReasonCode, unhealthyReason } from '@holdfast/agent/group/health'
import { type GroupSnapshot, takeSnapshot } from '@holdfast/agent/group/snapshot'
import { ClusterError } from '@holdfast/site/errors'
import { platformPassword } from '@holdfast/site/render/derived-secrets'
import { AuthFailedError } from '@holdfast/tokens'
import {
  Connection,
  type Credentials,
  formatAddress,
  MARK_KEY,
  type NodeAddress,
} from '@holdfast/tokens/redis'
import { PLATFORM_USER, urlOf } from '../state/description.ts'
import type { StateFolder } from '../state/folder.ts'
import type { LocalDataCentre } from '../state/open.ts'
import type { ManagedProcess } from '../supervise/managed-process.ts'
import type { Supervisor } from '../supervise/supervisor.ts'
import { askReadyz } from './readyz.ts'

const POLL_INTERVAL_MS = 40
const COMMAND_TIMEOUT_MS = 1000
/** After this many crashes during the start, waiting for a process does not help. */
const HOPELESS_RESTARTS = 3

/** A write reaches every replica that runs. The Sentinels may not run yet. */
const LINKED: readonly ReasonCode[] = [
  'redis-unreachable',
  'redis-loading',
  'no-single-primary',
  'replica-not-linked',
  'replica-not-online',
]

/** The Sentinels can fail over. Where Redis has no single primary, they only agree with each other. */
const AGREED: readonly ReasonCode[] = [
  'sentinel-unreachable',
  'sentinel-disagrees',
  'replicas-unknown',
  'sentinels-unknown',
]

/** Waits until the parts of a data centre are ready. */
export class Readiness {
  readonly #supervisor: Supervisor
  readonly #folder: StateFolder
  readonly #groupId: string
  readonly #proxyClient: Credentials
  readonly #signal: AbortSignal
  readonly #untilMs: number

  /** Its methods throw `START_FAILED` after `timeoutMs`, and the reason of the signal when it aborts. */
  constructor(
    supervisor: Supervisor,
    { folder, secrets }: Pick<LocalDataCentre, 'folder' | 'secrets'>,
    signal: AbortSignal,
    timeoutMs: number,
  ) {
    this.#supervisor = supervisor
    this.#folder = folder
    this.#groupId = secrets.mark
    this.#proxyClient = { username: PLATFORM_USER, password: platformPassword(secrets) }
    this.#signal = signal
    this.#untilMs = performance.now() + timeoutMs
  }

  /** Waits until every Redis answers or is held. Throws when all are held. */
  async redisAnswers(processes: readonly ManagedProcess[]): Promise<void> {
    await this.#until('Redis to answer', processes, async () => {
      const answers = await Promise.all(processes.map((process) => this.#isUpOrHeld(process)))
      return answers.every(Boolean) ? null : ''
    })
    if (processes.every(({ state }) => state === 'held')) {
      const reasons = processes.map((process) => `\n${whyHeld(process)}`)
      throw new ClusterError('START_FAILED', `No Redis can start with its files:${reasons.join('')}`)
    }
  }

  /** Waits until all replicas that are not held are linked, as a majority. Answers the primary. */
  async groupIsLinked(): Promise<NodeAddress> {
    const redis = this.#supervisor.ofKind('redis')
    let primary: NodeAddress | undefined
    await this.#until('the replicas to link to the primary', redis, async () => {
      const { snapshot, held } = await this.#takeSnapshot()
      const running = redis.length - held.length
      if (2 * running <= redis.length) return `Only ${running} of ${redis.length} Redis run.`
      primary = primaryOf(snapshot)?.address
      return unhealthyReason(snapshot, { groupId: this.#groupId, held }, LINKED)
    })
    if (primary === undefined) throw new Error('unreachable: the wait has found a primary')
    return primary
  }

  /** Sets the group id on the primary of a new group, and waits until every replica has it. */
  async groupIdIsSet(primary: NodeAddress): Promise<void> {
    const redis = this.#supervisor.ofKind('redis')
    await this.#until('the replicas to hold the first entry', redis, async () => {
      const commands = [
        ['SET', MARK_KEY, this.#groupId, 'NX'],
        ['WAIT', String(redis.length - 1), String(COMMAND_TIMEOUT_MS)],
      ]
      await this.#supervisor.nodes.send(primary, commands, 2 * COMMAND_TIMEOUT_MS)
      // The reply of WAIT is not enough: it does not cover a group id that was set before.
      const { snapshot } = await this.#takeSnapshot()
      return unhealthyReason(snapshot, { groupId: this.#groupId }, ['redis-unreachable', 'foreign-data'])
    })
  }

  /** Whether the data of a node has the group id of this data centre. */
  async hasGroupId(node: NodeAddress): Promise<boolean> {
    const [value] = await this.#supervisor.nodes.send(node, [['GET', MARK_KEY]], COMMAND_TIMEOUT_MS)
    return String(value) === this.#groupId
  }

  /** Waits until all Sentinels name the same primary, and each knows all replicas and all other Sentinels. */
  async sentinelsAgree(): Promise<void> {
    await this.#until('the Sentinels to agree', this.#supervisor.ofKind('sentinel'), async () => {
      const { snapshot, held } = await this.#takeSnapshot()
      return unhealthyReason(snapshot, { groupId: this.#groupId, held }, AGREED)
    })
  }

  /** Waits until each process answers `GET /readyz` with 200. */
  async httpAnswers(what: string, processes: readonly ManagedProcess[]): Promise<void> {
    await this.#until(what, processes, async () => {
      const answers = await Promise.all(processes.map(({ plan }) => isReady(plan, this.#signal)))
      return answers.every(Boolean) ? null : ''
    })
  }

  /** Waits until a client can log in to each proxy, which then knows the primary. */
  async proxyAnswers(processes: readonly ManagedProcess[]): Promise<void> {
    await this.#until('the proxy to answer', processes, async () => {
      for (const { plan } of processes) {
        const connection = await Connection.open({ address: plan, ...this.#proxyClient })
        connection.close()
      }
      return null
    })
  }

  /** Also answers the names of the held Redis. Throws `START_FAILED` when a process rejects the admin's password. */
  async #takeSnapshot(): Promise<{ snapshot: GroupSnapshot; held: string[] }> {
    const snapshot = await takeSnapshot(this.#supervisor)
    const processAt = (at: string) =>
      this.#supervisor.processes.find(({ plan }) => formatAddress(plan) === at)
    for (const { at, refusal } of [...snapshot.redis, ...snapshot.sentinels]) {
      const process = processAt(at)
      if (refusal === 'password' && process !== undefined) throw this.#refused(process)
    }
    const held = snapshot.redis.filter(({ at }) => processAt(at)?.state === 'held').map(({ name }) => name)
    return { snapshot, held }
  }

  async #isUpOrHeld(process: ManagedProcess): Promise<boolean> {
    if (process.state === 'held') return true
    try {
      await this.#supervisor.nodes.view(process.plan, COMMAND_TIMEOUT_MS)
      return true
    } catch (error) {
      if (error instanceof AuthFailedError) throw this.#refused(process)
      throw error
    }
  }

  /** Waits while the check answers a reason: one sentence, or nothing. */
  async #until(
    what: string,
    processes: readonly ManagedProcess[],
    check: () => Promise<string | null>,
  ): Promise<void> {
    for (;;) {
      this.#signal.throwIfAborted()
      const reason = await check().catch(passOnRefusal)
      if (reason === null) return
      // Any process: a Redis behind a tunnel also waits for the tunnel, for example.
      const hopeless = this.#supervisor.processes.find(({ restarts }) => restarts >= HOPELESS_RESTARTS)
      if (hopeless !== undefined) {
        throw this.#failed(`${hopeless.plan.name} keeps crashing: ${hopeless.howItEnded}`, hopeless)
      }
      if (performance.now() > this.#untilMs) {
        const held = processes.find(({ state }) => state === 'held')
        const because = reason === '' ? '' : `: ${reason.replace(/\.$/, '')}`
        throw held
          ? this.#failed(`No other Redis could take over. ${whyHeld(held)} It listens at`, held)
          : this.#failed(`Timed out waiting for ${what}${because}`, processes[0])
      }
      await sleep(POLL_INTERVAL_MS, undefined, { signal: this.#signal })
    }
  }

  /** The process rejects the admin's password: waiting does not help. */
  #refused(process: ManagedProcess): ClusterError {
    return this.#failed(
      `${process.plan.name} rejects the admin's password of ${this.#folder.secretsFile}, because its own users differ`,
      process,
    )
  }

  #failed(what: string, process: ManagedProcess | undefined): ClusterError {
    const where = process === undefined ? '' : ` (${formatAddress(process.plan)})`
    const log = process === undefined ? this.#folder.path : this.#folder.logOf(process.plan.name)
    return new ClusterError('START_FAILED', `${what}${where}. See its log, ${log}, then start again.`)
  }
}

/** Why a Redis is held, and what to do. */
export const whyHeld = (process: ManagedProcess): string =>
  `${process.plan.name} is held: ${process.status().heldBecause ?? ''}`

/** Any error means not ready, except a `ClusterError`, which is thrown. */
function passOnRefusal(error: unknown): string {
  if (error instanceof ClusterError) throw error
  return ''
}

async function isReady(address: NodeAddress, signal: AbortSignal): Promise<boolean> {
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(COMMAND_TIMEOUT_MS)])
  return (await askReadyz(urlOf(address), inTime)).status === 200
}
