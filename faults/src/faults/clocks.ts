import { type Place, placesOf, sentinelOf } from '../hosts/places.ts'
import type { Testbed } from '../testbed/testbed.ts'
import type { ActiveFault, Fault } from './fault.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/**
 * Small shifts are within the tolerance. Large shifts exceed the idle lifetime of a session, as a wrong time zone or
 * a clock that was never set does.
 */
const SHIFTS_MS = [
  SECOND_MS,
  -SECOND_MS,
  5 * MINUTE_MS,
  40 * MINUTE_MS,
  -40 * MINUTE_MS,
  13 * HOUR_MS,
  -13 * HOUR_MS,
]
/** The gain of a drifting clock (in milliseconds per second). During a fault the clock exceeds every tolerance. */
const DRIFTS = [2000, -2000, 100_000, -100_000]

const drawFrom = (values: readonly number[], strength: number): number =>
  values[Math.min(values.length - 1, Math.floor(strength * values.length))] ?? 0

/** The strength that shifts a clock by this amount. */
export function strengthForShift(ms: number): number {
  const index = SHIFTS_MS.indexOf(ms)
  if (index < 0) throw new Error(`${ms} ms is not one of the clock shifts: ${SHIFTS_MS.join(', ')}.`)
  return index / SHIFTS_MS.length
}

/** Sets the clocks at several places of one machine. */
async function shiftClocks(
  testbed: Testbed,
  places: readonly Place[],
  { byMs = 0, driftMsPerSecond = 0 },
  affected: ActiveFault['affected'] = [],
): Promise<ActiveFault> {
  const clocks = places.map((place) => testbed.clockOf(place))
  for (const clock of clocks) await clock.shift(byMs, driftMsPerSecond)
  const how = driftMsPerSecond === 0 ? `${byMs / SECOND_MS} s` : `${driftMsPerSecond} ms per second`
  return {
    where: `${places.join(', ')} (${how})`,
    affected,
    evidence: async () =>
      clocks.every((clock) => clock.errorMs() !== 0) ? 'its processes read the shifted clock' : null,
    end: async () => {
      for (const clock of clocks) await clock.shift(0)
    },
  }
}

const hostClock: Fault = {
  summary: 'the clock of a data host is wrong by 1 s, 5 min, 40 min or 13 h, and is later corrected',
  scope: 'one-data-host',
  needs: 'clocks',
  start: async (testbed, { role }, strength) =>
    shiftClocks(testbed, placesOf(await testbed.resolve(role)), { byMs: drawFrom(SHIFTS_MS, strength) }),
}

const hostClockDrifts: Fault = {
  summary: 'the clock of a data host gains or loses 2 s or 100 s per second, and is later corrected',
  scope: 'one-data-host',
  needs: 'clocks',
  start: async (testbed, { role }, strength) =>
    shiftClocks(testbed, placesOf(await testbed.resolve(role)), {
      driftMsPerSecond: drawFrom(DRIFTS, strength),
    }),
}

const sentinelClock: Fault = {
  summary: 'only the clock of a Sentinel is wrong by 1 s, 5 min, 40 min or 13 h, and is later corrected',
  scope: 'one-data-host',
  needs: 'clocks',
  start: async (testbed, { role }, strength) =>
    shiftClocks(testbed, [sentinelOf(await testbed.resolve(role))], { byMs: drawFrom(SHIFTS_MS, strength) }),
}

const appClock: Fault = {
  summary: 'the clock of an application host is wrong by 1 s, 5 min, 40 min or 13 h, and is later corrected',
  scope: 'one-application',
  needs: 'clocks',
  start: (testbed, { app }, strength) =>
    shiftClocks(testbed, [app], { byMs: drawFrom(SHIFTS_MS, strength) }, testbed.fleet.serversOn(app)),
}

const appClockDrifts: Fault = {
  summary: 'the clock of an application host gains or loses 2 s or 100 s per second, and is later corrected',
  scope: 'one-application',
  needs: 'clocks',
  start: (testbed, { app }, strength) =>
    shiftClocks(
      testbed,
      [app],
      { driftMsPerSecond: drawFrom(DRIFTS, strength) },
      testbed.fleet.serversOn(app),
    ),
}

export const CLOCK_FAULTS = {
  'host-clock': hostClock,
  'host-clock-drifts': hostClockDrifts,
  'sentinel-clock': sentinelClock,
  'app-clock': appClock,
  'app-clock-drifts': appClockDrifts,
} as const satisfies Record<string, Fault>
