import { FAST, FAST_STOCK_PERIODS } from '../data-centre/config.ts'
import { FAULTS, type FaultName } from '../faults/catalog.ts'
import type { Fault, Target } from '../faults/fault.ts'
import { PLANNED_OPERATIONS, type PlannedName } from '../faults/planned.ts'
import { APP_HOSTS, USUAL_NODES } from '../hosts/places.ts'
import type { SystemName } from '../systems/system.ts'
import type { RunPlan } from './plan.ts'
import { ONE_HOST, promisesOf } from './promise.ts'
import { Random } from './random.ts'
import type { ScheduledFault } from './scheduled-fault.ts'
import { drawWorkload, workloadOf } from './workload.ts'

/** The weight of each fault in a draw. */
const WEIGHTS: Record<Exclude<FaultName, PlannedName>, number> = {
  'kill-redis': 10,
  'pause-redis': 14,
  'kill-sentinel': 3,
  'pause-sentinel': 3,
  'pause-all-sentinels': 2,
  'kill-host': 5,
  'pause-host': 6,
  'restart-empty': 4,
  'cut-host': 8,
  'mute-host': 5,
  'deaf-host': 5,
  'cut-link': 4,
  'half-cut-link': 4,
  minority: 6,
  'half-and-half': 5,
  'cut-app': 3,
  'cut-app-from-primary': 3,
  'lossy-host': 3,
  'slow-host': 3,
  'kill-app': 4,
  'pause-app': 4,
  'full-disk': 2,
  'full-memory': 2,
  'host-clock': 3,
  'host-clock-drifts': 1,
  'sentinel-clock': 2,
  'app-clock': 3,
  'app-clock-drifts': 1,
  'sentinel-failover': 5,
  'busy-script': 3,
  stampede: 3,
  'reset-sentinel': 2,
  'reset-all-sentinels': 1,
  'first-file': 2,
  'reset-in-cut': 3,
  'first-file-in-cut': 2,
  'hidden-failover': 4,
  'freeze-host': 4,
  'freeze-app': 3,
  'suspend-app': 2,
  'stall-leader': 3,
  'freeze-leader': 3,
  'power-loss': 5,
  'torn-transaction': 2,
  'foreign-replica': 1,
  'foreign-minority': 2,
  'forged-feed': 2,
}

/** The weight of each planned operation that replaces a drawn fault. */
const PLANNED_WEIGHTS: Record<PlannedName, number> = {
  switchover: 4,
  'killed-switchover': 2,
  'rotate-passwords': 2,
  'killed-rotation': 2,
}
const PLANNED_SHARE = 0.2

/** From a hiccup to 15 s, with fine steps around `down-after` (1500 ms). */
const DURATIONS_MS: readonly [number, ...number[]] = [
  100, 300, 600, 900, 1100, 1300, 1400, 1450, 1500, 1550, 1600, 1700, 1900, 2200, 2600, 3000, 3500, 4000,
  5000, 6000, 8000, 11_000, 15_000,
]

/** The longest schedule, without the waits until the data centre is healthy. */
const MAX_SCHEDULE_MS = 40_000
/** The pause between two faults of a sequence. */
const RECOVERY_MS = 4500
/** The pause between two faults of a chain. */
const CHAIN_PAUSE_MS = 3000
/**
 * After this time every server has asked all Sentinels. Then one replica may be enough for a commit, whichever
 * Sentinel fails.
 */
const LONG_WARM_UP_MS = 3500
const SHORT_WARM_UP_MS = 1500
const DEFAULT_IDLE_MS = 1_800_000
const LEASE_MS = 1000
/** Records are kept this long after their end, for clocks that are off by less. */
const TOLERATED_CLOCK_ERROR_MS = 60_000
/** The share of sequences that use faults of one host at a time, so that users must not see an error. */
const ONE_HOST_SHARE = 0.4
const FIVE_NODES = 5
const FIVE_NODES_SHARE = 0.15
/** Two processes of one machine read its clock at slightly different times. */
const SAME_CLOCK_MS = 50

/** The plan of a seed. The same seed gives the same faults and the same operations. */
export function planSeed(seed: number, system: SystemName = 'holdfast'): RunPlan {
  const random = new Random(seed, 'plan')
  const schedule = withOperation(drawSchedule(random), new Random(seed, 'operation'))
  const workload = workloadOf(system, drawWorkload(random))
  const needs = new Set(schedule.map(({ fault }) => (FAULTS[fault] as Fault).needs))
  const shiftableClocks = needs.has('clocks')
  const nodes = drawNodes(schedule, new Random(seed, 'nodes'))
  const promises = promisesOf(schedule)
  return {
    name: `seed-${seed}`,
    scripted: null,
    schedule,
    seed,
    system,
    timings: random.chance(0.7) ? FAST : FAST_STOCK_PERIODS,
    nodes,
    workers: random.between(4, 6),
    ...(shiftableClocks ? underShiftedClocks(workload) : underOneClock(workload)),
    leaseMs: LEASE_MS,
    // Logins wait longer on a server that has not been able to ask all Sentinels.
    warmUpMs: warmUpMs(promises.logins || random.chance(0.5)),
    shiftableClocks,
    smallDisks: needs.has('small-disks'),
    guards: needs.has('guards'),
    watchdogs: nodes === USUAL_NODES,
    promises,
  }
}

