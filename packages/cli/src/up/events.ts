import { setTimeout as sleep } from 'node:timers/promises'
import { connectControl, type ProcessStatus } from '@holdfast/cluster'

const EVERY_MS = 300

/** Tells in a sentence what happens to the processes of a data centre that runs, until the signal aborts. */
export async function tellEvents(
  stateDir: string,
  say: (sentence: string, isBad: boolean) => void,
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
        if (sentence !== null) say(sentence, process.state !== 'running')
      }
      before = now
    }
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {})
  }
}

/** What became of a process, or null when nothing did. Pure. */
function changeOf(before: ProcessStatus | undefined, now: ProcessStatus): string | null {
  if (before === undefined) return null
  const { name } = now
  if (before.state === now.state && before.pid === now.pid) return null
  switch (now.state) {
    case 'running':
      return `${name} runs again (process ${now.pid}).`
    case 'backoff':
      return `${name} has ended; it will be started again.`
    case 'held':
      return `${name} is held: its data is gone, so it waits until another Redis is primary.`
    case 'lost':
      return `${name} is lost with its host.`
    default:
      return null
  }
}
