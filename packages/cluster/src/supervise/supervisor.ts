import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { formatAddress, MARK_KEY, type NodeAddress } from '@holdfast/tokens/redis'
import { claimInGroup } from '../operate/group-lock.ts'
import { sentinelAccess } from '../operate/lock.ts'
import { Nodes } from '../redis/nodes.ts'
import { Sentinels } from '../redis/sentinels.ts'
import { dataSetIsThere } from '../state/data-set.ts'
import type { StateFolder } from '../state/folder.ts'
import { type LocalDataCentre, openLocal } from '../state/open.ts'
import { ownIdentity } from '../state/process-identity.ts'
import { type ProcessKind, writeProcesses } from '../state/records.ts'
import { primaryInFiles } from '../state/sentinel-files.ts'
import { redisAddress, sentinelAddress, type Topology } from '../topology/topology.ts'
import { CLOSING, closeAbandonedElections } from './abandoned-election.ts'
import { DataFiles } from './data-files.ts'
import { Greetings } from './greetings.ts'
import { failoverLimitMs, guardStart } from './guard.ts'
import { hastenFailovers } from './hasten.ts'
import { logEvent } from './log-file.ts'
import { ManagedProcess, type ProcessPlan, type ProcessStatus, type StartContext } from './managed-process.ts'
import { ACL_FILE } from './plans.ts'
import { seedRedis, seedSentinel } from './seeds.ts'
import { applySentinelSettings } from './sentinel-settings.ts'
import { repeatSplitVotes } from './split-vote.ts'
import { watchSuccession } from './succession.ts'
import { watchOver } from './watchdog.ts'

/** How long each kind of process has to end by itself (in milliseconds). A gateway finishes its requests. */
const GRACE_MS: Record<ProcessKind, number> = {
  balancer: 2000,
  gateway: 10_000,
  sentinel: 2000,
  redis: 10_000,
  stunnel: 2000,
}
/** Deadline of a question to a Redis or a Sentinel of this machine. */
const PATIENCE_MS = 250
/** The same in the middle of a handover, which is not asked twice. */
const HAND_OVER_MS = 1000

export interface SupervisorOptions extends LocalDataCentre {
  plans: ProcessPlan[]
  /** The data centre held data before. */
  initialised: boolean
}

/**
 * Keeps the processes of one data centre running, with the guard before each Redis and the watchdog behind it.
 * INV-LOCAL-9.
 */
export class Supervisor {
  readonly topology: Topology
  readonly nodes: Nodes
  readonly sentinels: Sentinels
  readonly processes: readonly ManagedProcess[]
  /** From now on a Redis without its data never starts as a primary. */
  initialised: boolean
  readonly #folder: StateFolder
  readonly #mark: string
  /** Ends what a host does about its own processes, when the host is lost. */
  readonly #hostLeaving = new Map<string, AbortController>()
  /** The watchdog that the last crash of each Redis has called, by the Redis' name. */
  readonly #watchdogs = new Map<string, { controller: AbortController; done: Promise<unknown> }>()
  readonly #leaving = new AbortController()
  readonly #identity = ownIdentity()
  /** A Sentinel was started. */
  #failoverMayBegin = false
  #stopping: Promise<void> | null = null

