import type { ExitCode } from '../exit-codes.ts'
import { runDetached } from '../up/background.ts'
import { startInBackground } from '../up/detach.ts'
import { runInForeground } from '../up/foreground.ts'
import type { UpOptions } from '../up/plan.ts'

/** What is still open when all has ended may keep the process for so long. */
const LEFT_OPEN_MS = 2000

/** Starts one or several data centres; in the foreground, in the background, or as that background process. */
export async function up(options: UpOptions): Promise<ExitCode> {
  try {
    return await run(options)
  } finally {
    setTimeout(() => process.exit(), LEFT_OPEN_MS).unref()
  }
}

function run(options: UpOptions): Promise<ExitCode> {
  if (options.background) return runDetached(options)
  return options.detach ? startInBackground(options) : runInForeground(options)
}
