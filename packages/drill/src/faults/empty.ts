import { mkdir, rm } from 'node:fs/promises'
import { formatAddress, parseReplication } from '@holdfast/tokens/redis'
import { DrillError } from '../errors.ts'
import { type FaultKind, type FaultTools, nameOf, type Scene } from './plan.ts'
import { TARGETS } from './targets.ts'

const COMMAND_TIMEOUT_MS = 1000

/** The host of a replica dies and comes back with an empty disk. Its answers count only after it has copied all data. */
export const empty: FaultKind = {
  action: 'empty',
  targets: TARGETS.empty,
  lastsMs: 0,
  maxMs: 0,
  plan(scene) {
    const { victim, tools } = scene
    return {
      victim,
      text: `lose host ${victim.host}, empty the data folder of ${victim.name}, restore the host`,
      done: `${nameOf(scene)} came back with an empty data set.`,
      needsNewPrimary: false,
      undo: [{ do: 'restore-host', host: victim.host }],
      async inject() {
        await tools.control.loseHost(victim.host)
        if (!(await anotherHasAll(tools, victim))) throw notWithoutPrimary(victim)
        const folder = tools.dataCentre.folder.dataOf(victim.name)
        await rm(folder, { recursive: true, force: true, maxRetries: 5 })
        await mkdir(folder, { mode: 0o700 })
        await tools.control.restoreHost(victim.host)
        return {}
      },
      tookEffect: ({ isGone }) => isGone(),
    }
  },
}

/** Data is deleted only if another Redis is the primary, and has a linked replica. */
async function anotherHasAll({ ask, redis }: FaultTools, victim: Scene['victim']): Promise<boolean> {
  const others = redis.filter((node) => formatAddress(node) !== formatAddress(victim))
  const views = await Promise.all(
    others.map(async (node) => {
      const [info] = await ask(node, [['INFO', 'replication']], COMMAND_TIMEOUT_MS)
      return parseReplication(String(info))
    }),
  )
  return (
    views.some(({ role }) => role === 'primary') &&
    views.some(({ role, linkUp }) => role === 'replica' && linkUp)
  )
}

const notWithoutPrimary = ({ name }: Scene['victim']) =>
  new DrillError(
    'NOT_WHOLE',
    `The data of ${name} was not deleted: no other Redis is the primary with a linked replica. See \`holdfast doctor\`.`,
  )
