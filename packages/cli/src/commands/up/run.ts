import type { ExitCode } from '../../command-line/exit-codes.ts'
import { runDetached } from './background.ts'
import { startInBackground } from './detach.ts'
import { runInForeground } from './foreground.ts'
import type { UpOptions } from './plan.ts'

/** How long open handles may keep the process alive after everything has stopped. */
const EXIT_TIMEOUT_MS = 2000

/** Starts one or several data centres in the foreground or in the background. */
export async function up(options: UpOptions): Promise<ExitCode> {
  try {
    return await run(options)
  } finally {
    setTimeout(() => process.exit(), EXIT_TIMEOUT_MS).unref()
  }
}

function run(options: UpOptions): Promise<ExitCode> {
  if (options.background) return runDetached(options)
  return options.detach ? startInBackground(options) : runInForeground(options)
}