  constructor({ topology, folder, secrets, tls, plans, initialised }: SupervisorOptions) {
    this.topology = topology
    this.initialised = initialised
    this.#folder = folder
    this.#mark = secrets.mark
    this.nodes = new Nodes({ topology, secrets, tls })
    this.sentinels = new Sentinels({ topology, secrets, tls })
    this.processes = plans.map((plan) => {
      return new ManagedProcess(this.#prepared(plan), {
        started: (started) => this.#onStarted(started),
        held: ({ plan: { name } }, why) => this.#log('held', { process: name, why }),
        crashed: (crashed, how) => this.#onCrashed(crashed, how),
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

  /** Reads the secrets and the certificate of this machine's commands again; fresh connections use them. */
  async reload(): Promise<void> {
    const local = await openLocal(this.#folder.path)
    this.nodes.renew(local)
    this.sentinels.renew(local)
    this.#log('secrets read again', {})
  }

  start(processes: readonly ManagedProcess[]): void {
    if (this.#stopping !== null) return
    if (processes.some(({ plan }) => plan.kind === 'sentinel')) this.#failoverMayBegin = true
    for (const process of processes) process.start()
  }

  /**
   * Ends a process well and starts it again, which is no crash: no watchdog asks for a failover. Answers false when it
   * does not run.
   */
  async restart(process: ManagedProcess): Promise<boolean> {
    if (this.#stopping !== null || process.state !== 'running') return false
    this.#log('restarted on request', { process: process.plan.name })
    await process.stop(GRACE_MS[process.plan.kind])
    this.#record()
    // Meanwhile its host may have been lost, or everything is to end.
    if (this.#stopping === null && process.status().state === 'stopped') process.start()
    return true
  }

  /** From now on a failover is hastened, as the watchdogs of the other hosts would. */
  hasten(): void {
    const { dataHosts, primaryName, timings } = this.topology
    const sentinels = dataHosts.map(sentinelAddress)
    const log = (event: string, details: Record<string, unknown>) => this.#log(event, details)
    const hastening = {
      sentinels,
      askSentinel: (sentinel: NodeAddress) => this.sentinels.answer(sentinel, PATIENCE_MS),
      viewsWithout: (address: string) => this.nodes.views(PATIENCE_MS, address),
      tellNode: (node: NodeAddress, command: string[]) => this.nodes.send(node, [command], PATIENCE_MS),
      log,
    }
    const voting = {
      own: sentinels,
      all: sentinels,
      primaryName,
      failoverTimeoutMs: timings.failoverTimeoutMs,
      tellSentinel: (sentinel: NodeAddress, commands: string[][]) =>
        this.sentinels.send(sentinel, commands, PATIENCE_MS),
      log,
    }
    const greetings = new Greetings({
      redis: dataHosts.map(redisAddress),
      primaryName,
      open: (node, timeoutMs) => this.nodes.open(node, timeoutMs),
    })
    const succeeding = {
      own: { redis: dataHosts.map(redisAddress), sentinels },
      views: () => this.nodes.views(PATIENCE_MS),
      announcements: () => this.sentinels.announcements(PATIENCE_MS),
      tellNode: hastening.tellNode,
      tellSentinel: (sentinel: NodeAddress, command: string[]) =>
        this.sentinels.send(sentinel, [command], PATIENCE_MS),
      log,
    }
    greetings.listen(this.#leaving.signal).catch(() => {})
    this.#closeElections(greetings, log)
    hastenFailovers(hastening, this.#leaving.signal).catch(() => {})
    watchSuccession(succeeding, this.#leaving.signal).catch(() => {})
    repeatSplitVotes(voting, this.#leaving.signal).catch(() => {})
  }

  #closeElections(
    greetings: Greetings,
    log: (event: string, details: Record<string, unknown>) => void,
  ): void {
    const { dataHosts, primaryName, timings } = this.topology
    const own = dataHosts.map(redisAddress)
    const { signal } = this.#leaving
    const open = async () => sentinelAccess(await openLocal(this.#folder.path))
    const closing = {
      own,
      plannedSentinels: dataHosts.length,
      primaryName,
      failoverTimeoutMs: timings.failoverTimeoutMs,
      sentinelAnswers: () => this.sentinels.answers(PATIENCE_MS),
      views: () => this.nodes.views(PATIENCE_MS),
      newestEpoch: () => greetings.newestEpoch,
      claim: async () => {
        const claimed = await claimInGroup(await open(), CLOSING, open)
        return claimed.other === null ? claimed.release : null
      },
      view: (node: NodeAddress) => this.nodes.view(node, HAND_OVER_MS),
      tellNode: async (node: NodeAddress, command: string[]) =>
        (await this.nodes.send(node, [command], HAND_OVER_MS))[0] ?? null,
      tellSentinel: async (node: NodeAddress, command: string[]) =>
        (await this.sentinels.send(node, [command], HAND_OVER_MS))[0] ?? null,
      log,
    }
    closeAbandonedElections(closing, signal).catch(() => {})
  }

  /** Kills everything on a data host at once and keeps it dead, its watchdog too. */
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

  /** Ends everything, who uses it before who is used: balancer, gateways, Sentinels, replicas, primary, tunnels. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopInOrder()
    return this.#stopping
  }

  async #stopInOrder(): Promise<void> {
    this.#leaving.abort()
    for (const process of this.processes) process.stopRestarting()
    for (const { host } of this.topology.dataHosts) this.#leaveHost(host)
    const views = await this.nodes.views(PATIENCE_MS)
    const isPrimary = ({ plan }: ManagedProcess) =>
      views.some(({ role, address }) => role === 'primary' && address.host === plan.host)
    const redis = this.ofKind('redis')
    const order = [
      this.ofKind('balancer'),
      this.ofKind('gateway'),
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
    applySentinelSettings(this.sentinels, plan, this.topology, untilItEnds).catch(() => {})
  }

  #onCrashed(process: ManagedProcess, how: string): void {
    const { plan } = process
    this.#record()
    this.#log('ended unexpectedly', { process: plan.name, how })
    if (plan.kind !== 'redis' || !this.initialised) return
    // Without another Redis that was in step there is nobody to fail over to.
    if (!this.#othersRunSince(plan.name, performance.now())) return
    const { primaryName, timings } = this.topology
    const controller = new AbortController()
    const done = watchOver(
      plan,
      {
        primaryName,
        limitMs: failoverLimitMs(timings),
        sentinelAnswers: () => this.sentinels.answers(PATIENCE_MS),
        survivors: () => this.nodes.views(PATIENCE_MS, formatAddress(plan)),
        isBack: async () => process.runsSinceMs !== null,
        tellSentinel: (sentinel, command) => this.sentinels.send(sentinel, [command], PATIENCE_MS),
        tellNode: (node, command) => this.nodes.send(node, [command], PATIENCE_MS),
        log: (event, details) => this.#log(event, { process: plan.name, ...details }),
      },
      AbortSignal.any([controller.signal, this.#hostSignal(plan.host)]),
    ).catch(() => {})
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

  /** A file that was emptied since the last start would let everybody in, at every address. */
  async #seed(plan: ProcessPlan, seed: typeof seedSentinel): Promise<void> {
    const index = this.topology.dataHosts.findIndex(({ host }) => host === plan.host)
    const { secrets } = await openLocal(this.#folder.path)
    for (const file of await seed(this.topology, index, this.#folder, secrets))
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
      dataSetIsThere: () => dataSetIsThere(this.#folder.dataOf(plan.name)),
      sentinelAnswers: () => this.sentinels.answers(PATIENCE_MS),
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
      // Redis does not start where its data folder is gone; without data it is the guard's business.
      await mkdir(this.#folder.dataOf(plan.name), { recursive: true, mode: 0o700 })
      await this.#seed(plan, seedRedis)
      return guardStart(options, context)
    }
  }

  async #primaryWithData(): Promise<string | null> {
    const primaries = (await this.nodes.views(PATIENCE_MS)).filter(({ role }) => role === 'primary')
    const [primary] = primaries
    if (primary === undefined || primaries.length > 1) return null
    const [mark] = await this.nodes.send(primary.address, [['GET', MARK_KEY]], PATIENCE_MS)
    return String(mark) === this.#mark ? formatAddress(primary.address) : null
  }

  /** Another Redis could take over: without a Sentinel none ever does. */
  #othersRunSince(name: string, ms: number): boolean {
    return (
      this.#failoverMayBegin &&
      this.ofKind('redis').some(
        ({ plan, runsSinceMs }) => plan.name !== name && runsSinceMs !== null && runsSinceMs < ms,
      )
    )
  }

  #log(event: string, details: Record<string, unknown>): void {
    logEvent(this.#folder.eventLog, event, details)
  }

  /** What cannot be written now, on a full disk perhaps, is written with the next change: the processes go on. */
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
