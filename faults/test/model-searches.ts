/**
 * Set-up of the campaign tier (vitest.config.ts): searches the model from the start of the tests, in time that no other
 * process wants. The tiers before this one leave a core idle for minutes; a search of its own would take two more.
 */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { missingTool } from '../model/pan.ts'
import { QUICK_RUNS } from '../model/runs.ts'
import { type Found, searchAll } from '../model/search.ts'

/** The result of each search, by its name: what was found, or the reason why it has no result. */
export type Outcomes = Record<string, Found | { failed: string }>

const FOLDER = 'HOLDFAST_MODEL_RESULTS'
const POLL_MS = 200
/** The time is for a machine on which all other tests run. */
export const BOUNDS = { timeoutMs: 30 * 60_000, memoryMb: 2000, hashBits: 22 }

export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-model-results-'))
  process.env[FOLDER] = folder
  const ended = new AbortController()
  const searches = searchInBackground(folder, ended.signal)
  return async () => {
    ended.abort()
    await searches
    await rm(folder, { recursive: true, force: true })
  }
}

/** Waits for the searches that the set-up began. */
export async function searchOutcomes(timeoutMs: number): Promise<Outcomes> {
  const file = resultsFile(process.env[FOLDER] ?? '')
  for (
    const deadlineMs = performance.now() + timeoutMs;
    performance.now() < deadlineMs;
    await delay(POLL_MS)
  ) {
    const text = await readFile(file, 'utf8').catch(nullIfMissing)
    if (text !== null) return JSON.parse(text) as Outcomes
  }
  throw new Error(`The searches of the model did not end within ${timeoutMs} ms of waiting.`)
}

async function searchInBackground(folder: string, signal: AbortSignal): Promise<void> {
  if ((await missingTool()) !== null) return
  const outcomes: Outcomes = {}
  const options = { ...BOUNDS, signal, inBackground: true }
  try {
    await searchAll(QUICK_RUNS, 1, options, ({ name }, outcome) => {
      outcomes[name] = outcome instanceof Error ? { failed: outcome.message } : outcome
    })
  } catch (error) {
    if (signal.aborted) return
    throw error
  }
  // In one step: a test never reads half of it.
  const draft = join(folder, 'draft.json')
  await writeFile(draft, JSON.stringify(outcomes))
  await rename(draft, resultsFile(folder))
}

const resultsFile = (folder: string) => join(folder, 'results.json')

function nullIfMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw error
}
