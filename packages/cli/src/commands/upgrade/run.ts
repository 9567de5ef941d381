import {
  upgrade as runUpgrade,
  type UpgradeProgress,
  type UpgradeReport,
} from '@holdfast/operations/upgrade/upgrade'
import { UsageError } from '../../command-line/command-spec.ts'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { locatorFromOptions } from '../../data-centre/locator.ts'
import type { LocatorOptions } from '../../data-centre/options.ts'
import { duration } from '../../terminal/format.ts'
import { table } from '../../terminal/layout.ts'
import { paint } from '../../terminal/paint.ts'
import { abortOnSignals } from '../../terminal/signals.ts'

export interface UpgradeCommandOptions extends LocatorOptions {
  only?: 'redis' | 'sentinel'
  host?: string
  restartCommand?: string
  json?: boolean
}

/** Restarts every Redis and Sentinel. Throws `UsageError`, and what `upgrade` of `@holdfast/operations` throws. */
export async function upgrade(options: UpgradeCommandOptions): Promise<ExitCode> {
  const { only, host, restartCommand } = options
  if (restartCommand !== undefined && options.file === undefined) {
    throw new UsageError(
      '--restart-command needs --file: a local supervisor restarts its processes by itself',
    )
  }
  const { signal } = abortOnSignals()
  const report = await runUpgrade({
    ...locatorFromOptions(options),
    ...(only === undefined ? {} : { only }),
    ...(host === undefined ? {} : { host }),
    ...(restartCommand === undefined ? {} : { restartCommand }),
    onProgress: (progress) => console.error(progressText(progress)),
    signal,
  })
  console.log(options.json ? JSON.stringify(report) : reportText(report))
  return EXIT.ok
}

const progressText = ({ text, command }: UpgradeProgress): string =>
  command === null ? paint.faint(`  ${text}`) : `  ${text}\n      ${paint.accent(command)}`

function reportText(report: UpgradeReport): string {
  const rows = report.restarted.map(({ name, from, to, tookMs }) => [
    name,
    from === to ? to : `${from} → ${paint.strong(to)}`,
    tookMs === null ? paint.faint('by an earlier run') : duration(tookMs),
  ])
  const { versions, switchovers, mended } = report
  return [
    '',
    ...mended.map((line) => `  ${paint.warning('cleaned up')}  ${line}`),
    table(rows, { head: ['RESTARTED', 'VERSION', 'HEALTHY AFTER'] }),
    '',
    ...switchovers.map(
      ({ from, to, pausedMs }) =>
        `  ${paint.strong(to)} is now primary (before: ${from}). Writes paused for ${duration(pausedMs)}.`,
    ),
    ...(versions.length > 1
      ? [`  ${paint.warning(`Several versions are running: ${versions.join(', ')}.`)}`]
      : []),
    `  ${paint.good('✓')} ${paint.strong(report.name)} is healthy. The upgrade took ${duration(report.tookMs)}.`,
    '',
  ].join('\n')
}
