import type { Benchmark } from '../benchmark.ts'
import { profileWhenMissed } from '../benchmark.ts'
import { DataCentre } from '../data-centre.ts'
import { figure } from '../figure.ts'
import { interleave, ratios } from '../rounds.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { FastJwtWorker } from '../workers/fast-jwt.ts'
import type { HoldfastWorker } from '../workers/holdfast.ts'
import type { JoseWorker } from '../workers/jose.ts'

const TOKENS = 1000
// Short, so that other load on the machine affects all sides of a round.
const ROUND_MS = 200
const ROUNDS = 25
const JOSE_LOOPS = 64

export const verifyCached: Benchmark = {
  name: 'verify-cached',
  title: 'Verification from the near cache',
  async run({ stack, say }) {
    const centre = await DataCentre.start(stack)
    const holdfast = WorkerProcess.start<HoldfastWorker>(stack, 'holdfast')
    const jose = WorkerProcess.start<JoseWorker>(stack, 'jose')
    const fastJwt = WorkerProcess.start<FastJwtWorker>(stack, 'fast-jwt')
    await holdfast.call('open', centre.storeOptions())
    await holdfast.call('logIn', TOKENS)
    await jose.call('logIn', TOKENS)
    await fastJwt.call('logIn', TOKENS)
    await holdfast.call('verifyCachedInSequence', 1).catch(() => {})
    say(`${ROUNDS} rounds of ${ROUND_MS} ms per side`)
    const measured = await interleave(
      {
        ours: () => holdfast.call('verifyCachedInSequence', ROUND_MS),
        inSequence: () => jose.call('verifyInSequence', ROUND_MS),
        cached: () => fastJwt.call('verifyCachedInSequence', ROUND_MS),
        inLoops: () => jose.call('verifyInLoops', ROUND_MS, JOSE_LOOPS),
      },
      { rounds: ROUNDS },
    )
    const ours = measured.ours.map(({ perSecond }) => perSecond)
    const best = measured.inSequence.map(({ perSecond }, round) =>
      Math.max(perSecond, measured.inLoops[round]?.perSecond ?? 0),
    )
    const cached = measured.cached.map(({ perSecond }) => perSecond)
    const figures = [
      figure('verifications of Holdfast, relative to jose', '×', ratios(ours, best), { atLeast: 40 }),
      figure('the same, relative to fast-jwt with its cache of verified tokens', '×', ratios(ours, cached)),
      figure(
        'a verification',
        'µs',
        ours.map((perSecond) => 1e6 / perSecond),
        { below: 3 },
      ),
      figure('Holdfast', '/s', ours),
      figure('jose, the better of 1 and 64 at the same time', '/s', best),
      figure('fast-jwt with its cache', '/s', cached),
    ]
    return {
      setup: [
        `${TOKENS} sessions are verified in turn through the public API, one at a time, each time as a new string, like the token of a request. jose verifies HS256 JWTs with the same content and a key that was imported once; it has no cache. fast-jwt verifies the same kind of JWT and has the token in its cache, with the token itself as the key of the cache, which is its fastest setting. Neither asks a server, so a JWT cannot be revoked: the cache of Holdfast forgets a session within milliseconds of its logout.`,
        'Each side has its own process and one core during its measurement; Redis and Sentinels are idle. jose also uses the thread pool of Node.',
      ],
      figures,
      ...(await profileWhenMissed(figures, holdfast, () =>
        holdfast.call('verifyCachedInSequence', 8 * ROUND_MS),
      )),
    }
  },
}
