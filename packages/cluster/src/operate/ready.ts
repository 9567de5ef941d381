import { setTimeout as sleep } from 'node:timers/promises'
import { AuthFailedError } from '@holdfast/tokens'
import { formatAddress, MARK_KEY, type NodeAddress } from '@holdfast/tokens/redis'
import { ClusterError } from '../errors.ts'
import { urlOf } from '../state/description.ts'
import type { StateFolder } from '../state/folder.ts'
import type { ManagedProcess } from '../supervise/managed-process.ts'
import type { Supervisor } from '../supervise/supervisor.ts'
import { askReadyz } from './readyz.ts'

const LOOK_AGAIN_MS = 40
const PATIENCE_MS = 1000
/** A process that has ended this often while the data centre starts will not come up by waiting. */
const HOPELESS_RESTARTS = 3

/** Waits for one part of a data centre to become ready. */
export class Readiness {
  readonly #supervisor: Supervisor
  readonly #folder: StateFolder
  readonly #signal: AbortSignal
  readonly #untilMs: number

  /** Throws `START_FAILED` after `timeoutMs`, and what the signal holds when it aborts. */
  constructor(supervisor: Supervisor, folder: StateFolder, signal: AbortSignal, timeoutMs: number) {
    this.#supervisor = supervisor
    this.#folder = folder
    this.#signal = signal
    this.#untilMs = performance.now() + timeoutMs
  }

  /** Every Redis answers, or is held; not all are held. */
  async redisAnswers(processes: readonly ManagedProcess[]): Promise<void> {
    await this.#until('Redis to answer', processes, async () => {
      const answers = await Promise.all(processes.map((process) => this.#isUpOrHeld(process)))
      return answers.every(Boolean)
    })
    if (processes.every(({ state }) => state === 'held')) {
      const reasons = processes.map((process) => `\n${whyHeld(process)}`)
      throw new ClusterError(
        'START_FAILED',
        `No Redis can start with the files that it has:${reasons.join('')}`,
      )
    }
  }

