import type { Timings } from '../data-centre/config.ts'
import type { FaultName } from '../faults/catalog.ts'
import type { Need, Target } from '../faults/fault.ts'
import { type InjectedFault, inject, startFault } from '../faults/inject.ts'
import { dropPackets, type PacketLoss } from '../faults/network.ts'
import type { Promises } from '../schedule/promise.ts'
import type { SystemName } from '../systems/system.ts'
import type { Testbed } from '../testbed/testbed.ts'
import type { Workload } from '../worker/settings.ts'

/** A fault schedule as a script. The script can wait for the effects of its faults. */
export interface FaultCase {
  name: string
  /** Describes the case in one sentence. */
  summary: string
  timings?: Timings
  /** Whether each host has the product's watchdog. Default is false: most scripts test Sentinel without it. */
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
  failingControls: readonly SystemName[]
  /** Whether the product itself must fail, because the case shows why a rule outside the library is needed. */
  expectViolation?: boolean
  /** Whether the case concerns login systems alone. A campaign of all cases leaves it out for plain Redis clients. */
  ofLoginsOnly?: boolean
  /**
   * Why the proxy must fail although the library keeps its promises: the case shows a limit of the proxy (docs/proxy.md).
   */
  limitOfProxy?: string
  run: (context: CaseContext) => Promise<void>
}

/** The actions of a script. Faults that are still active after the script are ended by `endFaults`. */
export class CaseContext {
  readonly testbed: Testbed
  readonly #injected: InjectedFault[] = []

  constructor(testbed: Testbed) {
    this.testbed = testbed
  }

  async inject(fault: FaultName, target: Partial<Target> = {}, strength = 0): Promise<InjectedFault> {
    return this.#keep(await inject(this.testbed, fault, target, strength))
  }

  /** Makes a cut that is not in the list of faults. */
  async cut(loss: PacketLoss): Promise<InjectedFault> {
    return this.#keep(await startFault(this.testbed, 'cut', () => dropPackets(this.testbed, loss)))
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

  /** Ends the faults that are still active, the last one first. */
  async endFaults(): Promise<void> {
    for (const injected of this.#injected.splice(0).reverse()) await injected.end()
  }

  #keep(injected: InjectedFault): InjectedFault {
    this.#injected.push(injected)
    return injected
  }
}
