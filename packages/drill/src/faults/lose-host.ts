import { type FaultKind, nameOf, seconds } from './plan.ts'
import { TARGETS } from './targets.ts'

/** Kills everything on a data host at once, and keeps it down: Redis, Sentinel, tunnel and watchdog. */
export const loseHost: FaultKind = {
  action: 'lose-host',
  targets: TARGETS['lose-host'],
  lastsMs: null,
  maxMs: 120_000,
  plan(scene) {
    const { victim, target, lastsMs, tools } = scene
    const back = lastsMs === null ? '' : `, back after ${seconds(lastsMs)}`
    return {
      victim,
      text: `lose host ${victim.host}: Redis, Sentinel and watchdog${back}`,
      done: `the host of ${nameOf(scene)} was lost${back === '' ? '' : `, and came${back}`}.`,
      needsNewPrimary: target === 'primary',
      undo: [{ do: 'restore-host', host: victim.host }],
      async inject() {
        await tools.control.loseHost(victim.host)
        return {}
      },
      tookEffect: ({ isGone }) => isGone(),
    }
  },
}
