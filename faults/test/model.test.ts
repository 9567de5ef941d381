import { beforeAll, describe, expect, it } from 'vitest'
import { missingTool, parseVerdict } from '../model/pan.ts'
import { QUICK_RUNS } from '../model/runs.ts'
import { type Found, isAsExpected, search, searchAll } from '../model/search.ts'

// The searches take about two minutes on two cores. The rest of the limit is for a busy machine.
const ALL_MS = 8 * 60_000
const LIMITS = { timeoutMs: ALL_MS, memoryMb: 2000, hashBits: 22, signal: AbortSignal.timeout(ALL_MS) }
const aLogin = QUICK_RUNS.filter(({ name }) => name === 'a-login')

const missing = await missingTool()
if (missing !== null) console.warn(`The model was not searched: ${missing}`)

const found = new Map<string, Found | Error>()
beforeAll(async () => {
  if (missing === null) await searchAll(QUICK_RUNS, 2, LIMITS, (run, outcome) => found.set(run.name, outcome))
}, ALL_MS)

/** Runs a search and returns its result. Throws the reason if the search has no result. */
function outcomeOf(name: string): Found {
  const outcome = found.get(name)
  if (outcome === undefined) throw new Error(`The search ${name} did not end.`)
  if (outcome instanceof Error) throw outcome
  return outcome
}

describe.runIf(missing === null)('the model of commit, barrier, journal, lease, feed and quorum read', () => {
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
})

describe.runIf(missing === null)('a search that did not visit every state', () => {
  it.each(aLogin)('proves nothing when its depth was limited', { timeout: ALL_MS }, async (run) => {
    const short = await search(run, { ...LIMITS, mostSteps: 20 })
    expect(short.errors === 0 && short.isComplete).toBe(false)
    expect(isAsExpected(short)).toBe(false)
  })

  it.each(aLogin)('proves nothing when its memory ran out', { timeout: ALL_MS }, async (run) => {
    const small = await search(run, { ...LIMITS, memoryMb: 60 })
    expect(isAsExpected(small)).toBe(false)
  })

  it('fails when the verifier does not print a result', () => {
    expect(() => parseVerdict('Segmentation fault')).toThrow(/does not contain a result: Segmentation fault/)
  })

  it.each(aLogin)('fails when it exceeds its deadline', { timeout: ALL_MS }, async (run) => {
    await expect(search(run, { ...LIMITS, timeoutMs: 1 })).rejects.toMatchObject({
      code: 'MODEL_TOOL_FAILED',
    })
  })
})
