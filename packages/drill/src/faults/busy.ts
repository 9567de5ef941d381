import { type FaultKind, labelOf, nameOf, outlastsFailover, seconds } from './plan.ts'
import { TARGETS } from './targets.ts'

/** How long the reply may take after the script has ended (in milliseconds). */
const MARGIN_MS = 5000
const SCRIPT = `
local function now() local t = redis.call('TIME') return t[1] * 1000 + t[2] / 1000 end
local untilMs = now() + tonumber(ARGV[1])
repeat until now() > untilMs
return 1`

/** A script that runs for a while: Redis runs one command at a time, so that it answers no client meanwhile. */
export const busy: FaultKind = {
  action: 'busy',
  targets: TARGETS.busy,
  lastsMs: 1000,
  // After 5 s Redis answers BUSY (FACT-39), and accepts a SCRIPT KILL of the Sentinels.
  maxMs: 5000,
  plan(scene) {
    const { victim, tools } = scene
    const lastsMs = scene.lastsMs ?? 0
    return {
      victim,
      text: `keep ${labelOf(victim)} busy with a script for ${seconds(lastsMs)}`,
      done: `${nameOf(scene)} was busy with a script for ${seconds(lastsMs)}.`,
      needsNewPrimary: outlastsFailover(scene),
      // It ends by itself.
      undo: [],
      inject: async () => ({
        rest: tools
          .ask(victim, [['EVAL_RO', SCRIPT, '0', String(lastsMs)]], lastsMs + MARGIN_MS)
          .catch(() => {
            // A Sentinel that demotes it ends the connection. Whether the script ran shows in the silence.
          }),
      }),
      tookEffect: ({ wentSilent }) => wentSilent,
    }
  },
}
