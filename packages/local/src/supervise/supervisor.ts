import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DataFiles } from '@holdfast/agent/guard/data-files'
import { hasDataSet } from '@holdfast/agent/guard/data-set'
import { failoverLimitMs, guardStart, type StartContext } from '@holdfast/agent/guard/guard'
import { Nodes } from '@holdfast/agent/redis/nodes'
import { Sentinels } from '@holdfast/agent/redis/sentinels'
import { applySentinelSettings } from '@holdfast/agent/watchdog/sentinel-settings'
import { failOverDeadRedis } from '@holdfast/agent/watchdog/watchdog'
import { ownIdentity } from '@holdfast/files/process-identity'
import type { Group } from '@holdfast/site/topology/topology'
import { formatAddress, MARK_KEY } from '@holdfast/tokens/redis'
import type { StateFolder } from '../state/folder.ts'
import { type LocalDataCentre, openLocal } from '../state/open.ts'
import { type ProcessKind, writeProcesses } from '../state/records.ts'
import { primaryInFiles } from '../state/sentinel-files.ts'
import { startLocalAgent } from './local-agent.ts'
import { logEvent } from './log-file.ts'
import { ManagedProcess, type ProcessPlan, type ProcessStatus } from './managed-process.ts'
import { ACL_FILE } from './plans.ts'
import { seedRedis, seedSentinel } from './seeds.ts'

/** How long each kind of process may take to end before SIGKILL. A gateway and the proxy give the answers under way. */
const GRACE_MS: Record<ProcessKind, number> = {
  balancer: 2000,
  gateway: 10_000,
  proxy: 12_000,
  sentinel: 2000,
  redis: 10_000,
  stunnel: 2000,
}
/** Deadline of a command to a Redis or a Sentinel of this machine. */
const COMMAND_TIMEOUT_MS = 250

export interface SupervisorOptions extends LocalDataCentre {
  processPlans: ProcessPlan[]
  /** Whether the data centre held data before. */
  initialised: boolean
}

/**
 * Keeps the processes of one data centre running, with a guard before each start of a Redis and a watchdog after its end.
 * INV-LOCAL-9.
 */
export class Supervisor {
  readonly topology: Group
  readonly nodes: Nodes
  readonly sentinels: Sentinels
  readonly processes: readonly ManagedProcess[]
  /** When true, a Redis without its data never starts as a primary. */
  initialised: boolean
  readonly #folder: StateFolder
  readonly #mark: string
  /** Aborts the watchdogs of a host when the host is lost. */
  readonly #hostLeaving = new Map<string, AbortController>()
  /** The watchdog of the last crash of each Redis, by the name of the Redis. */
  readonly #watchdogs = new Map<string, { controller: AbortController; done: Promise<unknown> }>()
  readonly #leaving = new AbortController()
  readonly #identity = ownIdentity()
  /** True once a Sentinel was started. */
  #failoverIsPossible = false
  #stopping: Promise<void> | null = null

