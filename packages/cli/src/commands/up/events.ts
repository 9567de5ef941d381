import { setTimeout as sleep } from 'node:timers/promises'
import { connectControl } from '@holdfast/local/supervise/control-client'
import type { ProcessStatus } from '@holdfast/local/supervise/managed-process'

const POLL_INTERVAL_MS = 300

/** Reports each change of the processes of a running data centre as a sentence, until the signal aborts. */
export async function watchProcesses(
  stateDir: string,
  report: (sentence: string, isBad: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const control = connectControl(stateDir)
  let before = new Map<string, ProcessStatus>()
  while (!signal.aborted) {
    const status = await control.status().catch(() => null)
    if (signal.aborted) return
    if (status !== null) {
      const now = new Map(status.processes.map((process) => [process.name, process]))
      for (const [name, process] of now) {
        const sentence = changeOf(before.get(name), process)
        if (sentence !== null) report(sentence, process.state !== 'running')
      }
      before = now
    }
    await sleep(POLL_INTERVAL_MS, undefined, { signal }).catch(() => {})
  }
}

/** The change of a process as a sentence, or null if there is none. Pure. */
function changeOf(before: ProcessStatus | undefined, now: ProcessStatus): string | null {
  if (before === undefined) return null
  const { name } = now
  if (before.state === now.state && before.pid === now.pid) return null
  switch (now.state) {
    case 'running':
      return `${name} is running again (process ${now.pid}).`
    case 'backoff':
      return `${name} has ended and will be restarted.`
    case 'held':
      return `${name} is on hold: its data is gone, so it waits until another Redis is primary.`
    case 'lost':
      return `${name} was lost with its host.`
    default:
      return null
  }
}
