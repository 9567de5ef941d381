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
  renderHostConfig,
  renderSentinelConf,
  type Timings,
  topologyOf,
} from './config.ts'
import { serveControl } from './control.ts'
import { guardedArguments } from './guarded-start.ts'
import { forgetStrangers, knowsAll } from './known-nodes.ts'
import { PRIMARY_NAME } from './names.ts'
import { OperatedState } from './operated-state.ts'
import { makeRedis, makeSentinel } from './servers.ts'
import { until } from './until.ts'

/** What a process of the data centre is started with, besides its command. */
export type EnvironmentOf = (place: DataHost | SentinelPlace) => NodeJS.ProcessEnv

/** What Redis needs to start, as opposed to its data. */
const CONFIGURATION = ['redis.conf', 'users.acl', 'host.json']

const WATCHDOG = fileURLToPath(new URL('watchdog.ts', import.meta.url))

export interface DataCentreOptions {
  folder: string
  timings: Timings
  secrets: Secrets
  environmentOf: EnvironmentOf
  /** Whether each host runs the product's watchdog beside its Redis. */
  watchdogs: boolean
  /** Whether every Redis starts by the product's guard, also at first. */
  guards: boolean
}

/**
 * One Redis per data host, the first of them primary, and as many Sentinels, each in a place of its own; and a watchdog
 * beside each Redis, if wanted.
 */
