import { isRed, type RunResult } from '../campaign/result.ts'
import { CASES } from '../cases/cases.ts'
import { isKeySystem } from '../systems/system.ts'
import { sumOf } from './sums.ts'
import { count, ms, table } from './table.ts'

const HEADS = ['Case', 'runs', 'writes', 'lost', 'twice', 'failed', 'uncertain', 'slowest, ms']

/** The runs of plain Redis clients: a row for each case, with the controls that turned red, and one for all seeds. */
export function proxyTable(finished: readonly RunResult[]): string {
  const runs = finished.filter(({ plan }) => isKeySystem(plan.system))
  if (runs.length === 0) return 'None.'
  const scripted = CASES.flatMap(({ name, summary, limitOfProxy }) => {
    const ofCase = runs.filter(({ plan }) => plan.scripted === name)
    if (ofCase.length === 0) return []
    return [row(`**${name}**: ${summary}${limitOfProxy === undefined ? '' : ` (${limitOfProxy})`}`, ofCase)]
  })
  const seeds = runs.filter(({ plan }) => plan.scripted === null)
  return table(
    [...HEADS, 'controls that turned red'],
    [...scripted, ...(seeds.length === 0 ? [] : [row('**all seeds**', seeds)])],
  )
}

function row(name: string, runs: readonly RunResult[]): (string | number)[] {
  const own = runs.filter(({ plan }) => plan.system === 'proxy')
  const sums = sumOf(own)
  const total = (of: 'writes' | 'uncertain') => own.reduce((sum, { keys }) => sum + (keys?.[of] ?? 0), 0)
  const red = runs.filter((run) => run.plan.system !== 'proxy' && isRed(run)).map(({ plan }) => plan.system)
  const promised = own.some(({ plan }) => plan.promises.verifications)
  return [
    name,
    own.length,
    count(total('writes')),
    sums.lost,
    sums.undone,
    `${sums.failed}${promised ? ' P4' : ''}`,
    total('uncertain'),
    ms(sums.longestMs),
    [...new Set(red)].sort().join(', '),
  ]
}
