import { setTimeout as sleep } from 'node:timers/promises'
import { ClusterError } from '@holdfast/site/errors'
import { type FaultKind, type FaultTools, labelOf, nameOf, type Scene, seconds } from './plan.ts'
import { TARGETS } from './targets.ts'

const POLL_INTERVAL_MS = 50

/** `kill -9`. If it lasts, each process that the supervisor starts instead is killed, too. */
export const kill: FaultKind = {
  action: 'kill',
  targets: TARGETS.kill,
  lastsMs: 0,
  // The supervisor waits longer after each crash: after half a minute it would start the victim only every 10 s.
  maxMs: 30_000,
  plan(scene) {
    const { victim, target, lastsMs, tools } = scene
    return {
      victim,
      text: `kill -9 ${labelOf(victim)}${lastsMs ? `, repeatedly for ${seconds(lastsMs)}` : ''}`,
      done: `${nameOf(scene)} was killed with kill -9${lastsMs ? `, repeatedly for ${seconds(lastsMs)}` : ''}.`,
      needsNewPrimary: target === 'primary',
      undo: [],
      async inject(ended) {
        await tools.control.signal(victim.name, 'SIGKILL')
        return lastsMs ? { rest: keepDead(tools, victim, ended) } : {}
      },
      tookEffect: ({ isGone }) => isGone(),
    }
  },
}

async function keepDead({ control }: FaultTools, { name }: Scene['victim'], ended: AbortSignal) {
  while (!ended.aborted) {
    await sleep(POLL_INTERVAL_MS)
    const { processes } = await control.status()
    const isUp = processes.some((process) => process.name === name && process.state === 'running')
    if (!isUp || ended.aborted) continue
    try {
      await control.signal(name, 'SIGKILL')
    } catch (error) {
      // The process has just ended by itself.
      if (!(error instanceof ClusterError && error.code === 'CONTROL_REFUSED')) throw error
    }
  }
}
