import type { DataCentreStatus } from '@holdfast/operations/status/facts'
import { getStatus } from '@holdfast/operations/status/status'
import { verdictOf } from '@holdfast/operations/status/verdict'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { locatorFromOptions, toCliFlags } from '../../data-centre/locator.ts'
import type { LocatorOptions } from '../../data-centre/options.ts'
import { statusText } from './text.ts'
import { watchStatus } from './watch.ts'

export type StatusOptions = LocatorOptions & { watch?: boolean; json?: boolean }

/** Prints the status of a data centre, once or whenever it changes. Throws `UsageError`, and what `getStatus` throws. */
export async function status(options: StatusOptions): Promise<ExitCode> {
  const locator = locatorFromOptions(options)
  const flags = toCliFlags(options)
  if (options.watch) {
    const last = await watchStatus(locator, flags, options.json === true)
    return last === null ? EXIT.ok : exitCodeOf(last)
  }
  const found = await getStatus(locator)
  console.log(options.json ? JSON.stringify(found) : statusText(found, flags))
  return exitCodeOf(found)
}

const EXIT_CODES = { healthy: EXIT.ok, unhealthy: EXIT.failed, 'not-running': EXIT.notRunning } as const

const exitCodeOf = (status: DataCentreStatus): ExitCode => EXIT_CODES[verdictOf(status)]