export class DataCentre {
  /** What the product's operations know of it, and remember. */
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
    const state = await OperatedState.create(join(folder, 'state'), topologyOf(timings), secrets)
    const dataCentre = new DataCentre(options, processes, state)
    await serveControl(state.controlSocket, () => dataCentre.#reload())
    await Promise.all(DATA_HOSTS.map((host) => dataCentre.boot(host)))
    // NOREPLICAS until the first replica is linked.
    await until('the primary takes the mark', () => dataCentre.#setMark(secrets.mark))
    await Promise.all(SENTINEL_PLACES.map((place) => dataCentre.process(place).start()))
    if (watchdogs) await Promise.all(DATA_HOSTS.map((host) => dataCentre.#startWatchdog(host, secrets)))
    await dataCentre.makeWhole()
    return dataCentre
  }

  process(place: DataHost | SentinelPlace): HostedProcess {
    const found = this.#processes.get(place)
    if (found === undefined) throw new Error(`There is no process at ${place}.`)
    return found
  }

  /** The watchdog of a host, or null where there is none. */
  watchdogOf(host: DataHost): HostedProcess | null {
    return this.#watchdogs.get(host) ?? null
  }

  dataFolder(host: DataHost): string {
    return join(this.#folder, host)
  }

  /** Where each process writes its log. */
  logFiles(): Map<string, string> {
    return new Map([...this.#processes.keys()].map((place) => [place, join(this.#folder, `${place}.log`)]))
  }

  /** Every Redis' own view of replication; null for one that does not answer. */
  async views(): Promise<Map<DataHost, ReplicationView | null>> {
    const views = await Promise.all(DATA_HOSTS.map(viewOf))
    return new Map(DATA_HOSTS.map((host, index) => [host, views[index] ?? null]))
  }

  /** The primary that most replicas follow, or null when none answers as primary. */
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

  /** Whether any Sentinel is about to fail over, or does. */
  async isFailingOver(): Promise<boolean> {
    const flags = await Promise.all(SENTINEL_PLACES.map((place) => fieldOfPrimary(place, 'flags')))
    return flags.some((flag) => /o_down|failover_in_progress/.test(flag))
  }

  /** Starts a Sentinel or a Redis again, with its data. */
  async restart(place: DataHost | SentinelPlace, extraArgs: readonly string[] = []): Promise<void> {
    await this.process(place).start(extraArgs)
    if (place.length > 1) await this.#setPeriods(place as SentinelPlace, this.#timings)
  }

  /** Starts a Redis as systemd does after a boot: where there is a guard, it says as what. */
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

  /** Gives a Sentinel that has ended the file with which it began: it knows no peers and no replicas, and has a new id. */
  async restoreFirstFile(place: SentinelPlace): Promise<void> {
    const folder = join(this.#folder, place)
    const file = renderSentinelConf(hostOf(place), folder, this.#timings, await this.state.secrets())
    await writeFile(join(folder, 'sentinel.conf'), file)
  }

  /** Removes what a Redis that has ended has stored; its configuration stays. */
  async wipe(host: DataHost): Promise<void> {
    const folder = this.dataFolder(host)
    for (const name of await readdir(folder)) {
      if (!CONFIGURATION.includes(name)) await rm(join(folder, name), { recursive: true, force: true })
    }
  }

  /** Sets `maxmemory` of every Redis that answers; those hosts. One that is down starts with the limit of its file. */
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
    await this.hurrySentinels()
    await until('the Sentinels know the priority', async () => {
      const priorities = await Promise.all(SENTINEL_PLACES.map((place) => lowestPriority(place)))
      return priorities.every((priority) => priority === '1')
    })
    await this.setSentinelPeriods()
  }

  /** Lets every Sentinel look often, so that waiting for them is short. */
  async hurrySentinels(): Promise<void> {
    const hurried = { ...this.#timings, infoPeriodMs: 500, publishPeriodMs: 250 }
    await Promise.all(SENTINEL_PLACES.map((place) => this.#setPeriods(place, hurried)))
  }

  /** Lets them look as often as this run says. */
  async setSentinelPeriods(): Promise<void> {
    await Promise.all(SENTINEL_PLACES.map((place) => this.#setPeriods(place, this.#timings)))
  }

  /** Waits until it is whole, with Sentinels that look often meanwhile. */
  async makeWhole(): Promise<void> {
    await this.hurrySentinels()
    await this.waitUntilWhole()
    await this.setSentinelPeriods()
  }

  /** Until one primary has two replicas in step and every Sentinel knows all of them. */
  async waitUntilWhole(timeoutMs = 60_000): Promise<void> {
    await this.limitMemory(MAXMEMORY)
    await until('the data centre is whole', () => this.#isWholeAgain(), { timeoutMs })
    // A link that was cut for a while calls itself up although nothing comes through yet.
    const offset = (await this.#primaryView())?.offset ?? 0
    await until('the replicas have all that the primary had', () => this.#haveAll(offset), { timeoutMs })
  }

  /** New secrets: watchdogs that work begin anew with them, and others begin with them. */
  async #reload(): Promise<void> {
    const secrets = await this.state.secrets()
    for (const [host, watchdog] of this.#watchdogs) {
      await this.#configureWatchdog(host, secrets)
      if ((await watchdog.state()) !== 'running') continue
      await watchdog.kill()
      await watchdog.start()
    }
  }

  /** Answers the file that its watchdog reads at its start. */
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

  /** A connection may be reset while a Sentinel gets over a fault. */
  async #setPeriods(place: SentinelPlace, timings: Timings): Promise<void> {
    const { infoPeriodMs, publishPeriodMs, pingPeriodMs } = timings
    const periods = Object.entries({
      'info-period': infoPeriodMs,
      'publish-period': publishPeriodMs,
      'ping-period': pingPeriodMs,
    }).flatMap(([name, ms]) => [name, String(ms)])
    await until(`${place} takes its periods`, () =>
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
   * When every fault is over, a Redis that gave up by itself is started again, as systemd would: a replica ends when it
   * finds, after its disk was full, that it could not write (redis/server.c). And every Redis has its memory again: one
   * that hung when the fault of memory ended has not, and refuses even Sentinel's transaction that makes it a replica.
   */
  async #isWholeAgain(): Promise<boolean> {
    if (await this.#isWhole()) return true
    for (const host of DATA_HOSTS) {
      if ((await this.process(host).state()) === 'ended') await this.boot(host)
    }
    await this.limitMemory(MAXMEMORY)
    await forgetStrangers()
    return false
  }

  async #isWhole(): Promise<boolean> {
    const views = [...(await this.views()).values()]
    const primaries = views.filter((view) => view?.role === 'primary')
    const [primary] = primaries
    if (primaries.length !== 1 || primary?.replicas.length !== DATA_HOSTS.length - 1) return false
    if (!views.every((view) => view === primary || (view?.linkUp && view.replid === primary?.replid)))
      return false
    return (await Promise.all(SENTINEL_PLACES.map(knowsAll))).every(Boolean)
  }
}

async function lowestPriority(place: SentinelPlace): Promise<string> {
  const replicas = await ask(place, ['SENTINEL', 'REPLICAS', PRIMARY_NAME])
  const priorities = (Array.isArray(replicas) ? replicas : []).map((replica) =>
    String((replica as Record<string, unknown>)['slave-priority']),
  )
  return priorities.sort((one, other) => Number(one) - Number(other))[0] ?? ''
}
