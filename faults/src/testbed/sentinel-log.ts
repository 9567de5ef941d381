import type { TimelineEntry } from './timeline.ts'

/** The events of a failover. The other lines of a Sentinel's log are only about the Sentinel itself. */
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
 * Reads the events in a Sentinel's log, and converts their times to the clock of the history. `wallClockMs` is the
 * wall clock time at which the history's clock was 0. Sentinel logs the wall clock in local time, to the
 * millisecond.
 */
export function readSentinelEvents(place: string, log: string, wallClockMs: number): TimelineEntry[] {
  return log.split('\n').flatMap((line) => {
    const [, time, event, details] = /^\d+:\w (\d+ \w+ \d+ [\d:.]+) [#*] (\S+)(.*)$/.exec(line) ?? []
    if (time === undefined || event === undefined || !EVENTS.has(event)) return []
    return [{ atMs: Date.parse(time) - wallClockMs, what: `${place}: ${event}${details ?? ''}` }]
  })
}
