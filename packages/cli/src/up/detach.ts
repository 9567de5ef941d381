import { spawn } from 'node:child_process'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { BackgroundMessage } from './messages.ts'
import { plansOf, type UpOptions } from './plan.ts'
import { StartScreen } from './screen.ts'
import { abortOnSignals } from './signals.ts'
import { MAIN_FILE } from './start.ts'
import { welcome } from './welcome.ts'

/**
 * Starts this same command again as a process of its own session, follows its start, and leaves it alone when
 * it is ready. When it fails, its error is told here.
 */
export async function startInBackground(options: UpOptions): Promise<ExitCode> {
  // A mistake in the options or in the file is told at once.
  await plansOf(options)
  const screen = new StartScreen(options.json ? process.stderr : process.stdout)
  const child = spawn(process.execPath, [MAIN_FILE, ...process.argv.slice(2), '--background'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  abortOnSignals().signal.addEventListener('abort', () => child.kill('SIGTERM'))
  const end = await new Promise<Exclude<BackgroundMessage, { kind: 'begun' | 'progress' }>>((resolve) => {
    child.on('message', (message: BackgroundMessage) => {
      if (message.kind === 'begun') screen.begin(message.name, message.note)
      else if (message.kind === 'progress') screen.show(message.progress)
      else resolve(message)
    })
    const gone = (why: string) => resolve({ kind: 'failed', text: `Error: ${why}`, exitCode: EXIT.failed })
    child.once('error', (error) => gone(`The background process did not start: ${error.message}.`))
    child.once('exit', (code, signal) =>
      gone(
        `The background process ended during the start (${signal ?? `exit code ${code}`}). Try without --detach to see why.`,
      ),
    )
  })
  screen.end()
  // From now on the two know nothing of each other.
  if (child.connected) child.disconnect()
  child.unref()
  if (end.kind === 'failed') {
    process.stderr.write(`${end.text}\n`)
    return end.exitCode
  }
  console.log(welcome(end.descriptions, options, screen.elapsedMs))
  return EXIT.ok
}
