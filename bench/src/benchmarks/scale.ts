import { tokenKey } from '@holdfast/tokens'
import type { Benchmark } from '../benchmark.ts'
import { DataCentre } from '../data-centre.ts'
import { type Figure, figure } from '../figure.ts'
import { fill } from '../fill.ts'
import { interleave, percentile, ratios } from '../rounds.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { HoldfastWorker } from '../workers/holdfast.ts'

const ROUNDS = 5
const LOOPS = 64
const VERIFY_MS = 1000
/** The maximum number of real tokens in a store. The benchmark verifies them in turn. */
const MAX_TOKENS = 20_000
const ISSUES_IN_ROUND = 3000
/** The benchmark takes one subject after another. Each has the same number of sessions at every size. */
const SUBJECTS_IN_ROUND = 20
const SESSIONS_OF_SUBJECT = 10
/** Numbers of users that do not have a session before the rounds. */
const FIRST_ISSUED = 1_000_000
const FIRST_ENDED = 2_000_000

/** Sentinel's `down-after-milliseconds`. Filling keeps a primary busy, and must not cause a failover. */
const DOWN_AFTER_MS = 30_000

/** The allowed ratio between the cost at another size and the cost at the smallest size. */
const MAX_COST_RATIO = 1.3

interface Sized {
  sessions: number
  centre: DataCentre
  worker: WorkerProcess<HoldfastWorker>
}

export const scale: Benchmark = {
  name: 'scale',
  title: 'Many sessions',
  async run({ stack, sizes, say }) {
    const stores: Sized[] = []
    for (const sessions of sizes) stores.push(await startFilled(stack, sessions, say))
    say(`${ROUNDS} rounds at ${sizes.length} sizes`)
    const measured = await interleave(
      Object.fromEntries(stores.map((store) => [store.sessions, (round: number) => measure(store, round)])),
      { rounds: ROUNDS },
    )
    const [smallest, ...others] = stores.map(({ sessions }) => sessions)
    const of = (sessions: number | undefined, pick: (one: Costs) => number) =>
      (measured[String(sessions)] ?? []).map(pick)
    const costs: [string, (one: Costs) => number][] = [
      ['a verification from the primary', (one) => one.verifyUs],
      ['a login', (one) => one.issueUs],
      [`the end of all ${SESSIONS_OF_SUBJECT} sessions of a subject`, (one) => one.endUs],
    ]
    const figures: Figure[] = costs.flatMap(([what, pick]) => [
      ...others.map((sessions) =>
        figure(
          `${what}, ${formatCount(sessions)} relative to ${formatCount(smallest)} sessions`,
          '×',
          ratios(of(sessions, pick), of(smallest, pick)),
          {
            atMost: MAX_COST_RATIO,
          },
        ),
      ),
      ...[smallest, ...others].map((sessions) =>
        figure(`${what}, ${formatCount(sessions)} sessions`, 'µs', of(sessions, pick)),
      ),
    ])
    return {
      setup: [
        `One data centre per size; all of them run at the same time and are measured in turn. Up to ${MAX_TOKENS} sessions of each are real and are verified in turn (${LOOPS} loops, not from the cache). The rest are copies of a real record under keys of the same form, which a script on the primary writes; the index of each subject contains two of them. AOF is off while the store is filled, and on for the measurement.`,
        `A round is ${VERIFY_MS} ms of verifications, ${ISSUES_IN_ROUND} logins (${LOOPS} loops), and the end of all sessions of each of ${SUBJECTS_IN_ROUND} subjects, one after the other; then these records are deleted, so that the store keeps its size. The cost is the time per operation over all loops.`,
        'The measured process has one core. Its primary and replicas share the other with the idle Redis and Sentinels of the other sizes.',
      ],
      figures,
    }
  },
}

async function startFilled(
  stack: AsyncDisposableStack,
  sessions: number,
  say: (line: string) => void,
): Promise<Sized> {
  say(`filling a data centre with ${formatCount(sessions)} sessions`)
  const centre = await DataCentre.start(stack, { quickSentinels: false, downAfterMs: DOWN_AFTER_MS })
  const worker = WorkerProcess.start<HoldfastWorker>(stack, 'holdfast')
  await worker.call('open', centre.storeOptions({ maxCachedRecords: 1 }))
  const tokens = await worker.call('logIn', Math.min(sessions, MAX_TOKENS))
  const [first = ''] = tokens
  if (sessions > tokens.length) await fill(centre, sessions - tokens.length, first)
  return { sessions, centre, worker }
}

interface Costs {
  verifyUs: number
  issueUs: number
  endUs: number
}

async function measure({ centre, worker }: Sized, round: number): Promise<Costs> {
  const verified = await worker.call('verifyFromPrimary', VERIFY_MS, LOOPS)
  const issued = await worker.call('issueMany', ISSUES_IN_ROUND, LOOPS, FIRST_ISSUED)
  const first = FIRST_ENDED + round * SUBJECTS_IN_ROUND
  const ended: string[] = []
  for (let session = 0; session < SESSIONS_OF_SUBJECT; session++) {
    ended.push(...(await worker.call('issueMany', SUBJECTS_IN_ROUND, LOOPS, first)).tokens)
  }
  const endMs = await worker.call('endSessionsOf', SUBJECTS_IN_ROUND, first)
  await deleteRecords(centre, [...issued.tokens, ...ended])
  return {
    verifyUs: 1e6 / verified.perSecond,
    issueUs: 1e6 / issued.perSecond,
    endUs: 1000 * percentile(endMs, 0.5),
  }
}

async function deleteRecords({ group }: DataCentre, tokens: readonly string[]): Promise<void> {
  const primary = await group.primary()
  for (let start = 0; start < tokens.length; start += 1000) {
    const keys = tokens.slice(start, start + 1000).map((token) => tokenKey(token) ?? '')
    await group.run(primary, 'UNLINK', ...keys)
  }
}

function formatCount(sessions: number | undefined): string {
  const count = sessions ?? 0
  if (count >= 1_000_000) return `${count / 1_000_000} M`
  return count >= 1000 ? `${count / 1000} k` : String(count)
}
