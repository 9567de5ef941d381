import { getStatus } from '@holdfast/operations/status/status'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { locatorFromOptions, toCliFlags } from '../../data-centre/locator.ts'
import type { LocatorOptions } from '../../data-centre/options.ts'
import { exitCodeOf } from './health.ts'
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
