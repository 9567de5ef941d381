import { type FaultKind, labelOf, nameOf, outlastsFailover, seconds } from './plan.ts'
import { TARGETS } from './targets.ts'

/** SIGSTOP, and later SIGCONT: a process that hangs, or its machine. */
export const pause: FaultKind = {
  action: 'pause',
  targets: TARGETS.pause,
  lastsMs: 8000,
  maxMs: 120_000,
  plan(scene) {
    const { victim, tools } = scene
    const lastsMs = scene.lastsMs ?? 0
    return {
      victim,
      text: `pause ${labelOf(victim)} for ${seconds(lastsMs)}`,
      done: `${nameOf(scene)} hung for ${seconds(lastsMs)}.`,
      needsNewPrimary: outlastsFailover(scene),
      undo: [{ do: 'continue', process: victim.name }],
      async inject() {
        await tools.control.signal(victim.name, 'SIGSTOP')
        return {}
      },
      // Only Redis is watched all the time. For other processes the supervisor has confirmed the signal.
      tookEffect: ({ wentSilent }) => victim.kind !== 'redis' || wentSilent,
    }
  },
}
