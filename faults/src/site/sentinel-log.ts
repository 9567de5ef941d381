import type { TimelineEntry } from './timeline.ts'

/** What tells the story of a failover; the rest of a Sentinel's log is about itself. */
const EVENTS = new Set([
  '+sdown',
  '-sdown',
  '+odown',
  '-odown',
  '+new-epoch',
  '+try-failover',
  '+elected-leader',
  '+promoted-slave',
  '+switch-master',
  '+convert-to-slave',
  '+tilt',
  '-tilt',
  '-failover-abort-no-good-slave',
])

/**
 * The events in a Sentinel's log, on the clock of the history. `wallClockMs` is what the wall clock showed when the
 * history's clock showed 0: Sentinel writes the wall clock, to the millisecond, in local time.
 */
export function readSentinelEvents(place: string, log: string, wallClockMs: number): TimelineEntry[] {
  return log.split('\n').flatMap((line) => {
    const [, time, event, details] = /^\d+:\w (\d+ \w+ \d+ [\d:.]+) [#*] (\S+)(.*)$/.exec(line) ?? []
    if (time === undefined || event === undefined || !EVENTS.has(event)) return []
    return [{ atMs: Date.parse(time) - wallClockMs, what: `${place}: ${event}${details ?? ''}` }]
  })
}
