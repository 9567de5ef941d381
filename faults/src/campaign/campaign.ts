import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunPlan } from '../schedule/plan.ts'
import { isProduct } from '../systems/system.ts'
import { runIsolated } from './isolated-run.ts'
import { isExpected, outcomeOf, type RunRecord, type RunResult } from './result.ts'
import { saveEvidence, type WorkingFolder } from './working-folder.ts'

export interface CampaignOptions {
  plans: readonly RunPlan[]
  parallel: number
  minutes: number
  workingFolder: WorkingFolder
  /** The folder for the evidence of failed runs: a subfolder with histories, logs and timeline per run. */
  evidenceFolder: string
  onResult: (result: RunResult, record: RunRecord | null, evidence: string | null) => void
  signal: AbortSignal
}

/** Runs many plans, several of them at the same time. Resolves with all results; rejects when the signal aborts. */
export async function runAll(options: CampaignOptions): Promise<RunResult[]> {
  const { plans, parallel, minutes, signal } = options
  const endMs = performance.now() + minutes * 60_000
  const waiting = [...plans]
  const results: RunResult[] = []
  const work = async (worker: number) => {
    // Stagger the workers, because the start is the heaviest part of a run.
    await sleep(worker * 2000, undefined, { signal })
    for (let plan = waiting.shift(); plan !== undefined; plan = waiting.shift()) {
      if (performance.now() > endMs) return
      results.push(await runOne(plan, options))
    }
  }
  await Promise.all(Array.from({ length: parallel }, (_, worker) => work(worker)))
  return results
}

async function runOne(plan: RunPlan, options: CampaignOptions): Promise<RunResult> {
  const { workingFolder, evidenceFolder, onResult, signal } = options
  const folder = await workingFolder.makeRunFolder()
  let record: RunRecord | null = null
  let result: RunResult
  try {
    const { clockShim, program, compileCache } = workingFolder
    const order = { plan, folder, clockShim }
    record = await runIsolated(order, { program, compileCache, onStage: () => {}, signal })
    result = record.result
  } catch (error) {
    signal.throwIfAborted()
    result = brokenResult(plan, error instanceof Error ? error.message : String(error))
  }
  let evidence: string | null = null
  if (!isExpected(result) || (isProduct(plan.system) && outcomeOf(result) !== 'green')) {
    evidence = join(evidenceFolder, plan.system === 'holdfast' ? plan.name : `${plan.name}@${plan.system}`)
    await saveEvidence(folder, evidence, record)
  }
  await workingFolder.removeRunFolder(folder)
  onResult(result, record, evidence)
  return result
}

function brokenResult(plan: RunPlan, broken: string): RunResult {
  return {
    plan,
    broken,
    violations: [],
    lost: 0,
    undone: 0,
    longestStalenessMs: 0,
    keys: null,
    counts: {
      issues: 0,
      revocations: 0,
      verifications: 0,
      verificationsAfterRevocation: 0,
      confirmedFaults: 0,
    },
    vacuous: [],
    spans: [],
    verifications: 0,
    failedVerifications: 0,
    failedWindows: 0,
    latencies: {},
    longestVerificationMs: 0,
    worstSecondMs: 0,
    undecided: 0,
    undecidedFailed: 0,
    loginGaps: [],
    longestStallMs: 0,
    operations: 0,
    tookMs: 0,
  }
}
