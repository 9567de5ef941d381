import type { WriteStream } from 'node:tty'
import type { DrillProgress } from '@holdfast/drill/options'
import { count, duration, plural } from '../../terminal/format.ts'
import { LiveOutput } from '../../terminal/live.ts'
import { paint } from '../../terminal/paint.ts'

/** Shows a running drill: events stay, the counts change in place. */
export class DrillScreen {
  readonly #output: LiveOutput
  #phase: DrillProgress['phase'] | null = null

  constructor(stream: WriteStream) {
    this.#output = new LiveOutput(stream)
  }

  show(progress: DrillProgress): void {
    const time = paint.faint(`${(progress.elapsedMs / 1000).toFixed(1).padStart(6)} s`)
    if (progress.event !== null) {
      // The first event of this phase is the fault itself.
      const isFault = progress.phase === 'fault' && this.#phase !== 'fault'
      this.#phase = progress.phase
      this.#output.print(`${time}  ${isFault ? paint.warning(progress.event) : progress.event}`)
    }
    this.#output.update(`${time}  ${countsOf(progress)}`)
  }

  end(): void {
    this.#output.end()
  }
}

const countsOf = (progress: DrillProgress) => countParts(progress).join(paint.faint(' · '))

/** `12,345 requests`, `0 failed`, …; empty while there is nothing to count. */
export function countParts(progress: DrillProgress): string[] {
  const { phase, users, loggedIn, requests, failedRequests, loggedOut, waitingLogins, redis } = progress
  if (phase === 'prepare') return []
  if (phase === 'log-in') return [`${count(loggedIn)} of ${plural(users, 'user')} logged in`]
  const bad = (number: number, word: string) =>
    number === 0 ? `0 ${word}` : paint.bad(`${count(number)} ${word}`)
  return [
    `${count(requests)} requests`,
    bad(failedRequests, 'failed'),
    ...(redis === null ? [] : [`${count(redis.commands)} Redis commands`, bad(redis.failed, 'failed')]),
    bad(loggedOut, 'logged out'),
    `slowest ${duration(progress.longestVerifyMs)}`,
    waitingLogins > 0 ? paint.warning(`${plural(waitingLogins, 'login')} waiting`) : '',
  ].filter((part) => part !== '')
}