export const warmUpMs = (long: boolean) => (long ? LONG_WARM_UP_MS : SHORT_WARM_UP_MS)

export function underOneClock(workload: RunPlan['workload']) {
  return { workload, idleMs: DEFAULT_IDLE_MS, clockErrorMs: SAME_CLOCK_MS }
}

/**
 * The sessions have the default lifetimes. A clock that is off by less than the tolerance of the product may shorten
 * or lengthen a session by the same amount. A clock that is off by more must not end a session, and its server must
 * not acknowledge a session that the other servers do not know.
 */
export function underShiftedClocks(workload: RunPlan['workload']) {
  return {
    workload: { ...workload, shortLivedShare: 0 },
    idleMs: DEFAULT_IDLE_MS,
    clockErrorMs: TOLERATED_CLOCK_ERROR_MS,
  }
}

/** Some runs have five data hosts. These runs do not use the parts of the product that are made for three hosts. */
function drawNodes(schedule: readonly ScheduledFault[], random: Random): number {
  const forThree = schedule.some(
    ({ fault }) =>
      FAULTS[fault].scope === 'planned' ||
      fault in PLANNED_OPERATIONS ||
      (FAULTS[fault] as Fault).needs === 'guards',
  )
  return random.chance(FIVE_NODES_SHARE) && !forThree ? FIVE_NODES : USUAL_NODES
}

function drawSchedule(random: Random): ScheduledFault[] {
  const draw = { sequence: drawSequence, pair: drawPair, chain: drawChain }
  return draw[random.weighted({ sequence: 4, pair: 2, chain: 4 })](random)
}

/**
 * In some schedules a planned operation replaces one fault. It has its own random stream, so that the other draws do
 * not change.
 */
function withOperation(schedule: ScheduledFault[], random: Random): ScheduledFault[] {
  if (!random.chance(PLANNED_SHARE)) return schedule
  const fault = random.weighted(PLANNED_WEIGHTS)
  const replaced = random.between(0, schedule.length - 1)
  return schedule.map((drawn, index) => (index === replaced ? { ...drawn, fault } : drawn))
}

/** Faults one after the other. The data centre is healthy between them. */
function drawSequence(random: Random): ScheduledFault[] {
  const oneHost = random.chance(ONE_HOST_SHARE)
  return drawRow(random, random.between(2, 5), () => RECOVERY_MS + random.between(0, 1500), {
    afterRecovery: true,
    mayHave: ({ scope }) => !oneHost || ONE_HOST.has(scope),
  })
}

/** Faults one at a time. Each may start while the data centre still recovers from the previous one. */
function drawChain(random: Random): ScheduledFault[] {
  return drawRow(random, random.between(5, 10), () => random.between(0, CHAIN_PAUSE_MS), {
    // If such a fault met another one, the run could not promise anything.
    mayHave: ({ losesData }) => losesData !== true,
  })
}

/** Several faults one after the other, with pauses between them. */
function drawRow(
  random: Random,
  count: number,
  pauseMs: () => number,
  { afterRecovery = false, mayHave = (_: Fault): boolean => true },
): ScheduledFault[] {
  const schedule: ScheduledFault[] = []
  let atMs = random.between(0, 500)
  while (schedule.length < count) {
    const drawn = drawFault(random, atMs)
    if (!mayHave(FAULTS[drawn.fault])) continue
    if (schedule.length > 0 && drawn.atMs + drawn.durationMs > MAX_SCHEDULE_MS) break
    schedule.push({ ...drawn, afterRecovery: afterRecovery && schedule.length > 0 })
    atMs += drawn.durationMs + pauseMs()
  }
  return schedule
}

/** Two faults at the same time, or a second fault during the recovery from the first. */
function drawPair(random: Random): ScheduledFault[] {
  const first = drawFault(random, random.between(0, 500))
  let second = drawFault(random, 0)
  for (let tries = 0; second.fault === first.fault && tries < 10; tries++) second = drawFault(random, 0)
  return [first, { ...second, atMs: first.atMs + random.between(0, first.durationMs + CHAIN_PAUSE_MS) }]
}

function drawFault(random: Random, atMs: number): ScheduledFault {
  const fault = random.weighted(WEIGHTS)
  const role = random.weighted<Target['role']>({
    primary: 6,
    replica: 2,
    'other-replica': 2,
    a: 0,
    b: 0,
    c: 0,
    d: 0,
    e: 0,
  })
  const app = random.pick(APP_HOSTS)
  return {
    atMs,
    durationMs: random.pick((FAULTS[fault] as Fault).durationsMs ?? DURATIONS_MS),
    fault,
    target: { role, app },
    strength: random.next(),
    afterRecovery: false,
  }
}
