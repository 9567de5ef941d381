import type { Server } from 'node:http'
import { hasDataSet } from '@holdfast/agent/guard/data-set'
import { ClusterError } from '@holdfast/site/errors'
import { readIfThere, writePrivate } from '@holdfast/site/private-file'
import { type LocalPlan, serverOf } from '@holdfast/site/topology/local-plan'
import { formatAddress } from '@holdfast/tokens/redis'
import { checkAddresses } from '../preflight/addresses.ts'
import { findProgram } from '../preflight/programs.ts'
import { type DataCentreDescription, describe, urlOf } from '../state/description.ts'
import { StateFolder } from '../state/folder.ts'
import type { LocalDataCentre } from '../state/open.ts'
import { claimSupervisor, releaseSupervisor, writeProcesses } from '../state/records.ts'
import { checkSameGroup, readPlan, withSavedSite } from '../state/saved-plan.ts'
import { endControl, serveControl } from '../supervise/control-server.ts'
import { endLeftovers } from '../supervise/leftovers.ts'
import { planProcesses } from '../supervise/plans.ts'
import { Supervisor } from '../supervise/supervisor.ts'
import { applySettings } from './apply-settings.ts'
import { type NewUser, prepareFolder } from './prepare.ts'
import { Readiness, whyHeld } from './ready.ts'

export interface StartOptions {
  plan: LocalPlan
  /** The folder for all files of the data centre. It is created if necessary. */
  stateDir: string
  /** The command that runs a gateway when `--config FILE` is added. */
  gatewayCommand: readonly string[]
  /** The command that runs the proxy when `--env-file FILE --listen ADDRESS --sentinel-listen ADDRESS` is added. */
  proxyCommand: readonly string[]
  /** Writes the users file of the gateways; called only when there is none. */
  writeUsers: (file: string, users: NewUser[]) => Promise<void>
  /** Called at each step of the start. */
  onProgress?: (progress: StartProgress) => void
  /** Stops the data centre, also during its start. */
  signal?: AbortSignal
  /** Deadline of the whole start (in milliseconds). Default is 120,000. */
  startTimeoutMs?: number
}

export type StartStep = 'folder' | 'redis' | 'sentinels' | 'gateways' | 'proxy' | 'balancer'

export interface StartProgress {
  step: StartStep
  state: 'begun' | 'done'
  /** What happens or happened, for a terminal. */
  text: string
}

/** A data centre whose supervisor is this process. */
export interface RunningDataCentre {
  description: DataCentreDescription
  /** Resolves when every process has ended, for any reason. */
  stopped: Promise<void>
  stop(): Promise<void>
}

const DEFAULT_START_TIMEOUT_MS = 120_000

/**
 * Starts a data centre on this machine and supervises it from this process. Resolves when everything is ready.
 *
 * Throws {@link ClusterError}, and leaves none of its processes running then.
 * INV-LOCAL-3.
 */
export async function startDataCentre(options: StartOptions): Promise<RunningDataCentre> {
  const folder = new StateFolder(options.stateDir)
  await folder.open()
  try {
    return await startIn(folder, options)
  } catch (error) {
    throw isOfSystem(error) ? unusable(folder, error) : error
  }
}

async function startIn(folder: StateFolder, given: StartOptions): Promise<RunningDataCentre> {
  const saved = await readPlan(folder)
  const options = { ...given, plan: withSavedSite(given.plan, saved) }
  if (saved !== null) checkSameGroup(saved, options.plan, folder)
  claimSupervisor(folder)
  let dataCentre: DataCentre
  try {
    dataCentre = await DataCentre.prepare(options, folder)
  } catch (error) {
    releaseSupervisor(folder)
    throw error
  }
  try {
    await dataCentre.start()
  } catch (error) {
    const wasStopped = dataCentre.isStopping
    await dataCentre.stop()
    throw wasStopped ? aborted(options.plan) : error
  }
  return dataCentre
}

