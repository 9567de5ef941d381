import { type SwitchoverReport, switchover as switchOver } from '@holdfast/cluster'
import type { PlaceOptions } from '../commands/locate.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { placeOf } from '../place.ts'
import { duration } from '../terminal/format.ts'
import { paint } from '../terminal/paint.ts'
import { abortOnSignals } from '../up/signals.ts'

export type SwitchoverOptions = PlaceOptions & { to?: string; json?: boolean }

/** Has another Redis become the primary. Throws `UsageError`, and what `switchover` of the cluster throws. */
export async function switchover(options: SwitchoverOptions): Promise<ExitCode> {
  const { signal } = abortOnSignals()
  const report = await switchOver({
    ...placeOf(options),
    ...(options.to === undefined ? {} : { to: options.to }),
    onProgress: ({ text }) => console.error(paint.faint(`  ${text}`)),
    signal,
  })
  console.log(options.json ? JSON.stringify(report) : reportText(report))
  return EXIT.ok
}

function reportText({ from, to, pausedMs, tookMs, mended }: SwitchoverReport): string {
  const left = mended.map((line) => `  ${paint.warning('mended')}  ${line}\n`).join('')
  return `${left}  ${paint.good('✓')} ${paint.strong(to)} is the primary, after ${from}. Writes waited ${duration(pausedMs)}; all took ${duration(tookMs)}.`
}
