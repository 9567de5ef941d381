import { readFile } from 'node:fs/promises'

/** The current state of a process. */
export type ProcessState = 'running' | 'paused' | 'ended'

/** Reads the state from the kernel. It is the evidence that a fault took effect, or has ended. */
export async function processState(pid: number | undefined): Promise<ProcessState> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name in brackets may contain any characters, including brackets.
  const letter = stat.charAt(stat.lastIndexOf(')') + 2)
  if (letter === '' || letter === 'Z' || letter === 'X') return 'ended'
  return letter === 'T' ? 'paused' : 'running'
}
