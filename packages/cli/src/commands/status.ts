import { type DataCentreStatus, getStatus } from '@holdfast/cluster'
import type { CommandSpec } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { isWell, statusText } from '../status-text.ts'
import { JSON_OPTION, LOCATE_OPTIONS, type LocateOptions, stateDirOf } from './locate.ts'

export const status: CommandSpec<LocateOptions & { json?: boolean }> = {
  name: 'status',
  summary: 'how each process is, who is primary, and whether all agree',
  options: [...LOCATE_OPTIONS, JSON_OPTION],
  notes: ['Exit code 0 when all is well, 1 when something is not, 3 when nothing runs.'],
  async handler(options) {
    const found = await getStatus(stateDirOf(options))
    console.log(options.json ? JSON.stringify(found) : statusText(found))
    return exitCodeOf(found)
  },
}

function exitCodeOf(found: DataCentreStatus) {
  if (isWell(found)) return EXIT.ok
  const nothingRuns = found.supervisor === 'gone' && [...found.redis, ...found.sentinels].every(isSilent)
  return nothingRuns ? EXIT.notRunning : EXIT.failed
}

const isSilent = ({ reachable }: { reachable: boolean }) => !reachable
