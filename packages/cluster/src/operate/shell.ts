import { spawn } from 'node:child_process'

/** How much of what a command says is kept (in characters): its end. */
const MOST_OUTPUT = 2000

/**
 * Runs a command of the shell to its end, and all that it started with it. Answers null when it ended well; else a
 * sentence with how it ended and what it said. It is killed when the signal aborts, or after so long (in milliseconds).
 */
export function runShell(
  command: string,
  { signal, limitMs }: { signal?: AbortSignal | undefined; limitMs: number },
): Promise<string | null> {
  return new Promise((resolve) => {
    // A session of its own, so that all of it can be ended; and no question that nobody would see.
    const child = spawn('/bin/sh', ['-c', command], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-MOST_OUTPUT)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    const end = () => {
      if (child.pid === undefined) return
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has ended in this moment.
      }
    }
    const timer = setTimeout(end, limitMs)
    signal?.addEventListener('abort', end, { once: true })
    const done = (how: string | null) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      if (how === null) return resolve(null)
      const words = said.trim() === '' ? '' : ` It said: ${said.trim()}`
      resolve(`\`${command}\` ended with ${how}.${words}`)
    }
    child.once('error', (error) => done(error.message))
    child.once('close', (code, by) => done(code === 0 ? null : (by ?? `exit code ${code}`)))
  })
}
