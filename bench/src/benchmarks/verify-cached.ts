import type { Benchmark } from '../benchmark.ts'
import { profileWhenMissed } from '../benchmark.ts'
import { DataCentre } from '../data-centre.ts'
import { figure } from '../figure.ts'
import { interleave, ratios } from '../rounds.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { HoldfastWorker } from '../workers/holdfast.ts'
import type { JoseWorker } from '../workers/jose.ts'

const TOKENS = 1000
const ROUND_MS = 800
const ROUNDS = 7
const JOSE_LOOPS = 64

export const verifyCached: Benchmark = {
  name: 'verify-cached',
  title: 'Verify, in the near cache',
  async run({ stack, say }) {
    const centre = await DataCentre.start(stack)
    const holdfast = WorkerProcess.start<HoldfastWorker>(stack, 'holdfast')
    const jose = WorkerProcess.start<JoseWorker>(stack, 'jose')
    await holdfast.call('open', centre.storeOptions())
    await holdfast.call('logIn', TOKENS)
    await jose.call('logIn', TOKENS)
    await holdfast.call('verifyCachedInSequence', 1).catch(() => {})
    say(`${ROUNDS} rounds of ${ROUND_MS} ms a side`)
    const measured = await interleave(
      {
        ours: () => holdfast.call('verifyCachedInSequence', ROUND_MS),
        inSequence: () => jose.call('verifyInSequence', ROUND_MS),
        inLoops: () => jose.call('verifyInLoops', ROUND_MS, JOSE_LOOPS),
      },
      { rounds: ROUNDS },
    )
    const ours = measured.ours.map(({ perSecond }) => perSecond)
    const best = measured.inSequence.map(({ perSecond }, round) =>
      Math.max(perSecond, measured.inLoops[round]?.perSecond ?? 0),
    )
    const figures = [
      figure("Holdfast's verifications for each of jose's", '×', ratios(ours, best), { atLeast: 40 }),
      figure(
        'a verification',
        'µs',
        ours.map((perSecond) => 1e6 / perSecond),
        { below: 3 },
      ),
      figure('Holdfast', '/s', ours),
      figure('jose, the better of one at a time and 64 at once', '/s', best),
    ]
    return {
      setup: [
        `${TOKENS} sessions, verified in turn through the public API, one after the other, each time as a new string, as a request brings it; jose verifies HS256 JWTs of the same content with a key that was imported once. A JWT cannot be revoked.`,
        'Each side is alone in its process and has a core to itself while it is measured; Redis and Sentinels idle beside it. jose also uses the threads of the Node pool.',
      ],
      figures,
      ...(await profileWhenMissed(figures, holdfast, () =>
        holdfast.call('verifyCachedInSequence', 2 * ROUND_MS),
      )),
    }
  },
}
