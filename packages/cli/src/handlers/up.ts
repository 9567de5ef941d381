import type { ExitCode } from '../exit-codes.ts'
import { runDetached } from '../up/background.ts'
import { startInBackground } from '../up/detach.ts'
import { runInForeground } from '../up/foreground.ts'
import type { UpOptions } from '../up/plan.ts'

/** Starts one or several data centres; in the foreground, in the background, or as that background process. */
export function up(options: UpOptions): Promise<ExitCode> {
  if (options.background) return runDetached(options)
  return options.detach ? startInBackground(options) : runInForeground(options)
}
