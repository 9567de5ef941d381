import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import type { ReplicationView } from '@holdfast/tokens/redis'
import { HostedProcess } from '../hosts/hosted-process.ts'
import {
  DATA_HOSTS,
  type DataHost,
  hostOf,
  SENTINEL_PLACES,
  type SentinelPlace,
  sentinelOf,
} from '../hosts/places.ts'
import { ask, fieldOfPrimary, viewOf } from './ask.ts'
import {
  FIRST_PRIMARY,
  MAXMEMORY,
  planOf,
  renderHostConfig,
  renderSentinelConf,
  type Timings,
} from './config.ts'
import { serveControl } from './control.ts'
import { guardedArguments } from './guarded-start.ts'
import { forgetRemovedNodes, knowsAllNodes } from './known-nodes.ts'
import { PRIMARY_NAME } from './names.ts'
import { OperatedState } from './operated-state.ts'
import { makeRedis, makeSentinel } from './servers.ts'
import { until } from './until.ts'

/** The environment variables of a process of the data centre. */
export type EnvironmentOf = (place: DataHost | SentinelPlace) => NodeJS.ProcessEnv

/** The files that Redis needs to start. All other files in its folder are data. */
const CONFIGURATION = ['redis.conf', 'users.acl', 'host.json']

const WATCHDOG = fileURLToPath(new URL('watchdog.ts', import.meta.url))

export interface DataCentreOptions {
  folder: string
  timings: Timings
  secrets: Secrets
  environmentOf: EnvironmentOf
  /** Whether each host runs the product's watchdog beside its Redis. */
  watchdogs: boolean
  /** Whether every Redis starts through the product's guard, including the first time. */
  guards: boolean
}

/**
 * One Redis per data host and the same number of Sentinels, each in its own place. The Redis of the first host is
 * primary at the start. A watchdog may run beside each Redis.
 */
export class DataCentre {
  /** The state folder that the product's operations read and write. */
  readonly state: OperatedState
  readonly #folder: string
  readonly #timings: Timings
  readonly #processes: ReadonlyMap<DataHost | SentinelPlace, HostedProcess>
  readonly #watchdogs = new Map<DataHost, HostedProcess>()
  readonly #environmentOf: EnvironmentOf
  readonly #guards: boolean

  private constructor(
    { folder, timings, environmentOf, guards }: DataCentreOptions,
    processes: ReadonlyMap<DataHost | SentinelPlace, HostedProcess>,
    state: OperatedState,
  ) {
    this.state = state
    this.#folder = folder
    this.#timings = timings
    this.#environmentOf = environmentOf
    this.#guards = guards
    this.#processes = processes
  }

