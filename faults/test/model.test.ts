import { beforeAll, describe, expect, it } from 'vitest'
import { missingTool, parseVerdict } from '../model/pan.ts'
import { QUICK_RUNS } from '../model/runs.ts'
import { type Found, isAsExpected, search } from '../model/search.ts'
import { BOUNDS, type Outcomes, searchOutcomes } from './model-searches.ts'

/** The searches began with the tests (model-searches.ts). This is for a run of this file alone, on a busy machine. */
const WAIT_MS = 15 * 60_000
const ONE_MS = 2 * 60_000
const LIMITS = { ...BOUNDS, timeoutMs: ONE_MS, signal: AbortSignal.timeout(WAIT_MS + ONE_MS) }
const aLogin = QUICK_RUNS.filter(({ name }) => name === 'a-login')

const missing = await missingTool()
if (missing !== null) console.warn(`The model was not searched: ${missing}`)

let outcomes: Outcomes = {}
beforeAll(async () => {
  if (missing === null) outcomes = await searchOutcomes(WAIT_MS)
}, WAIT_MS + 1000)

/** The result of a search. Throws the reason if it has none. */
function outcomeOf(name: string): Found {
  const outcome = outcomes[name]
  if (outcome === undefined) throw new Error(`The search ${name} did not end.`)
  if ('failed' in outcome) throw new Error(outcome.failed)
  return outcome
}

describe.runIf(missing === null)(
  'the model of commit, barrier, journal, lease, feed, quorum read and proxy',
  () => {
    it.each(QUICK_RUNS.filter(({ expect }) => expect === 'holds'))('has no violation: $title', ({ name }) => {
      const { errors, isComplete, schedule } = outcomeOf(name)
      expect(schedule).toEqual([])
      expect(errors).toBe(0)
      expect(isComplete).toBe(true)
    })

    it.each(QUICK_RUNS.filter(({ expect }) => expect === 'breaks'))(
      'has a counterexample: $title',
      ({ name }) => {
        const { errors, schedule } = outcomeOf(name)
        expect(errors).toBeGreaterThan(0)
        expect(schedule.length).toBeGreaterThan(3)
      },
    )
  },
)

describe.runIf(missing === null)('a search that did not visit every state', () => {
  it.each(aLogin)('proves nothing when its depth was limited', { timeout: ONE_MS }, async (run) => {
    const short = await search(run, { ...LIMITS, mostSteps: 20 })
    expect(short.errors === 0 && short.isComplete).toBe(false)
    expect(isAsExpected(short)).toBe(false)
  })

  it.each(aLogin)('proves nothing when its memory ran out', { timeout: ONE_MS }, async (run) => {
    const small = await search(run, { ...LIMITS, memoryMb: 60 })
    expect(isAsExpected(small)).toBe(false)
  })

  it('fails when the verifier does not print a result', () => {
    expect(() => parseVerdict('Segmentation fault')).toThrow(/does not contain a result: Segmentation fault/)
  })

  it.each(aLogin)('fails when it exceeds its deadline', { timeout: ONE_MS }, async (run) => {
    await expect(search(run, { ...LIMITS, timeoutMs: 1 })).rejects.toMatchObject({
      code: 'MODEL_TOOL_FAILED',
    })
  })
})
