import {
  switchover as runSwitchover,
  type SwitchoverReport,
} from '@holdfast/operations/switchover/switchover'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { locatorFromOptions } from '../../data-centre/locator.ts'
import type { LocatorOptions } from '../../data-centre/options.ts'
import { duration } from '../../terminal/format.ts'
import { paint } from '../../terminal/paint.ts'
import { abortOnSignals } from '../../terminal/signals.ts'

export type SwitchoverOptions = LocatorOptions & { to?: string; json?: boolean }

/** Promotes another Redis. Throws `UsageError`, and what `switchover` of `@holdfast/operations` throws. */
export async function switchover(options: SwitchoverOptions): Promise<ExitCode> {
  const { signal } = abortOnSignals()
  const report = await runSwitchover({
    ...locatorFromOptions(options),
    ...(options.to === undefined ? {} : { to: options.to }),
    onProgress: ({ text }) => console.error(paint.faint(`  ${text}`)),
    signal,
  })
  console.log(options.json ? JSON.stringify(report) : reportText(report))
  return EXIT.ok
}

function reportText({ from, to, pausedMs, tookMs, mended }: SwitchoverReport): string {
  const cleanup = mended.map((line) => `  ${paint.warning('cleaned up')}  ${line}\n`).join('')
  return `${cleanup}  ${paint.good('✓')} ${paint.strong(to)} is now primary (before: ${from}). Writes paused for ${duration(pausedMs)}; the switchover took ${duration(tookMs)}.`
}
