import { type Place, sentinelOf } from '../hosts/places.ts'
import type { Site } from '../site/site.ts'
import type { Begun, Fault } from './fault.ts'

const SECOND_MS = 1000
export const HOUR_MS = 3_600_000

/** Forward or back, by a second or by an hour. */
function drawShiftMs(strength: number): number {
  const shifts = [SECOND_MS, -SECOND_MS, HOUR_MS, -HOUR_MS]
  return shifts[Math.min(shifts.length - 1, Math.floor(strength * shifts.length))] ?? SECOND_MS
}

async function shiftAt(
  site: Site,
  place: Place,
  byMs: number,
  touches: Begun['touches'] = [],
): Promise<Begun> {
  const clock = site.clockOf(place)
  await clock.shift(byMs)
  return {
    where: `${place} (${byMs / SECOND_MS} s)`,
    touches,
    evidence: async () => (clock.errorMs() === byMs ? 'its process reads the shifted clock' : null),
    end: () => clock.shift(0),
  }
}

const redisClock: Fault = {
  summary: 'the clock of a Redis is set forward or back by 1 s or 1 h, and later right again',
  reach: 'one-data-host',
  needs: 'clocks',
  begin: async (site, { role }, strength) => shiftAt(site, await site.resolve(role), drawShiftMs(strength)),
}

const sentinelClock: Fault = {
  summary: 'the clock of a Sentinel is set forward or back by 1 s or 1 h, and later right again',
  reach: 'one-data-host',
  needs: 'clocks',
  begin: async (site, { role }, strength) =>
    shiftAt(site, sentinelOf(await site.resolve(role)), drawShiftMs(strength)),
}

const appClock: Fault = {
  summary: 'the clock of an application host is set forward or back by 1 s or 1 h, and later right again',
  reach: 'one-application',
  needs: 'clocks',
  begin: (site, { app }, strength) => shiftAt(site, app, drawShiftMs(strength), site.fleet.on(app)),
}

export const CLOCK_FAULTS = {
  'redis-clock': redisClock,
  'sentinel-clock': sentinelClock,
  'app-clock': appClock,
} as const satisfies Record<string, Fault>
