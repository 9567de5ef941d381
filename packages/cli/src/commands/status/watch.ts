import { setTimeout as sleep } from 'node:timers/promises'
import type { DataCentrePlace } from '@holdfast/operations/data-centre/open'
import type { DataCentreStatus } from '@holdfast/operations/status/facts'
import { openStatus } from '@holdfast/operations/status/status'
import { FullScreen } from '../../terminal/full-screen.ts'
import { paint } from '../../terminal/paint.ts'
import { abortOnSignals } from '../../terminal/signals.ts'
import { statusLine, statusText } from './text.ts'

const POLL_INTERVAL_MS = 1000

/**
 * Shows the status until `q` or Ctrl-C and returns the last one. A terminal shows all of it, redrawn in place; a pipe gets
 * one line per change, or with `asJson` one object. `flags` as in `statusText`.
 */
export async function watchStatus(
  locator: DataCentrePlace,
  flags: string,
  asJson: boolean,
): Promise<DataCentreStatus | null> {
  const reader = await openStatus(locator)
  const leaving = abortOnSignals()
  const isLive = process.stdout.isTTY === true && !asJson
  const screen = isLive ? new FullScreen(process.stdout, process.stdin, () => leaving.abort()) : null
  const show =
    screen === null
      ? linePrinter(asJson)
      : (status: DataCentreStatus) => screen.show(statusText(status, flags), foot())
  let last: DataCentreStatus | null = null
  try {
    while (!leaving.signal.aborted) {
      last = await reader.read()
      if (leaving.signal.aborted) break
      show(last)
      await sleep(POLL_INTERVAL_MS, undefined, { signal: leaving.signal }).catch(() => {})
    }
    return last
  } finally {
    screen?.end()
    reader.close()
  }
}

const foot = (): string => `  ${paint.faint(`${new Date().toLocaleTimeString('en-GB')}   q quits`)}`

/** Prints a line whenever it differs from the last one. */
function linePrinter(asJson: boolean): (status: DataCentreStatus) => void {
  let last = ''
  return (status) => {
    const line = statusLine(status)
    if (line === last) return
    last = line
    console.log(asJson ? JSON.stringify(status) : `${new Date().toISOString()} ${line}`)
  }
}
