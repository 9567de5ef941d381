import { setTimeout as sleep } from 'node:timers/promises'
import { ClusterError } from '@holdfast/site/errors'
import { AuthFailedError } from '@holdfast/tokens'
import { formatAddress, MARK_KEY, type NodeAddress } from '@holdfast/tokens/redis'
import { urlOf } from '../state/description.ts'
import type { StateFolder } from '../state/folder.ts'
import type { ManagedProcess } from '../supervise/managed-process.ts'
import type { Supervisor } from '../supervise/supervisor.ts'
import { askReadyz } from './readyz.ts'

const POLL_INTERVAL_MS = 40
const COMMAND_TIMEOUT_MS = 1000
/** After this many crashes during the start, waiting for a process does not help. */
const HOPELESS_RESTARTS = 3

/** Waits until the parts of a data centre are ready. */
export class Readiness {
  readonly #supervisor: Supervisor
  readonly #folder: StateFolder
  readonly #signal: AbortSignal
  readonly #untilMs: number

  /** Its methods throw `START_FAILED` after `timeoutMs`, and the reason of the signal when it aborts. */
  constructor(supervisor: Supervisor, folder: StateFolder, signal: AbortSignal, timeoutMs: number) {
    this.#supervisor = supervisor
    this.#folder = folder
    this.#signal = signal
    this.#untilMs = performance.now() + timeoutMs
  }

  /** Waits until every Redis answers or is held. Throws when all are held. */
  async redisAnswers(processes: readonly ManagedProcess[]): Promise<void> {
    await this.#until('Redis to answer', processes, async () => {
      const answers = await Promise.all(processes.map((process) => this.#isUpOrHeld(process)))
      return answers.every(Boolean)
    })
    if (processes.every(({ state }) => state === 'held')) {
      const reasons = processes.map((process) => `\n${whyHeld(process)}`)
      throw new ClusterError('START_FAILED', `No Redis can start with its files:${reasons.join('')}`)
    }
  }

  /** Waits until all replicas that are not held are linked, as a majority. Answers the primary. */
  async groupIsLinked(): Promise<NodeAddress> {
    const { nodes, topology } = this.#supervisor
    let primary: NodeAddress | undefined
    await this.#until('the replicas to link to the primary', this.#supervisor.ofKind('redis'), async () => {
      const views = await nodes.views(COMMAND_TIMEOUT_MS)
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

  /** Sets the group id on the primary of a new group, and waits until every replica has it. */
  async markIsSet(primary: NodeAddress, mark: string): Promise<void> {
    const replicas = this.#supervisor.topology.dataHosts.length - 1
    await this.#until('the replicas to hold the first entry', this.#supervisor.ofKind('redis'), async () => {
      const commands = [
        ['SET', MARK_KEY, mark, 'NX'],
        ['WAIT', String(replicas), String(COMMAND_TIMEOUT_MS)],
      ]
      await this.#supervisor.nodes.send(primary, commands, 2 * COMMAND_TIMEOUT_MS)
      // The reply of WAIT is not enough: it does not cover a group id that was set before.
      return (await this.#nodesWithMark(mark)) === replicas + 1
    })
  }

  /** Whether the data of a node has the group id of this data centre. */
  async hasMark(node: NodeAddress, mark: string): Promise<boolean> {
    const [value] = await this.#supervisor.nodes.send(node, [['GET', MARK_KEY]], COMMAND_TIMEOUT_MS)
    return String(value) === mark
  }

  /** Waits until all Sentinels name the same primary, and each knows all replicas and all other Sentinels. */
  async sentinelsAgree(): Promise<void> {
    const { sentinels, topology } = this.#supervisor
    const others = topology.dataHosts.length - 1
    const processes = this.#supervisor.ofKind('sentinel')
    await this.#until('the Sentinels to agree', processes, async () => {
      const answers = await Promise.all(
        processes.map((process) =>
          this.#orRefused(process, sentinels.answer(process.plan, COMMAND_TIMEOUT_MS)),
        ),
      )
      return (
        new Set(answers.map(({ primary }) => primary)).size === 1 &&
        answers.every(
          ({ knownReplicas, knownSentinels }) => knownReplicas === others && knownSentinels === others,
        )
      )
    })
  }

  /** Waits until each process answers `GET /readyz` with 200. */
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
        const [value] = await nodes.send({ host, port: redisPort }, [['GET', MARK_KEY]], COMMAND_TIMEOUT_MS)
        return String(value)
      }),
    )
    return values.filter((value) => value === mark).length
  }

  async #isUpOrHeld(process: ManagedProcess): Promise<boolean> {
    if (process.state === 'held') return true
    await this.#orRefused(process, this.#supervisor.nodes.view(process.plan, COMMAND_TIMEOUT_MS))
    return true
  }

  /** Throws `START_FAILED` when the process rejects the admin's password: waiting does not help. */
  async #orRefused<Answer>(process: ManagedProcess, answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer
    } catch (error) {
      if (!(error instanceof AuthFailedError)) throw error
      throw this.#failed(
        `${process.plan.name} rejects the admin's password of ${this.#folder.secretsFile}, because its own users differ`,
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
      // Any process: a Redis behind a tunnel also waits for the tunnel, for example.
      const hopeless = this.#supervisor.processes.find(({ restarts }) => restarts >= HOPELESS_RESTARTS)
      if (hopeless !== undefined) {
        throw this.#failed(`${hopeless.plan.name} keeps crashing: ${hopeless.howItEnded}`, hopeless)
      }
      if (performance.now() > this.#untilMs) {
        const held = processes.find(({ state }) => state === 'held')
        throw held
          ? this.#failed(`No other Redis could take over. ${whyHeld(held)} It listens at`, held)
          : this.#failed(`Timed out waiting for ${what}`, processes[0])
      }
      await sleep(POLL_INTERVAL_MS, undefined, { signal: this.#signal })
    }
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
function passOnRefusal(error: unknown): false {
  if (error instanceof ClusterError) throw error
  return false
}

async function isReady(address: NodeAddress, signal: AbortSignal): Promise<boolean> {
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(COMMAND_TIMEOUT_MS)])
  return (await askReadyz(urlOf(address), inTime)).status === 200
}
