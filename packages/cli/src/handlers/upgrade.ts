import { type UpgradeProgress, type UpgradeReport, upgrade as upgradeAll } from '@holdfast/cluster'
import { UsageError } from '../command.ts'
import type { PlaceOptions } from '../commands/locate.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { placeOf } from '../place.ts'
import { duration } from '../terminal/format.ts'
import { paint } from '../terminal/paint.ts'
import { table } from '../terminal/table.ts'
import { abortOnSignals } from '../up/signals.ts'

export interface UpgradeCommandOptions extends PlaceOptions {
  only?: 'redis' | 'sentinel'
  host?: string
  restartCommand?: string
  json?: boolean
}

/** Restarts every Redis and Sentinel. Throws `UsageError`, and what `upgrade` of the cluster throws. */
export async function upgrade(options: UpgradeCommandOptions): Promise<ExitCode> {
  const { only, host, restartCommand } = options
  if (restartCommand !== undefined && options.file === undefined) {
    throw new UsageError('--restart-command belongs to --file: here the supervisor restarts')
  }
  const { signal } = abortOnSignals()
  const report = await upgradeAll({
    ...placeOf(options),
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
    tookMs === null ? paint.faint('before this run') : duration(tookMs),
  ])
  const { versions, switchovers, mended } = report
  return [
    '',
    ...mended.map((line) => `  ${paint.warning('mended')}  ${line}`),
    table(rows, { head: ['RESTARTED', 'VERSION', 'WHOLE AGAIN AFTER'] }),
    '',
    ...switchovers.map(
      ({ from, to, pausedMs }) =>
        `  ${paint.strong(to)} is the primary, after ${from}. Writes waited ${duration(pausedMs)}.`,
    ),
    ...(versions.length > 1 ? [`  ${paint.warning(`Several versions run: ${versions.join(', ')}.`)}`] : []),
    `  ${paint.good('✓')} ${paint.strong(report.name)} is whole. All took ${duration(report.tookMs)}.`,
    '',
  ].join('\n')
}
