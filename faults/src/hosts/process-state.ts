import { readFile } from 'node:fs/promises'

/** How a process is now. */
export type ProcessState = 'running' | 'paused' | 'ended'

/** As the kernel sees it: the evidence that a fault took effect, or was healed. */
export async function processState(pid: number | undefined): Promise<ProcessState> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name in brackets may hold anything, brackets too.
  const letter = stat.charAt(stat.lastIndexOf(')') + 2)
  if (letter === '' || letter === 'Z' || letter === 'X') return 'ended'
  return letter === 'T' ? 'paused' : 'running'
}
