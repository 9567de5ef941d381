import { setTimeout as sleep } from 'node:timers/promises'
import type { DataCentrePlace } from '@holdfast/cluster'
import { type DataCentreStatus, openStatus } from '@holdfast/cluster/status'
import { FullScreen } from '../terminal/full-screen.ts'
import { paint } from '../terminal/paint.ts'
import { abortOnSignals } from '../up/signals.ts'
import { statusLine, statusText } from './text.ts'

const LOOK_AGAIN_MS = 1000

/**
 * Shows the status as it changes, until `q` or Ctrl-C: on a terminal the whole of it, drawn in place; in a pipe one line
 * a change, or with `asJson` one object a change. `again` as in `statusText`. Answers the last one.
 */
export async function watchStatus(
  place: DataCentrePlace,
  again: string,
  asJson: boolean,
): Promise<DataCentreStatus | null> {
  const reader = await openStatus(place)
  const leaving = abortOnSignals()
  const isLive = process.stdout.isTTY === true && !asJson
  const screen = isLive ? new FullScreen(process.stdout, process.stdin, () => leaving.abort()) : null
  const show =
    screen === null
      ? linesOf(asJson)
      : (status: DataCentreStatus) => screen.show(statusText(status, again), foot())
  let last: DataCentreStatus | null = null
  try {
    while (!leaving.signal.aborted) {
      last = await reader.read()
      if (leaving.signal.aborted) break
      show(last)
      await sleep(LOOK_AGAIN_MS, undefined, { signal: leaving.signal }).catch(() => {})
    }
    return last
  } finally {
    screen?.end()
    reader.close()
  }
}

const foot = (): string => `  ${paint.faint(`${new Date().toLocaleTimeString('en-GB')}   q ends`)}`

/** Prints a line when it says something else than the last one. */
function linesOf(asJson: boolean): (status: DataCentreStatus) => void {
  let last = ''
  return (status) => {
    const line = statusLine(status)
    if (line === last) return
    last = line
    console.log(asJson ? JSON.stringify(status) : `${new Date().toISOString()} ${line}`)
  }
}
