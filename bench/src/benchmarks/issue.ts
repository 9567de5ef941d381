import { tokenKey } from '@holdfast/tokens'
import { type Benchmark, profileWhenMissed } from '../benchmark.ts'
import { cpuFigures, withCpuCost } from '../cpu-cost.ts'
import { DataCentre } from '../data-centre.ts'
import { figure } from '../figure.ts'
import { interleave, ratios } from '../rounds.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { BareClientWorker } from '../workers/bare-client.ts'
import type { HoldfastWorker } from '../workers/holdfast.ts'

const ROUND_MS = 2000
const ROUNDS = 7
const LOOPS = 64

export const issue: Benchmark = {
  name: 'issue',
  title: 'Issue, acknowledged by the replicas',
  async run({ stack, say }) {
    const centre = await DataCentre.start(stack)
    const holdfast = WorkerProcess.start<HoldfastWorker>(stack, 'holdfast')
    const bare = WorkerProcess.start<BareClientWorker>(stack, 'bare-client')
    await holdfast.call('open', centre.storeOptions())
    await bare.call('open', await centre.primaryLogin())
    const [token] = await holdfast.call('logIn', 1)
    const value = await centre.group.run(await centre.group.primary(), 'GET', tokenKey(token ?? '') ?? '')
    const valueBytes = Buffer.isBuffer(value) ? value.length : 0
    say(`${ROUNDS} rounds of ${ROUND_MS} ms per side, records of ${valueBytes} bytes`)
    const measured = await interleave(
      {
        ours: () => withCpuCost(centre, holdfast, () => holdfast.call('issue', ROUND_MS, LOOPS)),
        theirs: () => withCpuCost(centre, bare, () => bare.call('set', ROUND_MS, LOOPS, valueBytes)),
      },
      { rounds: ROUNDS },
    )
    const perSecond = (side: keyof typeof measured) => measured[side].map((round) => round.perSecond)
    const p50Ms = (side: keyof typeof measured) => measured[side].map((round) => round.p50Ms)
    const figures = [
      figure(
        'logins of Holdfast, relative to SETs of the bare client',
        '×',
        ratios(perSecond('ours'), perSecond('theirs')),
        {
          atLeast: 0.5,
        },
      ),
      figure('p50 of a login, relative to p50 of a SET', '×', ratios(p50Ms('ours'), p50Ms('theirs')), {
        below: 3,
      }),
      figure('Holdfast', '/s', perSecond('ours')),
      figure('bare client, SET', '/s', perSecond('theirs')),
      figure('a login, p50', 'ms', p50Ms('ours')),
      figure('a SET, p50', 'ms', p50Ms('theirs')),
      figure(
        'a login, p99',
        'ms',
        measured.ours.map((round) => round.p99Ms),
      ),
      ...cpuFigures('login', measured.ours),
      ...cpuFigures('SET', measured.theirs),
    ]
    return {
      setup: [
        `${LOOPS} loops. A login of Holdfast creates a token and two encrypted parts, merges them with index and feed, and is acknowledged by both replicas. The bare client sets a value of the same ${valueBytes} bytes with a lifetime on the primary, without the acknowledgement of a replica.`,
        'The measured process has one core. The primary and both replicas share the other, and all three write an AOF (everysec), so a login pays for three Redis on one core.',
      ],
      figures,
      ...(await profileWhenMissed(figures, holdfast, () => holdfast.call('issue', 2 * ROUND_MS, LOOPS))),
    }
  },
}
