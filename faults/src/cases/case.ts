import type { Timings } from '../data-centre/config.ts'
import type { FaultName } from '../faults/alphabet.ts'
import type { Need, Target } from '../faults/fault.ts'
import { begin, type Injected, inject } from '../faults/inject.ts'
import { type Disturbance, disturb } from '../faults/network.ts'
import type { Promises } from '../schedule/promise.ts'
import type { Site } from '../site/site.ts'
import type { SystemName } from '../systems/system.ts'
import type { Workload } from '../worker/settings.ts'

/** A schedule that is played by a script, because it waits for what it brings about. */
export interface FaultCase {
  name: string
  /** What happens, in one sentence. */
  summary: string
  timings?: Timings
  /** Whether each host has the product's watchdog. Default is not: most scripts wait for what Sentinel does by itself. */
  watchdogs?: boolean
  /** Long enough that one replica may be enough for a commit. Default is short. */
  longWarmUp?: boolean
  needs?: Need
  /** How many data hosts it has. Default is three. */
  nodes?: number
  /** What differs from the usual workload. */
  workload?: Partial<Workload>
  promises: Promises
  /** The controls that it must turn red, or it proves nothing. */
  madeFor: readonly SystemName[]
  /** The product must lose here: the case is the control of a rule outside of it. */
  mustLose?: boolean
  play: (stage: Stage) => Promise<void>
}

/** What a script can do. Whatever it leaves on is healed after it. */
export class Stage {
  readonly site: Site
  readonly #injected: Injected[] = []

  constructor(site: Site) {
    this.site = site
  }

  async inject(fault: FaultName, target: Partial<Target> = {}, strength = 0): Promise<Injected> {
    return this.#keep(await inject(this.site, fault, target, strength))
  }

  /** A cut that the alphabet does not have. */
  async cut(disturbance: Disturbance): Promise<Injected> {
    return this.#keep(await begin(this.site, 'cut', () => disturb(this.site, disturbance)))
  }

  /** A fault for a while. */
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

  /** Heals what is left, the last first. */
  async heal(): Promise<void> {
    for (const injected of this.#injected.splice(0).reverse()) await injected.end()
  }

  #keep(injected: Injected): Injected {
    this.#injected.push(injected)
    return injected
  }
}
