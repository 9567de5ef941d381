import { spawn } from 'node:child_process'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { abortOnSignals } from '../../terminal/signals.ts'
import type { BackgroundMessage } from './background.ts'
import { plansFromOptions, type UpOptions } from './plan.ts'
import { StartScreen } from './screen.ts'
import { MAIN_FILE } from './start.ts'
import { welcome } from './welcome.ts'

/**
 * Starts this command again as a background process in its own session, shows its progress, and detaches when it is
 * ready. Prints its error if it fails.
 */
export async function startInBackground(options: UpOptions): Promise<ExitCode> {
  // Reports mistakes in the options or in the file before it starts a process.
  await plansFromOptions(options)
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
    const fail = (why: string) => resolve({ kind: 'failed', text: `Error: ${why}`, exitCode: EXIT.failed })
    child.once('error', (error) => fail(`The background process did not start: ${error.message}.`))
    child.once('exit', (code, signal) =>
      fail(
        `The background process ended during the start (${signal ?? `exit code ${code}`}). Run it without --detach to see why.`,
      ),
    )
  })
  screen.end()
  // From now on the two processes are independent.
  if (child.connected) child.disconnect()
  child.unref()
  if (end.kind === 'failed') {
    process.stderr.write(`${end.text}\n`)
    return end.exitCode
  }
  console.log(welcome(end.descriptions, options, screen.elapsedMs))
  return EXIT.ok
}
