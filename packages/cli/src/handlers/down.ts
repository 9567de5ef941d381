import { type StopReport, stopDataCentre } from '@holdfast/cluster'
import type { LocateOptions } from '../commands/locate.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { stateDirOf } from '../place.ts'
import { plural } from '../terminal/format.ts'

export type DownOptions = LocateOptions & { purge?: boolean; json?: boolean }

/** Ends a data centre. Throws what `stopDataCentre` throws. */
export async function down(options: DownOptions): Promise<ExitCode> {
  const stateDir = stateDirOf(options)
  const report = await stopDataCentre(stateDir, { purge: options.purge === true })
  if (options.json) {
    console.log(JSON.stringify(report))
    return EXIT.ok
  }
  console.log(endedText(report))
  console.log(report.purged ? `Deleted ${stateDir}.` : `Its state stays in ${stateDir}.`)
  return EXIT.ok
}

function endedText({ ended, by }: StopReport): string {
  if (ended.length > 0) return `Ended ${plural(ended.length, 'process')}.`
  return by === 'nobody' ? 'Nothing was running.' : 'Ended a start that had no process yet.'
}
