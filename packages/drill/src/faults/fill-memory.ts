import { readField } from '@holdfast/agent/redis/replies'
import { DrillError } from '../errors.ts'
import { type FaultKind, labelOf, nameOf, seconds } from './plan.ts'
import { TARGETS } from './targets.ts'

const COMMAND_TIMEOUT_MS = 1000
/** Less than any Redis uses (in bytes). */
const NO_MEMORY = '1'

/** Lowers maxmemory below the memory in use: no login can be stored, and everything else must continue. */
export const fillMemory: FaultKind = {
  action: 'fill-memory',
  targets: TARGETS['fill-memory'],
  lastsMs: 5000,
  maxMs: 120_000,
  async plan(scene) {
    const { victim, tools } = scene
    const lastsMs = scene.lastsMs ?? 0
    const [reply] = await tools.ask(victim, [['CONFIG', 'GET', 'maxmemory']], COMMAND_TIMEOUT_MS)
    const limit = readField(reply, 'maxmemory')
    if (!/^\d+$/.test(limit) || limit === NO_MEMORY) {
      throw new DrillError(
        'NOT_WHOLE',
        `${labelOf(victim)} has maxmemory "${limit}", which the drill could not restore. See \`holdfast doctor\`.`,
      )
    }
    return {
      victim,
      text: `fill the memory of ${labelOf(victim)} for ${seconds(lastsMs)}`,
      done: `${nameOf(scene)} had no memory left for ${seconds(lastsMs)}.`,
      needsNewPrimary: false,
      // In its file, too: a Sentinel may have made Redis write it meanwhile.
      undo: [
        {
          do: 'command',
          node: { host: victim.host, port: victim.port },
          commands: [
            ['CONFIG', 'SET', 'maxmemory', limit],
            ['CONFIG', 'REWRITE'],
          ],
        },
      ],
      async inject() {
        await tools.ask(victim, [['CONFIG', 'SET', 'maxmemory', NO_MEMORY]], COMMAND_TIMEOUT_MS)
        return {}
      },
      tookEffect: ({ refusedLogins }) => refusedLogins > 0,
      refusesLogins: true,
    }
  },
}