  static async start(options: DataCentreOptions): Promise<DataCentre> {
    const { folder, timings, secrets, environmentOf, watchdogs } = options
    const processes = new Map<DataHost | SentinelPlace, HostedProcess>()
    for (const host of DATA_HOSTS) {
      processes.set(host, await makeRedis(host, join(folder, host), secrets, environmentOf(host)))
      const sentinel = sentinelOf(host)
      processes.set(
        sentinel,
        await makeSentinel(host, join(folder, sentinel), timings, secrets, environmentOf(sentinel)),
      )
    }
    const state = await OperatedState.create(join(folder, 'state'), planOf(timings), secrets)
    const dataCentre = new DataCentre(options, processes, state)
    await serveControl(state.controlSocket, () => dataCentre.#reload())
    await Promise.all(DATA_HOSTS.map((host) => dataCentre.boot(host)))
    // The primary answers NOREPLICAS until the first replica is linked.
    await until('the primary accepts the group id', () => dataCentre.#setMark(secrets.mark))
    await Promise.all(SENTINEL_PLACES.map((place) => dataCentre.process(place).start()))
    if (watchdogs) await Promise.all(DATA_HOSTS.map((host) => dataCentre.#startWatchdog(host, secrets)))
    await dataCentre.recoverQuickly()
    return dataCentre
  }

  process(place: DataHost | SentinelPlace): HostedProcess {
    const found = this.#processes.get(place)
    if (found === undefined) throw new Error(`There is no process at ${place}.`)
    return found
  }

  /** The watchdog of a host, or null if the host does not have one. */
  watchdogOf(host: DataHost): HostedProcess | null {
    return this.#watchdogs.get(host) ?? null
  }

  dataFolder(host: DataHost): string {
    return join(this.#folder, host)
  }

  /** The log file of each process. */
  logFiles(): Map<string, string> {
    return new Map([...this.#processes.keys()].map((place) => [place, join(this.#folder, `${place}.log`)]))
  }

  /** The replication state that each Redis reports. Null for a Redis that does not answer. */
  async views(): Promise<Map<DataHost, ReplicationView | null>> {
    const views = await Promise.all(DATA_HOSTS.map(viewOf))
    return new Map(DATA_HOSTS.map((host, index) => [host, views[index] ?? null]))
  }

  /** The primary that most replicas follow, or null when no Redis answers as primary. */
  async primary(): Promise<DataHost | null> {
    const primaries = [...(await this.views())].flatMap(([host, view]) =>
      view?.role === 'primary' ? [{ host, replicas: view.replicas.length }] : [],
    )
    primaries.sort((one, other) => other.replicas - one.replicas)
    return primaries[0]?.host ?? null
  }

  async isPrimary(host: DataHost): Promise<boolean> {
    return (await viewOf(host))?.role === 'primary'
  }

  /** Whether any Sentinel is preparing or running a failover. */
  async isFailingOver(): Promise<boolean> {
    const flags = await Promise.all(SENTINEL_PLACES.map((place) => fieldOfPrimary(place, 'flags')))
    return flags.some((flag) => /o_down|failover_in_progress/.test(flag))
  }

  /** Starts a Sentinel or a Redis again, with its data. */
  async restart(place: DataHost | SentinelPlace, extraArgs: readonly string[] = []): Promise<void> {
    await this.process(place).start(extraArgs)
    if (place.length > 1) await this.#setPeriods(place as SentinelPlace, this.#timings)
  }

  /** Starts a Redis as systemd does after a boot. If guards are on, the guard decides the role of the Redis. */
  async boot(host: DataHost): Promise<void> {
    if (this.#guards) await this.#startGuarded(host)
    else await this.restart(host)
  }

  async #startGuarded(host: DataHost): Promise<void> {
    const folder = this.dataFolder(host)
    const config = join(folder, 'host.json')
    await writeFile(config, renderHostConfig(host, folder, this.#timings, await this.state.secrets()))
    await this.process(host).start(await guardedArguments(host, folder, config))
  }

  /**
   * Restores the initial file of a stopped Sentinel. The Sentinel then knows no peers and no replicas, and has a new
   * id.
   */
  async restoreFirstFile(place: SentinelPlace): Promise<void> {
    const folder = join(this.#folder, place)
    const file = renderSentinelConf(hostOf(place), folder, this.#timings, await this.state.secrets())
    await writeFile(join(folder, 'sentinel.conf'), file)
  }

  /** Removes the stored data of a stopped Redis. Its configuration stays. */
  async wipe(host: DataHost): Promise<void> {
    const folder = this.dataFolder(host)
    for (const name of await readdir(folder)) {
      if (!CONFIGURATION.includes(name)) await rm(join(folder, name), { recursive: true, force: true })
    }
  }

  /**
   * Sets `maxmemory` on every Redis that answers, and returns their hosts. A stopped Redis starts with the limit of
   * its file.
   */
  async limitMemory(size: string): Promise<DataHost[]> {
    const settled = await Promise.all(
      DATA_HOSTS.map((host) =>
        ask(host, ['CONFIG', 'SET', 'maxmemory', size]).then(
          () => [host],
          () => [],
        ),
      ),
    )
    return settled.flat()
  }

  /** Makes sure that a host wins the next election. */
  async prefer(host: DataHost): Promise<void> {
    await ask(host, ['CONFIG', 'SET', 'replica-priority', '1'])
    await this.shortenSentinelPeriods()
    await until('the Sentinels know the priority', async () => {
      const priorities = await Promise.all(SENTINEL_PLACES.map((place) => lowestPriority(place)))
      return priorities.every((priority) => priority === '1')
    })
    await this.restoreSentinelPeriods()
  }

  /** Shortens the periods of every Sentinel, so that waits for the Sentinels are short. */
  async shortenSentinelPeriods(): Promise<void> {
    const shortened = { ...this.#timings, infoPeriodMs: 500, publishPeriodMs: 250 }
    await Promise.all(SENTINEL_PLACES.map((place) => this.#setPeriods(place, shortened)))
  }

  /** Restores the periods of this run on every Sentinel. */
  async restoreSentinelPeriods(): Promise<void> {
    await Promise.all(SENTINEL_PLACES.map((place) => this.#setPeriods(place, this.#timings)))
  }

  /** Waits until the data centre is healthy. Meanwhile the Sentinels use short periods. */
  async recoverQuickly(): Promise<void> {
    await this.shortenSentinelPeriods()
    await this.waitUntilHealthy()
    await this.restoreSentinelPeriods()
  }

  /** Waits until one primary has two synchronized replicas and every Sentinel knows all nodes. */
  async waitUntilHealthy(timeoutMs = 60_000): Promise<void> {
    await this.limitMemory(MAXMEMORY)
    await until('the data centre is healthy', () => this.#repairAndCheck(), { timeoutMs })
    // After a cut, a link may report "up" although no data passes through it. Therefore compare offsets.
    const offset = (await this.#primaryView())?.offset ?? 0
    await until('the replicas have all data of the primary', () => this.#haveAll(offset), { timeoutMs })
  }

  /** Applies new secrets: running watchdogs restart with them, and stopped watchdogs will start with them. */
  async #reload(): Promise<void> {
    const secrets = await this.state.secrets()
    for (const [host, watchdog] of this.#watchdogs) {
      await this.#configureWatchdog(host, secrets)
      if ((await watchdog.state()) !== 'running') continue
      await watchdog.kill()
      await watchdog.start()
    }
  }

  /** Writes the file that the watchdog of a host reads at its start. Returns its path. */
  async #configureWatchdog(host: DataHost, secrets: Secrets): Promise<string> {
    const folder = join(this.#folder, `watchdog-${host}`)
    const config = join(folder, 'host.json')
    await mkdir(folder, { recursive: true })
    await writeFile(config, renderHostConfig(host, folder, this.#timings, secrets))
    return config
  }

  async #startWatchdog(host: DataHost, secrets: Secrets): Promise<void> {
    const config = await this.#configureWatchdog(host, secrets)
    const logFile = join(this.#folder, `watchdog-${host}.log`)
    const watchdog = new HostedProcess({
      place: host,
      command: [process.execPath, WATCHDOG, config],
      logFile,
      env: this.#environmentOf(host),
      isReady: async () => (await readFile(logFile, 'utf8')).includes('watching'),
    })
    this.#watchdogs.set(host, watchdog)
    await watchdog.start()
  }

  async #haveAll(offset: number): Promise<boolean> {
    const replicas = (await this.#primaryView())?.replicas ?? []
    return replicas.length === DATA_HOSTS.length - 1 && replicas.every((replica) => replica.offset >= offset)
  }

  async #primaryView() {
    return [...(await this.views()).values()].find((view) => view?.role === 'primary')
  }

  /** Retries, because the connection may be reset while a Sentinel recovers from a fault. */
  async #setPeriods(place: SentinelPlace, timings: Timings): Promise<void> {
    const { infoPeriodMs, publishPeriodMs, pingPeriodMs } = timings
    const periods = Object.entries({
      'info-period': infoPeriodMs,
      'publish-period': publishPeriodMs,
      'ping-period': pingPeriodMs,
    }).flatMap(([name, ms]) => [name, String(ms)])
    await until(`the Sentinel ${place} accepts its periods`, () =>
      ask(place, ['SENTINEL', 'DEBUG', ...periods]).then(
        () => true,
        () => false,
      ),
    )
  }

  async #setMark(mark: string): Promise<boolean> {
    try {
      return (await ask(FIRST_PRIMARY, ['SET', 'hf:mark', mark])) === 'OK'
    } catch {
      return false
    }
  }

  /**
   * After all faults, restarts every Redis that ended by itself, as systemd would. A replica ends when it finds that
   * it could not write while its disk was full (redis/server.c). Also restores the memory limit of every Redis. If a
   * Redis hung when the memory fault ended, it still has the low limit, and it refuses even Sentinel's transaction
   * that makes it a replica.
   */
  async #repairAndCheck(): Promise<boolean> {
    if (await this.#isHealthy()) return true
    for (const host of DATA_HOSTS) {
      if ((await this.process(host).state()) === 'ended') await this.boot(host)
    }
    await this.limitMemory(MAXMEMORY)
    await forgetRemovedNodes()
    return false
  }

  async #isHealthy(): Promise<boolean> {
    const views = [...(await this.views()).values()]
    const primaries = views.filter((view) => view?.role === 'primary')
    const [primary] = primaries
    if (primaries.length !== 1 || primary?.replicas.length !== DATA_HOSTS.length - 1) return false
    if (!views.every((view) => view === primary || (view?.linkUp && view.replid === primary?.replid)))
      return false
    return (await Promise.all(SENTINEL_PLACES.map(knowsAllNodes))).every(Boolean)
  }
}

async function lowestPriority(place: SentinelPlace): Promise<string> {
  const replicas = await ask(place, ['SENTINEL', 'REPLICAS', PRIMARY_NAME])
  const priorities = (Array.isArray(replicas) ? replicas : []).map((replica) =>
    String((replica as Record<string, unknown>)['slave-priority']),
  )
  return priorities.sort((one, other) => Number(one) - Number(other))[0] ?? ''
}
