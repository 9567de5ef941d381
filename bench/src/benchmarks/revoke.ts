import type { Benchmark } from '../benchmark.ts'
import { pause } from '../clock.ts'
import { DataCentre } from '../data-centre.ts'
import { figure, single } from '../figure.ts'
import { percentile } from '../rounds.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { HoldfastWorker } from '../workers/holdfast.ts'

const ROUNDS = 5
const REVOCATIONS_IN_ROUND = 200
const GIVE_UP_MS = 5000
/** L: the longest time after the acknowledgement during which a lease lets another process answer *active*. */
const LEASE_MS = 1000

export const revoke: Benchmark = {
  name: 'revoke',
  title: 'Revocation: time until another process refuses',
  async run({ stack, say }) {
    const centre = await DataCentre.start(stack)
    const revoking = WorkerProcess.start<HoldfastWorker>(stack, 'holdfast')
    const verifying = WorkerProcess.start<HoldfastWorker>(stack, 'holdfast')
    await revoking.call('open', centre.storeOptions())
    await verifying.call('open', centre.storeOptions())
    const refusedMs: number[][] = []
    const staleMs: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      say(`round ${round + 1} of ${ROUNDS}: ${REVOCATIONS_IN_ROUND} revocations`)
      const ofRound: number[] = []
      for (const token of await revoking.call('logIn', REVOCATIONS_IN_ROUND)) {
        await verifying.call('verify', token)
        const refusal = verifying.call('refusal', token, GIVE_UP_MS)
        await pause(1 + Math.random() * 4)
        const { calledMs, acknowledgedMs } = await revoking.call('revoke', token)
        const { firstRefusedMs, lastActiveMs } = await refusal
        ofRound.push(firstRefusedMs - calledMs)
        staleMs.push(Math.max(0, lastActiveMs - acknowledgedMs))
      }
      refusedMs.push(ofRound)
    }
    const all = refusedMs.flat()
    return {
      setup: [
        `${ROUNDS * REVOCATIONS_IN_ROUND} revocations, one after the other. The other process has the session in its near cache under a lease and verifies it continuously. Measured: the time from the call of \`revoke\` to the call of the first verification that was refused, on the clock that both processes share.`,
        'The verifying process keeps one core busy; the revoking process and three Redis share the other.',
      ],
      figures: [
        figure(
          'revoked → refused, p50 of each round',
          'ms',
          refusedMs.map((round) => percentile(round, 0.5)),
          { below: 5 },
        ),
        single('revoked → refused, p99 of all', 'ms', percentile(all, 0.99), { below: 25 }),
        single('revoked → refused, slowest of all', 'ms', Math.max(...all), { below: LEASE_MS }),
        single(
          'longest time after the acknowledgement at which it was still accepted (promised: below L = 1000)',
          'ms',
          Math.max(...staleMs),
          {
            below: LEASE_MS,
          },
        ),
      ],
    }
  },
}
