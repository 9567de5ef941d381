import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { ShiftableClock } from '@holdfast/testing/clock'
import type { Timings } from '../data-centre/config.ts'
import { DataCentre } from '../data-centre/data-centre.ts'
import { Network } from '../hosts/network.ts'
import { DATA_HOSTS, type DataHost, PLACES, type Place, type SentinelPlace } from '../hosts/places.ts'
import { SmallDisk } from '../hosts/small-disk.ts'
import type { SystemName } from '../systems/system.ts'
import type { Fleet } from './fleet.ts'
import type { Timeline } from './timeline.ts'

/** The data host that a fault hits: a host by its name, or the host with this role at that time. */
export type Role = DataHost | 'primary' | 'replica' | 'other-replica'

export interface TestbedOptions {
  folder: string
  /** The system that its application servers run. */
  system: SystemName
  timings: Timings
  secrets: Secrets
  timeline: Timeline
  /** The library that shifts clocks. If it is set, every process starts with it. */
  clockShim: string | null
  /** Whether each Redis keeps its data on its own small disk. */
  smallDisks: boolean
  /** Whether the product's watchdog runs on every data host. */
  watchdogs: boolean
  /** Whether every Redis starts through the product's guard. */
  guards: boolean
}

const DISK_MEGABYTES = 24

/** Everything that faults can affect: the network, the data centre, the application servers and their clocks. */
export class Testbed {
  readonly network: Network
  readonly timeline: Timeline
  readonly timings: Timings
  readonly system: SystemName
  readonly #clocks: ReadonlyMap<Place, ShiftableClock>
  readonly #disks: ReadonlyMap<DataHost, SmallDisk>
  readonly #options: TestbedOptions
  #dataCentre: DataCentre | null = null
  #fleet: Fleet | null = null
  #lastPrimary: DataHost = 'a'

  private constructor(
    options: TestbedOptions,
    network: Network,
    clocks: ReadonlyMap<Place, ShiftableClock>,
    disks: ReadonlyMap<DataHost, SmallDisk>,
  ) {
    this.#options = options
    this.network = network
    this.timeline = options.timeline
    this.timings = options.timings
    this.system = options.system
    this.#clocks = clocks
    this.#disks = disks
  }

  /** Creates the places. Processes do not run in them at this time. */
  static async create(options: TestbedOptions): Promise<Testbed> {
    const { folder, clockShim, smallDisks } = options
    const network = await Network.create()
    const clocks = new Map<Place, ShiftableClock>()
    for (const place of clockShim === null ? [] : PLACES) {
      clocks.set(place, await ShiftableClock.create(join(folder, `clock-${place}`), clockShim ?? ''))
    }
    const disks = new Map<DataHost, SmallDisk>()
    const dataFolder = dataFolderIn(folder)
    await mkdir(dataFolder)
    for (const host of smallDisks ? DATA_HOSTS : []) {
      disks.set(host, await SmallDisk.mount(join(dataFolder, host), DISK_MEGABYTES))
    }
    return new Testbed(options, network, clocks, disks)
  }

  /** Starts Redis and Sentinel. Resolves when the data centre is healthy. */
  async startDataCentre(): Promise<void> {
    const { folder, timings, secrets, watchdogs, guards } = this.#options
    this.#dataCentre = await DataCentre.start({
      folder: dataFolderIn(folder),
      timings,
      secrets,
      environmentOf: (place) => this.environmentOf(place),
      watchdogs,
      guards,
    })
  }

  get dataCentre(): DataCentre {
    if (this.#dataCentre === null) throw new Error('The data centre has not started.')
    return this.#dataCentre
  }

  get fleet(): Fleet {
    if (this.#fleet === null) throw new Error('The application servers have not been set.')
    return this.#fleet
  }

  set fleet(fleet: Fleet) {
    this.#fleet = fleet
  }

  clockOf(place: Place): ShiftableClock {
    const clock = this.#clocks.get(place)
    if (clock === undefined) throw new Error('The clocks of this run are not adjustable.')
    return clock
  }

  /** The environment variables of a process at a place, so that faults can shift its clock. */
  environmentOf(place: Place): NodeJS.ProcessEnv {
    return this.#clocks.get(place)?.env ?? {}
  }

  diskOf(host: DataHost): SmallDisk {
    const disk = this.#disks.get(host)
    if (disk === undefined) throw new Error('The Redis of this run do not use small disks.')
    return disk
  }

  /** The data folder of a Redis that is not part of the data centre. */
  get foreignFolder(): string {
    return join(this.#options.folder, 'foreign')
  }

  /** All places except these. */
  placesBut(some: readonly Place[]): Place[] {
    return PLACES.filter((place) => !some.includes(place))
  }

  /** The host that has this role now. Without a primary, the last known primary counts. */
  async resolve(role: Role): Promise<DataHost> {
    if (DATA_HOSTS.includes(role as DataHost)) return role as DataHost
    const primary = (await this.dataCentre.primary()) ?? this.#lastPrimary
    this.#lastPrimary = primary
    return role === 'primary' ? primary : replicaOf(primary, role)
  }

  /**
   * The primary and one of its replicas, from a single query. With two queries, the primary could change between
   * them.
   */
  async resolveLink(role: Role): Promise<{ primary: DataHost; replica: DataHost }> {
    const primary = await this.resolve('primary')
    return { primary, replica: replicaOf(primary, role) }
  }
}

/** The number of times that an event is in the log of a Sentinel. */
export async function countInLog(testbed: Testbed, place: SentinelPlace, event: string): Promise<number> {
  const log = await readFile(testbed.dataCentre.logFiles().get(place) ?? '', 'utf8')
  return log.split(` ${event} `).length - 1
}

const dataFolderIn = (folder: string) => join(folder, 'data-centre')

/** The host with this name or role. If that host is the primary itself, the first replica. */
function replicaOf(primary: DataHost, role: Role): DataHost {
  const replicas = DATA_HOSTS.filter((host) => host !== primary)
  const found =
    replicas.find((host) => host === role) ?? (role === 'other-replica' ? replicas[1] : replicas[0])
  if (found === undefined) throw new Error('There are no replicas.')
  return found
}