  /** The primary and all its replicas but those that are held, linked: a majority. Answers the primary. */
  async groupIsLinked(): Promise<NodeAddress> {
    const { nodes, topology } = this.#supervisor
    let primary: NodeAddress | undefined
    await this.#until('the replicas to follow the primary', this.#supervisor.ofKind('redis'), async () => {
      const views = await nodes.views(PATIENCE_MS)
      const primaries = views.filter(({ role }) => role === 'primary')
      const linked = views.filter(({ role, linkUp }) => role === 'replica' && linkUp)
      const [first] = primaries
      if (first === undefined || primaries.length !== 1) return false
      const held = this.#supervisor.ofKind('redis').filter(({ state }) => state === 'held')
      if (linked.length + held.length !== topology.dataHosts.length - 1) return false
      if (linked.length === 0 || first.replicas.length !== linked.length) return false
      primary = first.address
      return true
    })
    if (primary === undefined) throw new Error('unreachable: the wait has found a primary')
    return primary
  }

  /** Sets the generation mark on the primary of a fresh group, and waits until every replica has it. */
  async markIsSet(primary: NodeAddress, mark: string): Promise<void> {
    const replicas = this.#supervisor.topology.dataHosts.length - 1
    await this.#until('the replicas to hold the first entry', this.#supervisor.ofKind('redis'), async () => {
      const commands = [
        ['SET', MARK_KEY, mark, 'NX'],
        ['WAIT', String(replicas), String(PATIENCE_MS)],
      ]
      await this.#supervisor.nodes.send(primary, commands, 2 * PATIENCE_MS)
      // WAIT's answer is not enough: of a mark that was there already it says nothing.
      return (await this.#nodesWithMark(mark)) === replicas + 1
    })
  }

  /** Whether the node's data set carries the data centre's mark. */
  async hasMark(node: NodeAddress, mark: string): Promise<boolean> {
    const [value] = await this.#supervisor.nodes.send(node, [['GET', MARK_KEY]], PATIENCE_MS)
    return String(value) === mark
  }

  /** All Sentinels name one primary, and each knows all replicas and all other Sentinels. */
  async sentinelsAgree(): Promise<void> {
    const { sentinels, topology } = this.#supervisor
    const others = topology.dataHosts.length - 1
    const processes = this.#supervisor.ofKind('sentinel')
    await this.#until('the Sentinels to agree', processes, async () => {
      const answers = await Promise.all(
        processes.map((process) => this.#orRefused(process, sentinels.answer(process.plan, PATIENCE_MS))),
      )
      return (
        new Set(answers.map(({ primary }) => primary)).size === 1 &&
        answers.every(
          ({ knownReplicas, knownSentinels }) => knownReplicas === others && knownSentinels === others,
        )
      )
    })
  }

  /** Each of the addresses answers `GET /readyz` with 200. */
  async httpAnswers(what: string, processes: readonly ManagedProcess[]): Promise<void> {
    await this.#until(what, processes, async () => {
      const answers = await Promise.all(processes.map(({ plan }) => isReady(plan, this.#signal)))
      return answers.every(Boolean)
    })
  }

  async #nodesWithMark(mark: string): Promise<number> {
    const { topology, nodes } = this.#supervisor
    const values = await Promise.all(
      topology.dataHosts.map(async ({ host, redisPort }) => {
        const [value] = await nodes.send({ host, port: redisPort }, [['GET', MARK_KEY]], PATIENCE_MS)
        return String(value)
      }),
    )
    return values.filter((value) => value === mark).length
  }

  async #isUpOrHeld(process: ManagedProcess): Promise<boolean> {
    if (process.state === 'held') return true
    await this.#orRefused(process, this.#supervisor.nodes.view(process.plan, PATIENCE_MS))
    return true
  }

  /** The answer. Throws `START_FAILED` when the process refuses the admin: that does not come by waiting. */
  async #orRefused<Answer>(process: ManagedProcess, answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer
    } catch (error) {
      if (!(error instanceof AuthFailedError)) throw error
      throw this.#failed(
        `${process.plan.name} refuses the admin's password of ${this.#folder.secretsFile}: its own users are others`,
        process,
      )
    }
  }

  async #until(
    what: string,
    processes: readonly ManagedProcess[],
    check: () => Promise<boolean>,
  ): Promise<void> {
    for (;;) {
      this.#signal.throwIfAborted()
      if (await check().catch(passOnRefusal)) return
      // Any of them: a tunnel, for one, is waited for by what is behind it.
      const hopeless = this.#supervisor.processes.find(({ restarts }) => restarts >= HOPELESS_RESTARTS)
      if (hopeless !== undefined) {
        throw this.#failed(`${hopeless.plan.name} ends again and again: ${hopeless.howItEnded}`, hopeless)
      }
      if (performance.now() > this.#untilMs) {
        const held = processes.find(({ state }) => state === 'held')
        throw held
          ? this.#failed(`No other Redis could take over. ${whyHeld(held)} It listens at`, held)
          : this.#failed(`Waiting for ${what} took too long`, processes[0])
      }
      await sleep(LOOK_AGAIN_MS, undefined, { signal: this.#signal })
    }
  }

  #failed(what: string, process: ManagedProcess | undefined): ClusterError {
    const where = process === undefined ? '' : ` (${formatAddress(process.plan)})`
    const log = process === undefined ? this.#folder.path : this.#folder.logOf(process.plan.name)
    return new ClusterError('START_FAILED', `${what}${where}. Look into its log, ${log}, then start again.`)
  }
}

/** Why a Redis is held, with what to do. */
export const whyHeld = (process: ManagedProcess): string =>
  `${process.plan.name} is held: ${process.status().heldBecause ?? ''}`

/** Not yet, whatever is in the way; but what nothing can come of is thrown. */
function passOnRefusal(error: unknown): false {
  if (error instanceof ClusterError) throw error
  return false
}

async function isReady(address: NodeAddress, signal: AbortSignal): Promise<boolean> {
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  return (await askReadyz(urlOf(address), inTime)).status === 200
}
