import { type DrillFault, type DrillReport, runDrill } from '@holdfast/cluster'
import { addUsersWithSamePassword, removeUsers } from '@holdfast/gateway'
import { type CommandSpec, oneOf, UsageError, wholeNumber } from '../command.ts'
import { reportText } from '../drill/report-text.ts'
import { DrillScreen } from '../drill/screen.ts'
import { EXIT } from '../exit-codes.ts'
import { abortOnSignals } from '../up/signals.ts'
import { JSON_OPTION, LOCATE_OPTIONS, type LocateOptions, stateDirOf } from './locate.ts'

interface FaultOptions {
  kill?: 'primary' | 'gateway' | 'sentinel'
  pause?: 'primary' | 'replica'
  loseHost?: 'primary'
  switchover?: boolean
}

interface DrillCommandOptions extends LocateOptions, FaultOptions {
  for?: number
  users?: number
  rate?: number
  logins?: number
  json?: boolean
}

export const drill: CommandSpec<DrillCommandOptions> = {
  name: 'drill',
  summary: 'do a running data centre harm while users work, and report what they noticed',
  options: [
    {
      flags: '--kill <what>',
      summary: 'kill -9 the primary (default), a gateway or a sentinel',
      parse: oneOf('primary', 'gateway', 'sentinel'),
    },
    {
      flags: '--pause <what>',
      summary: 'hang the primary or a replica for a while (SIGSTOP)',
      parse: oneOf('primary', 'replica'),
    },
    {
      flags: '--lose-host <what>',
      summary: 'lose the primary with its whole host: Redis, Sentinel and watchdog',
      parse: oneOf('primary'),
    },
    { flags: '--switchover', summary: 'no fault: switch over to another Redis as planned' },
    {
      flags: '--for <ms>',
      summary: 'how long a pause lasts (default: 8000)',
      parse: wholeNumber(100, 120_000),
    },
    {
      flags: '--users <number>',
      summary: 'users who log in first (default: 200)',
      parse: wholeNumber(1, 5000),
    },
    {
      flags: '--rate <number>',
      summary: 'verifications a second (default: 300)',
      parse: wholeNumber(1, 2000),
    },
    {
      flags: '--logins <number>',
      summary: 'logins a second while it happens (default: 3)',
      parse: wholeNumber(1, 50),
    },
    ...LOCATE_OPTIONS,
    JSON_OPTION,
  ],
  notes: ['Exit code 0 only when nobody noticed anything and the run proved it.'],
  async handler(options) {
    const fault = faultOf(options)
    const { signal } = abortOnSignals()
    const screen = new DrillScreen(options.json ? process.stderr : process.stdout)
    let report: DrillReport
    try {
      report = await runDrill({
        stateDir: stateDirOf(options),
        accounts: { add: addUsersWithSamePassword, remove: removeUsers },
        fault,
        ...(options.users === undefined ? {} : { users: options.users }),
        ...(options.rate === undefined ? {} : { requestsPerSecond: options.rate }),
        ...(options.logins === undefined ? {} : { loginsPerSecond: options.logins }),
        ...(options.for === undefined ? {} : { pauseMs: options.for }),
        onProgress: (progress) => screen.show(progress),
        signal,
      })
    } finally {
      screen.end()
    }
    console.log(options.json ? JSON.stringify(report) : reportText(report))
    return report.ok ? EXIT.ok : EXIT.failed
  },
}

/** Throws `UsageError` for more than one fault. */
function faultOf({ kill, pause, loseHost, switchover }: FaultOptions): DrillFault {
  if ([kill, pause, loseHost, switchover].filter((value) => value !== undefined).length > 1) {
    throw new UsageError('A drill does one thing: give one of --kill, --pause, --lose-host and --switchover')
  }
  if (switchover) return { action: 'switch-over', target: 'primary' }
  if (pause !== undefined) return { action: 'pause', target: pause }
  if (loseHost !== undefined) return { action: 'lose-host', target: loseHost }
  return { action: 'kill', target: kill ?? 'primary' }
}
