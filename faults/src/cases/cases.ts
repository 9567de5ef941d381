import { FAST } from '../data-centre/config.ts'
import { USUAL_NODES } from '../hosts/places.ts'
import { underOneClock, underShiftedClocks, warmUpMs } from '../schedule/generate.ts'
import type { RunPlan } from '../schedule/plan.ts'
import { USUAL_WORKLOAD, workloadOf } from '../schedule/workload.ts'
import type { SystemName } from '../systems/system.ts'
import type { FaultCase } from './case.ts'
import { CLOCKS } from './clocks.ts'
import { COMBINED_FAULTS } from './combined-faults.ts'
import { CUTS } from './cuts.ts'
import { ELECTIONS } from './elections.ts'
import { INTRUDERS } from './intruders.ts'
import { LOST_DATA } from './lost-data.ts'
import { LOST_HOSTS } from './lost-hosts.ts'
import { LOST_WRITES } from './lost-writes.ts'
import { MACHINES } from './machines.ts'
import { PLANNED } from './planned.ts'
import { PROXIES } from './proxies.ts'
import { REGRESSIONS } from './regressions.ts'
import { RESOURCES } from './resources.ts'

/** Every scripted case. */
export const CASES: readonly FaultCase[] = [
  ...LOST_WRITES,
  ...LOST_DATA,
  ...LOST_HOSTS,
  ...CUTS,
  ...RESOURCES,
  ...COMBINED_FAULTS,
  ...PLANNED,
  ...REGRESSIONS,
  ...ELECTIONS,
  ...MACHINES,
  ...CLOCKS,
  ...INTRUDERS,
  ...PROXIES,
]

/**
 * The cases of the brief form: a cut link with a wrong election, a dead primary, an operation, a suspended server, a
 * server with a wrong clock, forged messages, five data hosts. The library's own tests also run the other schedules that
 * lose writes (`tokens/test/schedules/lost-writes.test.ts`).
 */
export const BRIEF_CASES: readonly string[] = [
  'C',
  'kill-primary',
  'switchover',
  'suspended-application',
  'application-ahead',
  'forged-feed',
  'five-nodes',
]

export function findCase(name: string): FaultCase | null {
  return CASES.find((known) => known.name === name) ?? null
}

const SEED = 1
const WORKERS = 4
const LEASE_MS = 1000

/** The plan of the run of a scripted case. */
export function planCase(scripted: FaultCase, system: SystemName = 'holdfast'): RunPlan {
  const lives = scripted.needs === 'clocks' ? underShiftedClocks : underOneClock
  return {
    name: scripted.name,
    scripted: scripted.name,
    schedule: [],
    seed: SEED,
    system,
    timings: scripted.timings ?? FAST,
    nodes: scripted.nodes ?? USUAL_NODES,
    workers: WORKERS,
    ...lives(workloadOf(system, { ...USUAL_WORKLOAD, ...scripted.workload })),
    leaseMs: LEASE_MS,
    warmUpMs: warmUpMs(scripted.longWarmUp === true),
    shiftableClocks: scripted.needs === 'clocks',
    smallDisks: scripted.needs === 'small-disks',
    guards: scripted.needs === 'guards',
    watchdogs: scripted.watchdogs ?? false,
    promises: scripted.promises,
  }
}
