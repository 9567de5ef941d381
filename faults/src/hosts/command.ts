import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** A system program failed, or is not installed. */
class CommandFailedError extends Error {}

const COMMAND_TIMEOUT_MS = 10_000

/** Runs a program to its end and returns its output. Throws `CommandFailedError` with the output of the program. */
export async function run(
  program: string,
  args: readonly string[],
  { input = '', timeoutMs = COMMAND_TIMEOUT_MS } = {},
): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs })
  const ended = once(child, 'close').catch((error: Error) => [error.message])
  // A program that does not read all its input reports the reason itself.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [output, errorOutput, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (code !== 0) {
    throw new CommandFailedError(
      `${program} ${args.join(' ')} exited with code ${code}. ${errorOutput.trim()}`,
    )
  }
  return output
}