class DataCentre implements RunningDataCentre {
  readonly description: DataCentreDescription
  readonly stopped: Promise<void>
  readonly #options: StartOptions
  readonly #folder: StateFolder
  readonly #local: LocalDataCentre
  readonly #supervisor: Supervisor
  readonly #leaving = new AbortController()
  readonly #onStopped: () => void
  #control: Server | null = null
  #stopping: Promise<void> | null = null

  private constructor(options: StartOptions, local: LocalDataCentre, supervisor: Supervisor) {
    this.#options = options
    this.#folder = local.folder
    this.#local = local
    this.#supervisor = supervisor
    this.description = describe(local.plan, local.folder, local.secrets)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.stopped = promise
    this.#onStopped = resolve
  }

  /** Checks the machine, ends processes that a dead supervisor has left, and writes the files. */
  static async prepare(options: StartOptions, folder: StateFolder): Promise<DataCentre> {
    const { plan, onProgress } = options
    onProgress?.({ step: 'folder', state: 'begun', text: `State folder ${folder.path}` })
    const programs = {
      redisServer: findProgram(serverOf(plan.site)),
      haproxy: findProgram('haproxy'),
      stunnel: plan.site.transport === 'stunnel' ? findProgram('stunnel') : null,
      gateway: options.gatewayCommand,
      proxy: options.proxyCommand,
    }
    const left = await endLeftovers(folder)
    // A process that could not be recorded must not start.
    writeProcesses(folder, [])
    await checkAddresses(plan)
    const initialised = (await readIfThere(folder.initialisedFile)) !== null
    if (initialised) await checkSomeDataIsThere(plan, folder)
    const local = await prepareFolder(plan, folder, options.writeUsers)
    if (options.signal?.aborted) throw aborted(plan)
    const leftText = left.length > 0 ? `; ended ${left.length} processes of a dead supervisor` : ''
    onProgress?.({ step: 'folder', state: 'done', text: `State folder ${folder.path}${leftText}` })
    const processPlans = planProcesses(plan, folder, programs)
    const supervisor = new Supervisor({ ...local, processPlans, initialised })
    return new DataCentre(options, local, supervisor)
  }

  async start(): Promise<void> {
    const { signal } = this.#options
    signal?.addEventListener('abort', () => void this.stop(), { once: true })
    if (signal?.aborted) await this.stop()
    this.#leaving.signal.throwIfAborted()
    this.#control = await serveControl(this.#supervisor, this.#folder.controlSocket, () =>
      this.#stopProcesses(),
    )
    const supervisor = this.#supervisor
    const ready = new Readiness(
      supervisor,
      this.#local,
      this.#leaving.signal,
      this.#options.startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS,
    )
    const [sentinels, gateways, proxy, balancer] = [
      supervisor.ofKind('sentinel'),
      supervisor.ofKind('gateway'),
      supervisor.ofKind('proxy'),
      supervisor.ofKind('balancer'),
    ]
    supervisor.start(supervisor.ofKind('stunnel'))
    if (supervisor.initialised) await this.#startRedisAgain(ready)
    else await this.#startFreshRedis(ready)

