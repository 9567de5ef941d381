import { type DataCentreStatus, getStatus } from '@holdfast/cluster/status'
import type { PlaceOptions } from '../commands/locate.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { placeAgain, placeOf } from '../place.ts'
import { isWell, statusText } from '../status/text.ts'
import { watchStatus } from '../status/watch.ts'

export type StatusOptions = PlaceOptions & { watch?: boolean; json?: boolean }

/** Prints how a data centre is, once or as it changes. Throws `UsageError`, and what `getStatus` throws. */
export async function status(options: StatusOptions): Promise<ExitCode> {
  const place = placeOf(options)
  const again = placeAgain(options)
  if (options.watch) {
    const last = await watchStatus(place, again, options.json === true)
    return last === null ? EXIT.ok : exitCodeOf(last)
  }
  const found = await getStatus(place)
  console.log(options.json ? JSON.stringify(found) : statusText(found, again))
  return exitCodeOf(found)
}

function exitCodeOf(found: DataCentreStatus) {
  if (isWell(found)) return EXIT.ok
  const { supervisor, redis, sentinels } = found
  const isUnsupervised = supervisor === 'gone' || supervisor === 'none'
  return isUnsupervised && [...redis, ...sentinels].every(isSilent) ? EXIT.notRunning : EXIT.failed
}

const isSilent = ({ reachable }: { reachable: boolean }) => !reachable
