import { type SwitchoverReport, switchover as switchOver } from '@holdfast/cluster'
import type { CommandSpec } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { duration } from '../terminal/format.ts'
import { paint } from '../terminal/paint.ts'
import { abortOnSignals } from '../up/signals.ts'
import { JSON_OPTION, LOCATE_OPTIONS, type LocateOptions, stateDirOf } from './locate.ts'

export const switchover: CommandSpec<LocateOptions & { to?: string; json?: boolean }> = {
  name: 'switchover',
  summary: 'make another Redis the primary as planned, without losing or refusing anything',
  options: [
    { flags: '--to <host>', summary: 'address of the next primary (default: the replica that has most)' },
    ...LOCATE_OPTIONS,
    JSON_OPTION,
  ],
  notes: [
    'It refuses when something is not well, and changes nothing then. Interrupted before the promotion it puts back',
    'what it changed; killed half-way, the pause ends by itself within 3 s and the next switchover mends the rest.',
  ],
  async handler(options) {
    const { signal } = abortOnSignals()
    const report = await switchOver({
      stateDir: stateDirOf(options),
      ...(options.to === undefined ? {} : { to: options.to }),
      onProgress: ({ text }) => console.error(paint.faint(`  ${text}`)),
      signal,
    })
    console.log(options.json ? JSON.stringify(report) : reportText(report))
    return EXIT.ok
  },
}

function reportText({ from, to, pausedMs, tookMs, mended }: SwitchoverReport): string {
  const left = mended.map((line) => `  ${paint.warning('mended')}  ${line}\n`).join('')
  return `${left}  ${paint.good('✓')} ${paint.strong(to)} is the primary, after ${from}. Writes waited ${duration(pausedMs)}; all took ${duration(tookMs)}.`
}
