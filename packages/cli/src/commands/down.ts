import { stopDataCentre } from '@holdfast/cluster'
import type { CommandSpec } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { plural } from '../terminal/format.ts'
import { JSON_OPTION, LOCATE_OPTIONS, type LocateOptions, stateDirOf } from './locate.ts'

export const down: CommandSpec<LocateOptions & { purge?: boolean; json?: boolean }> = {
  name: 'down',
  summary: 'end a data centre: no process and no open port stays',
  options: [
    ...LOCATE_OPTIONS,
    { flags: '--purge', summary: 'also delete its state folder, with every session and password in it' },
    JSON_OPTION,
  ],
  async handler(options) {
    const stateDir = stateDirOf(options)
    const report = await stopDataCentre(stateDir, { purge: options.purge === true })
    if (options.json) {
      console.log(JSON.stringify(report))
      return EXIT.ok
    }
    console.log(
      report.ended.length === 0 ? 'Nothing was running.' : `Ended ${plural(report.ended.length, 'process')}.`,
    )
    console.log(report.purged ? `Deleted ${stateDir}.` : `Its state stays in ${stateDir}.`)
    return EXIT.ok
  },
}
