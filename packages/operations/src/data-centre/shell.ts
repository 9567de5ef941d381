import { spawn } from 'node:child_process'

/** How much of the end of a command's output is kept (in characters). */
const MAX_OUTPUT = 2000

/**
 * Runs a shell command and waits for its end. Answers null if it succeeded, otherwise a sentence with its exit and its output.
 * Kills it, and all processes that it started, when the signal aborts or the limit is reached (in milliseconds).
 */
export function runShell(
  command: string,
  { signal, limitMs }: { signal?: AbortSignal | undefined; limitMs: number },
): Promise<string | null> {
  return new Promise((resolve) => {
    // A process group of its own, so that all of it can be killed; no input, because no person would see a prompt.
    const child = spawn('/bin/sh', ['-c', command], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-MAX_OUTPUT)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const end = () => {
      if (child.pid === undefined) return
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has just ended.
      }
    }
    const timer = setTimeout(end, limitMs)
    signal?.addEventListener('abort', end, { once: true })
    const done = (how: string | null) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      if (how === null) return resolve(null)
      const tail = output.trim() === '' ? '' : ` Its output: ${output.trim()}`
      resolve(`\`${command}\` ended with ${how}.${tail}`)
    }
    child.once('error', (error) => done(error.message))
    child.once('close', (code, by) => done(code === 0 ? null : (by ?? `exit code ${code}`)))
  })
}