    // Gateways and proxy take longest to start, and wait for the Sentinels by themselves.
    supervisor.start([...sentinels, ...gateways, ...proxy])
    await this.#step('sentinels', `${sentinels.length} Sentinels`, async () => {
      await ready.sentinelsAgree()
      const primary = await ready.groupIsLinked()
      if (!(await ready.hasGroupId(primary))) throw dataLost(this.#folder)
      supervisor.startAgent()
      const unchanged = await applySettings(this.#local, supervisor.nodes)
      return [
        `${sentinels.length} Sentinels agree on the primary ${formatAddress(primary)}`,
        ...unchanged,
      ].join('; ')
    })
    const some = gateways.length === 1 ? 'The gateway' : `${gateways.length} gateways`
    await this.#step('gateways', some, async () => {
      await ready.httpAnswers('the gateways to be ready', gateways)
      return `${some} ${gateways.length === 1 ? 'is' : 'are'} ready`
    })
    await this.#step('proxy', 'The Redis proxy', async () => {
      await ready.proxyAnswers(proxy)
      return `The Redis proxy answers at ${formatAddress(this.#options.plan.addresses.proxy)}`
    })
    await this.#step('balancer', 'HAProxy', async () => {
      supervisor.start(balancer)
      await ready.httpAnswers('HAProxy to answer', balancer)
      return `HAProxy answers at ${urlOf(this.#options.plan.addresses.balancer)}`
    })
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end()
    return this.#stopping
  }

  get isStopping(): boolean {
    return this.#stopping !== null
  }

  async #startFreshRedis(ready: Readiness): Promise<void> {
    const redis = this.#supervisor.ofKind('redis')
    await this.#step('redis', `${redis.length} Redis`, async () => {
      // The primary first: a replica that does not find it retries only a second later.
      const first = redis.slice(0, 1)
      this.#supervisor.start(first)
      await ready.redisAnswers(first)
      this.#supervisor.start(redis)
      const primary = await ready.groupIsLinked()
      await ready.groupIdIsSet(primary)
      await writePrivate(this.#folder.initialisedFile, `${this.#local.secrets.mark}\n`)
      this.#supervisor.initialised = true
      return `${redis.length} Redis, ${formatAddress(primary)} is the primary`
    })
  }

  async #startRedisAgain(ready: Readiness): Promise<void> {
    const redis = this.#supervisor.ofKind('redis')
    await this.#step('redis', `${redis.length} Redis with their data`, async () => {
      this.#supervisor.start(redis)
      await ready.redisAnswers(redis)
      const held = redis.filter(({ state }) => state === 'held')
      return [`${redis.length - held.length} Redis`, ...held.map(whyHeld)].join('; ')
    })
  }

  async #step(step: StartStep, text: string, work: () => Promise<string>): Promise<void> {
    this.#options.onProgress?.({ step, state: 'begun', text })
    const done = await work()
    this.#options.onProgress?.({ step, state: 'done', text: done })
  }

  /** Stops the processes and releases the folder; the control socket still answers. */
  async #stopProcesses(): Promise<void> {
    void this.stop()
    await this.#supervisor.stop()
    releaseSupervisor(this.#folder)
  }

  /** Closes the control server even after an error: it would keep this process running. */
  async #end(): Promise<void> {
    this.#leaving.abort()
    try {
      await this.#supervisor.stop()
      releaseSupervisor(this.#folder)
    } finally {
      if (this.#control !== null) await endControl(this.#control)
      this.#onStopped()
    }
  }
}

async function checkSomeDataIsThere({ addresses }: LocalPlan, folder: StateFolder): Promise<void> {
  const there = await Promise.all(
    addresses.dataHosts.map((_, index) => hasDataSet(folder.dataOf(`redis-${index + 1}`))),
  )
  if (!there.some(Boolean)) throw dataLost(folder)
}

const dataLost = (folder: StateFolder) =>
  new ClusterError(
    'DATA_LOST',
    `The Redis data in ${folder.path} is gone, although this data centre held sessions before. Put the data folders back, or start over with \`holdfast down --purge\`. To restore a backup, see \`holdfast restore --help\`.`,
  )

/** An error of the operating system, as Node throws it. */
const isOfSystem = (error: unknown): error is Error => error instanceof Error && 'syscall' in error

const unusable = (folder: StateFolder, cause: Error) =>
  new ClusterError(
    'STATE_UNUSABLE',
    `The state folder ${folder.path} cannot be used: ${cause.message}. Fix that, or choose another folder with \`--state-dir\`.`,
    { cause },
  )

const aborted = ({ dataCentre: { name } }: LocalPlan) =>
  new ClusterError(
    'START_ABORTED',
    `The start of ${name} was interrupted. Every process that it had started has ended.`,
  )
