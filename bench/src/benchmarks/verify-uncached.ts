import { tokenKey } from '@holdfast/tokens'
import { type Benchmark, profileWhenMissed } from '../benchmark.ts'
import { cpuFigures, withCpuCost } from '../cpu-cost.ts'
import { DataCentre } from '../data-centre.ts'
import { figure } from '../figure.ts'
import { interleave, ratios } from '../rounds.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { BareClientWorker } from '../workers/bare-client.ts'
import type { HoldfastWorker } from '../workers/holdfast.ts'

const TOKENS = 5000
// Short, so that other load on the machine affects all sides of a round.
const ROUND_MS = 400
const ROUNDS = 25
const LOOPS = 64

export const verifyUncached: Benchmark = {
  name: 'verify-uncached',
  title: 'Verification from the primary',
  async run({ stack, say }) {
    const centre = await DataCentre.start(stack)
    const holdfast = WorkerProcess.start<HoldfastWorker>(stack, 'holdfast')
    const bare = WorkerProcess.start<BareClientWorker>(stack, 'bare-client')
    await holdfast.call('open', centre.storeOptions({ maxCachedRecords: 1 }))
    const keys = (await holdfast.call('logIn', TOKENS)).map((token) => tokenKey(token) ?? '')
    await bare.call('open', await centre.primaryLogin())
    say(`${ROUNDS} rounds of ${ROUND_MS} ms per side`)
    const measured = await interleave(
      {
        ours: () => withCpuCost(centre, holdfast, () => holdfast.call('verifyFromPrimary', ROUND_MS, LOOPS)),
        theirs: () => withCpuCost(centre, bare, () => bare.call('get', ROUND_MS, LOOPS, keys)),
        theirsOpened: () => bare.call('getAndOpen', ROUND_MS, LOOPS, keys),
        oursAlone: () => holdfast.call('verifyFromPrimary', ROUND_MS / 3, 1),
        theirsAlone: () => bare.call('get', ROUND_MS / 3, 1, keys),
      },
      { rounds: ROUNDS },
    )
    const perSecond = (side: keyof typeof measured) => measured[side].map((round) => round.perSecond)
    const figures = [
      figure(
        'verifications of Holdfast, relative to GETs of the bare client',
        '×',
        ratios(perSecond('ours'), perSecond('theirs')),
        {
          atLeast: 0.85,
        },
      ),
      figure(
        'the same, relative to a GET with the minimum work to decrypt a record (SHA-256, AES-256-GCM, JSON)',
        '×',
        ratios(perSecond('ours'), perSecond('theirsOpened')),
      ),
      figure('Holdfast', '/s', perSecond('ours')),
      figure('bare client, GET', '/s', perSecond('theirs')),
      figure('the same, one at a time', '×', ratios(perSecond('oursAlone'), perSecond('theirsAlone'))),
      ...cpuFigures('verification', measured.ours),
      ...cpuFigures('GET', measured.theirs),
    ]
    return {
      setup: [
        `${LOOPS} loops verify ${TOKENS} sessions through the public API under a valid lease. The near cache holds one record, so the primary answers each verification. The bare client (@redis/client, one plain connection, RESP3 with Buffers, no command time-out, pipelined) gets the same keys with the same number of loops.`,
        'The measured process has one core. The primary shares the other with the idle replicas.',
        'A verification also hashes the token. Because the record is not in the cache, it also derives the key (SHA-256) and decrypts the claims (AES-256-GCM). The GET does none of this.',
      ],
      figures,
      ...(await profileWhenMissed(figures, holdfast, () =>
        holdfast.call('verifyFromPrimary', 8 * ROUND_MS, LOOPS),
      )),
    }
  },
}
