import {
  type PasswordName,
  type PasswordsReport,
  planPasswordRotation,
  rotatePasswords as rotate,
} from '@holdfast/cluster'
import { UsageError } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { placeAgain, placeOf } from '../place.ts'
import { assertTerminal, confirm } from '../terminal/confirm.ts'
import { LiveOutput } from '../terminal/live.ts'
import { paint } from '../terminal/paint.ts'
import { abortOnSignals } from '../up/signals.ts'
import { type RotateOptions, refuseDelivery } from './options.ts'
import { passwordsText } from './passwords-text.ts'
import { planText } from './plan-text.ts'

export interface PasswordOptions extends RotateOptions {
  user?: PasswordName[]
  stage?: 'begin' | 'finish'
  waitForOthers?: boolean
  undo?: boolean
  yes?: boolean
}

/** Gives users new passwords, or says what it would do. Throws `UsageError`, and what `rotatePasswords` of the cluster throws. */
export async function rotatePasswords({
  user,
  undo = false,
  yes = false,
  dryRun,
  json,
  ...rest
}: PasswordOptions): Promise<ExitCode> {
  const stage = stageOf(rest)
  if (undo && stage !== undefined) throw new UsageError('Give --stage or --undo, not both')
  refuseDelivery(rest)
  const { deliverCommand } = rest
  const asked = {
    ...placeOf(rest),
    undo,
    ...(deliverCommand === undefined ? {} : { deliverCommand }),
    ...(user === undefined ? {} : { users: user }),
    ...(stage === undefined ? {} : { stage }),
  }
  // Where people bring the files to the hosts, the first run takes nothing away.
  const isInOneGo = rest.file === undefined || deliverCommand !== undefined
  const takesAway = stage === 'finish' || (stage === undefined && !undo && isInOneGo)
  if (dryRun || (takesAway && !yes)) {
    const steps = await planPasswordRotation(asked)
    if (dryRun) {
      console.log(json ? JSON.stringify({ steps }) : planText(steps))
      return EXIT.ok
    }
    assertTerminal()
    for (const step of steps) console.error(`  ${paint.faint('-')} ${step}`)
    if (
      !(await confirm('The old passwords end with it, also for those that Holdfast does not reach. Go on?'))
    ) {
      console.error('Nothing was changed.')
      return EXIT.failed
    }
  }
  const report = await run(asked)
  console.log(json ? JSON.stringify(report) : passwordsText(report, placeAgain(rest)))
  return EXIT.ok
}

/** With what happens now in a line that changes; in a pipe, a line a step. */
async function run(asked: Parameters<typeof rotate>[0]): Promise<PasswordsReport> {
  const { signal } = abortOnSignals()
  const output = new LiveOutput(process.stderr)
  try {
    return await rotate({
      ...asked,
      signal,
      onProgress: ({ text }) => {
        if (output.isLive) output.update(paint.faint(`  ${text}`))
        else output.print(`  ${text}`)
      },
    })
  } finally {
    output.end()
  }
}

/** Throws `UsageError` when two of them contradict each other. */
function stageOf({ stage, waitForOthers }: Pick<PasswordOptions, 'stage' | 'waitForOthers'>) {
  if (!waitForOthers) return stage
  if (stage === 'finish') throw new UsageError('Give --wait-for-others or --stage finish, not both')
  return 'begin'
}
