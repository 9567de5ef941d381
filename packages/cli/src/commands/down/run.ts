import { type StopReport, stopDataCentre } from '@holdfast/local/lifecycle/stop'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { stateDirFromOptions } from '../../data-centre/locator.ts'
import type { LocalOptions } from '../../data-centre/options.ts'
import { plural } from '../../terminal/format.ts'

export type DownOptions = LocalOptions & { purge?: boolean; json?: boolean }

/** Stops a local data centre. Throws what `stopDataCentre` throws. */
export async function down(options: DownOptions): Promise<ExitCode> {
  const stateDir = stateDirFromOptions(options)
  const report = await stopDataCentre(stateDir, { purge: options.purge === true })
  if (options.json) {
    console.log(JSON.stringify(report))
    return EXIT.ok
  }
  console.log(stoppedText(report))
  console.log(report.purged ? `Deleted ${stateDir}.` : `Its state is kept in ${stateDir}.`)
  return EXIT.ok
}

function stoppedText({ ended, by }: StopReport): string {
  if (ended.length > 0) return `Stopped ${plural(ended.length, 'process')}.`
  return by === 'nobody' ? 'Nothing was running.' : 'Stopped a start that had no processes yet.'
}
