import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * Runs a program in its own network, mount and process namespaces. Everything that the program starts, mounts or
 * names ends with it, even when it is killed. If this process is killed, the program is killed too.
 */
export function spawnIsolated(
  command: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  const [program, ...args]: readonly [string, ...string[]] = [
    ...(['setpriv', '--pdeathsig', 'KILL'] as const),
    ...['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
    ...command,
  ]
  return spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    // A terminal signal must reach only this process. This process then ends the isolated program in order.
    detached: true,
  })
}

/**
 * Ends an isolated program and everything in its namespaces. The child ends after them, because it waits for the
 * first process in the namespaces, and the kernel ends that process last.
 */
export function killIsolated(child: ChildProcess): void {
  // After the child has ended, another process may have its id.
  if (child.exitCode !== null || child.signalCode !== null) return
  const first = firstInside(child.pid)
  if (first === null) child.kill('SIGKILL')
  else process.kill(first, 'SIGKILL')
}

/** The process id of the program as seen from this process. Null when the program does not run. */
function firstInside(pid: number | undefined): number | null {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    return first === undefined || first === '' ? null : Number(first)
  } catch {
    // The child has already ended.
    return null
  }
}
