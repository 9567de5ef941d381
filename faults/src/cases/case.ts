import type { Timings } from '../data-centre/config.ts'
import type { FaultName } from '../faults/alphabet.ts'
import type { Need, Target } from '../faults/fault.ts'
import { begin, type Injected, inject } from '../faults/inject.ts'
import { type Disturbance, disturb } from '../faults/network.ts'
import type { Promises } from '../schedule/promise.ts'
import type { Site } from '../site/site.ts'
import type { SystemName } from '../systems/system.ts'
import type { Workload } from '../worker/settings.ts'

/** A schedule that a script runs, because the script must wait for the effects of its faults. */
export interface FaultCase {
  name: string
  /** Describes the case in one sentence. */
  summary: string
  timings?: Timings
  /**
   * Whether each host has the product's watchdog. Default is false, because most scripts test what Sentinel does
   * alone.
   */
  watchdogs?: boolean
  /** Whether the warm-up is so long that one replica may be enough for a commit. Default is a short warm-up. */
  longWarmUp?: boolean
  needs?: Need
  /** The number of data hosts. Default is three. */
  nodes?: number
  /** The differences from the usual workload. */
  workload?: Partial<Workload>
  promises: Promises
  /** The controls that the case must turn red. If one stays green, the case proves nothing. */
  madeFor: readonly SystemName[]
  /** Whether the product must lose here, because the case is the control of a rule outside the product. */
  mustLose?: boolean
  play: (stage: Stage) => Promise<void>
}

/** The actions of a script. After the script, the stage ends every fault that the script left on. */
export class Stage {
  readonly site: Site
  readonly #injected: Injected[] = []

  constructor(site: Site) {
    this.site = site
  }

  async inject(fault: FaultName, target: Partial<Target> = {}, strength = 0): Promise<Injected> {
    return this.#keep(await inject(this.site, fault, target, strength))
  }

  /** Makes a cut that the list of faults does not have. */
  async cut(disturbance: Disturbance): Promise<Injected> {
    return this.#keep(await begin(this.site, 'cut', () => disturb(this.site, disturbance)))
  }

  /** Runs a fault for some time. */
  async during(
    fault: FaultName,
    durationMs: number,
    target: Partial<Target> = {},
    strength = 0,
  ): Promise<void> {
    const injected = await this.inject(fault, target, strength)
    await this.pause(durationMs)
    await injected.end()
  }

  async pause(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms))
  }

  /** Ends the faults that are still on, the last one first. */
  async heal(): Promise<void> {
    for (const injected of this.#injected.splice(0).reverse()) await injected.end()
  }

  #keep(injected: Injected): Injected {
    this.#injected.push(injected)
    return injected
  }
}