  constructor({ topology, folder, secrets, tls, processPlans, initialised }: SupervisorOptions) {
    this.topology = topology
    this.initialised = initialised
    this.#folder = folder
    this.#mark = secrets.mark
    this.nodes = new Nodes({ topology, secrets, tls })
    this.sentinels = new Sentinels({ topology, secrets, tls })
    this.processes = processPlans.map((plan) => {
      return new ManagedProcess(this.#prepared(plan), {
        started: (started) => this.#onStarted(started),
        held: ({ plan: { name } }, why) => this.#log('held', { process: name, why }),
        crashed: (crashed, how) => this.#onCrashed(crashed, how),
        failed: ({ plan: { name } }, why) => this.#log('not started', { process: name, why }),
      })
    })
  }

  status(): ProcessStatus[] {
    return this.processes.map((process) => process.status())
  }

  find(name: string): ManagedProcess | undefined {
    return this.processes.find(({ plan }) => plan.name === name)
  }

  ofKind(kind: ProcessKind): ManagedProcess[] {
    return this.processes.filter(({ plan }) => plan.kind === kind)
  }

  /** Reads the secrets and the operator certificate again. New connections use them. */
  async reload(): Promise<void> {
    const local = await openLocal(this.#folder.path)
    this.nodes.renew(local)
    this.sentinels.renew(local)
    this.#log('secrets read again', {})
  }

  start(processes: readonly ManagedProcess[]): void {
    if (this.#stopping !== null) return
    if (processes.some(({ plan }) => plan.kind === 'sentinel')) this.#failoverIsPossible = true
    for (const process of processes) process.start()
  }

  /**
   * Ends a process and starts it again. This is not a crash, so no watchdog requests a failover. Returns false when the
   * process does not run.
   */
  async restart(process: ManagedProcess): Promise<boolean> {
    if (this.#stopping !== null || process.state !== 'running') return false
    this.#log('restarted on request', { process: process.plan.name })
    await process.stop(GRACE_MS[process.plan.kind])
    this.#record()
    // Meanwhile its host may have been lost, or the whole data centre may be stopping.
    if (this.#stopping === null && process.status().state === 'stopped') process.start()
    return true
  }

  /** Starts the work of the host agents, which on real hosts run beside each Redis. */
  startAgent(): void {
    startLocalAgent({
      topology: this.topology,
      nodes: this.nodes,
      sentinels: this.sentinels,
      stateDir: this.#folder.path,
      log: (event, details) => this.#log(event, details),
      signal: this.#leaving.signal,
    })
  }

  /** Kills every process on a data host at once, with its watchdog, and keeps them dead. */
  async loseHost(host: string): Promise<void> {
    this.#leaveHost(host)
    this.#log('host lost', { host })
    await Promise.all(this.#onHost(host).map((process) => process.lose()))
    this.#record()
  }

  restoreHost(host: string): void {
    if (this.#stopping !== null) return
    this.#log('host restored', { host })
    for (const process of this.#onHost(host)) process.restore()
  }

  isDataHost(host: string): boolean {
    return this.topology.dataHosts.some((dataHost) => dataHost.host === host)
  }

  /** Ends every process, clients before their servers: balancer, gateways and proxy, Sentinels, replicas, primary, tunnels. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopInOrder()
    return this.#stopping
  }

  async #stopInOrder(): Promise<void> {
    this.#leaving.abort()
    for (const process of this.processes) process.stopRestarting()
    for (const { host } of this.topology.dataHosts) this.#leaveHost(host)
    const views = await this.nodes.views(COMMAND_TIMEOUT_MS)
    const isPrimary = ({ plan }: ManagedProcess) =>
      views.some(({ role, address }) => role === 'primary' && address.host === plan.host)
    const redis = this.ofKind('redis')
    const order = [
      this.ofKind('balancer'),
      [...this.ofKind('gateway'), ...this.ofKind('proxy')],
      this.ofKind('sentinel'),
      redis.filter((process) => !isPrimary(process)),
      redis.filter(isPrimary),
      this.ofKind('stunnel'),
    ]
    for (const group of order) {
      await Promise.all(group.map((process) => process.stop(GRACE_MS[process.plan.kind])))
    }
    this.nodes.close()
    this.sentinels.close()
    this.#record()
  }

  #onHost(host: string): ManagedProcess[] {
    return this.processes.filter(({ plan }) => plan.host === host && isData(plan.kind))
  }

  #leaveHost(host: string): void {
    this.#hostLeaving.get(host)?.abort()
    this.#hostLeaving.delete(host)
  }

  #hostSignal(host: string): AbortSignal {
    const controller = this.#hostLeaving.get(host) ?? new AbortController()
    this.#hostLeaving.set(host, controller)
    return controller.signal
  }

  #onStarted({ plan, identity, untilItEnds }: ManagedProcess): void {
    this.#record()
    this.#log('started', { process: plan.name, pid: identity?.pid })
    if (plan.kind !== 'sentinel') return
    applySentinelSettings(this.sentinels, plan, this.topology, untilItEnds).catch((error: unknown) => {
      if (untilItEnds.aborted) return
      this.#log('the settings of a Sentinel were not applied', { process: plan.name, why: String(error) })
    })
  }

  #onCrashed(process: ManagedProcess, how: string): void {
    const { plan } = process
    this.#record()
    this.#log('ended unexpectedly', { process: plan.name, how })
    if (plan.kind !== 'redis' || !this.initialised) return
    // Without another running Redis, there is no replica to fail over to.
    if (!this.#othersRunSince(plan.name, performance.now())) return
    const { primaryName, timings } = this.topology
    const controller = new AbortController()
    const signal = AbortSignal.any([controller.signal, this.#hostSignal(plan.host)])
    const done = failOverDeadRedis(
      plan,
      {
        primaryName,
        limitMs: failoverLimitMs(timings),
        sentinelAnswers: () => this.sentinels.answers(COMMAND_TIMEOUT_MS),
        survivors: () => this.nodes.views(COMMAND_TIMEOUT_MS, formatAddress(plan)),
        isBack: async () => process.runsSinceMs !== null,
        sendToSentinel: (sentinel, command) => this.sentinels.send(sentinel, [command], COMMAND_TIMEOUT_MS),
        sendToNode: (node, command) => this.nodes.send(node, [command], COMMAND_TIMEOUT_MS),
        log: (event, details) => this.#log(event, { process: plan.name, ...details }),
      },
      signal,
    ).catch((error: unknown) => {
      if (!signal.aborted) this.#log('the watchdog has failed', { process: plan.name, why: String(error) })
    })
    this.#watchdogs.set(plan.name, { controller, done })
  }

  async #endWatchdog(name: string): Promise<void> {
    const watchdog = this.#watchdogs.get(name)
    this.#watchdogs.delete(name)
    watchdog?.controller.abort()
    await watchdog?.done
  }

  #prepared(plan: ProcessPlan): ProcessPlan {
    if (plan.kind === 'redis') return { ...plan, prepare: this.#guard(plan) }
    if (plan.kind !== 'sentinel') return plan
    const prepare = async () => {
      await this.#seed(plan, seedSentinel)
      return []
    }
    return { ...plan, prepare }
  }

  /** Writes missing or damaged files. An empty ACL file would let every client in without a password, at every address. */
  async #seed(plan: ProcessPlan, seed: typeof seedSentinel): Promise<void> {
    const index = this.topology.dataHosts.findIndex(({ host }) => host === plan.host)
    const local = await openLocal(this.#folder.path)
    for (const file of await seed(local.plan, index, this.#folder, local.secrets))
      this.#log('wrote a damaged file again', { process: plan.name, file })
  }

  #guard(plan: ProcessPlan): (context: StartContext) => Promise<readonly string[]> {
    const sentinelFolders = this.topology.dataHosts.map((_, index) =>
      this.#folder.of(`sentinel-${index + 1}`),
    )
    const options = {
      self: formatAddress(plan),
      timings: this.topology.timings,
      initialised: () => this.initialised,
      hasDataSet: () => hasDataSet(this.#folder.dataOf(plan.name)),
      sentinelAnswers: () => this.sentinels.answers(COMMAND_TIMEOUT_MS),
      primaryInFiles: () => primaryInFiles(sentinelFolders, this.topology.primaryName),
      othersRunSince: (ms: number) => this.#othersRunSince(plan.name, ms),
      endWatchdog: () => this.#endWatchdog(plan.name),
      primaryWithData: () => this.#primaryWithData(),
      files: new DataFiles({
        dataFolder: this.#folder.dataOf(plan.name),
        aclFile: join(this.#folder.of(plan.name), ACL_FILE),
        server: plan.command,
        log: (event, details) => this.#log(event, { process: plan.name, ...details }),
      }),
    }
    return async (context) => {
      // Redis does not start without its data folder. The guard handles a missing data set.
      await mkdir(this.#folder.dataOf(plan.name), { recursive: true, mode: 0o700 })
      await this.#seed(plan, seedRedis)
      return guardStart(options, context)
    }
  }

  async #primaryWithData(): Promise<string | null> {
    const primaries = (await this.nodes.views(COMMAND_TIMEOUT_MS)).filter(({ role }) => role === 'primary')
    const [primary] = primaries
    if (primary === undefined || primaries.length > 1) return null
    const [mark] = await this.nodes.send(primary.address, [['GET', MARK_KEY]], COMMAND_TIMEOUT_MS)
    return String(mark) === this.#mark ? formatAddress(primary.address) : null
  }

  /** Whether another Redis has run since that time and could take over. Without a Sentinel, no Redis can. */
  #othersRunSince(name: string, ms: number): boolean {
    return (
      this.#failoverIsPossible &&
      this.ofKind('redis').some(
        ({ plan, runsSinceMs }) => plan.name !== name && runsSinceMs !== null && runsSinceMs < ms,
      )
    )
  }

  #log(event: string, details: Record<string, unknown>): void {
    logEvent(this.#folder.eventLog, event, details)
  }

  /** Records the running processes. If that fails, perhaps on a full disk, the next change records them again. */
  #record(): void {
    const supervisor = this.#identity
    const records = this.processes.flatMap(({ plan: { name, kind, host, port }, identity }) =>
      identity === null ? [] : { name, kind, host, port, ...identity, supervisor },
    )
    try {
      writeProcesses(this.#folder, records)
    } catch (error) {
      this.#log('processes not recorded', { why: String(error) })
    }
  }
}

const isData = (kind: ProcessKind) => kind === 'redis' || kind === 'sentinel' || kind === 'stunnel'
