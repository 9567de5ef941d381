import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Timings } from '../data-centre/config.ts'
import { DataCentre } from '../data-centre/data-centre.ts'
import { ShiftableClock } from '../hosts/clock.ts'
import { Network } from '../hosts/network.ts'
import { DATA_HOSTS, type DataHost, PLACES, type Place } from '../hosts/places.ts'
import { SmallDisk } from '../hosts/small-disk.ts'
import type { Fleet } from './fleet.ts'
import type { Timeline } from './timeline.ts'

/** Which data host a fault is for: one by name, or by its part at that time. */
export type Role = DataHost | 'primary' | 'replica' | 'other-replica'

export interface SiteOptions {
  folder: string
  timings: Timings
  timeline: Timeline
  /** The library that shifts clocks; then every process is started with it. */
  clockShim: string | null
  /** Whether each Redis keeps its data on a small disk of its own. */
  smallDisks: boolean
  /** Whether the product's watchdog runs on every data host. */
  watchdogs: boolean
}

const DISK_MEGABYTES = 24

/** All that faults can be done to: the network, the data centre, the application servers and their clocks. */
export class Site {
  readonly network: Network
  readonly dataCentre: DataCentre
  readonly timeline: Timeline
  readonly timings: Timings
  readonly #clocks: ReadonlyMap<Place, ShiftableClock>
  readonly #disks: ReadonlyMap<DataHost, SmallDisk>
  #fleet: Fleet | null = null
  #lastPrimary: DataHost = 'a'

  private constructor(
    options: SiteOptions,
    network: Network,
    dataCentre: DataCentre,
    clocks: ReadonlyMap<Place, ShiftableClock>,
    disks: ReadonlyMap<DataHost, SmallDisk>,
  ) {
    this.network = network
    this.dataCentre = dataCentre
    this.timeline = options.timeline
    this.timings = options.timings
    this.#clocks = clocks
    this.#disks = disks
  }

  static async create(options: SiteOptions): Promise<Site> {
    const { folder, timings, clockShim, smallDisks, watchdogs } = options
    const network = await Network.create()
    const clocks = new Map<Place, ShiftableClock>()
    for (const place of clockShim === null ? [] : PLACES) {
      clocks.set(place, await ShiftableClock.create(join(folder, `clock-${place}`), clockShim ?? ''))
    }
    const disks = new Map<DataHost, SmallDisk>()
    const dataFolder = join(folder, 'data-centre')
    await mkdir(dataFolder)
    for (const host of smallDisks ? DATA_HOSTS : []) {
      disks.set(host, await SmallDisk.mount(join(dataFolder, host), DISK_MEGABYTES))
    }
    const dataCentre = await DataCentre.start({
      folder: dataFolder,
      timings,
      environmentOf: (place) => clocks.get(place)?.env ?? {},
      watchdogs,
    })
    return new Site(options, network, dataCentre, clocks, disks)
  }

  get fleet(): Fleet {
    if (this.#fleet === null) throw new Error('The site has no application servers yet.')
    return this.#fleet
  }

  set fleet(fleet: Fleet) {
    this.#fleet = fleet
  }

  clockOf(place: Place): ShiftableClock {
    const clock = this.#clocks.get(place)
    if (clock === undefined) throw new Error('This run has no clocks that can be shifted.')
    return clock
  }

  /** What a process at a place is started with, so that its clock can be shifted. */
  environmentOf(place: Place): NodeJS.ProcessEnv {
    return this.#clocks.get(place)?.env ?? {}
  }

  diskOf(host: DataHost): SmallDisk {
    const disk = this.#disks.get(host)
    if (disk === undefined) throw new Error('This run has no disks that can be filled.')
    return disk
  }

  /** The host that has this part now; the last known one while nobody is primary. */
  async resolve(role: Role): Promise<DataHost> {
    if (DATA_HOSTS.includes(role as DataHost)) return role as DataHost
    const primary = (await this.dataCentre.primary()) ?? this.#lastPrimary
    this.#lastPrimary = primary
    if (role === 'primary') return primary
    const replicas = DATA_HOSTS.filter((host) => host !== primary)
    return (role === 'replica' ? replicas[0] : replicas[1]) ?? primary
  }
}
