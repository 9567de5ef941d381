import type { RunResult } from '../campaign/result.ts'
import type { StoredResult } from '../campaign/results-file.ts'
import type { Span } from '../checker/availability.ts'
import { joinHistograms, percentileMs } from '../checker/latency.ts'

/** The sums and maxima over several runs. */
export interface Sums {
  runs: number
  operations: number
  logins: number
  revocations: number
  lost: number
  undone: number
  stalestMs: number
  verifications: number
  failed: number
  p99Ms: number
  p999Ms: number
  longestMs: number
  worstSecondMs: number
  undecided: number
  undecidedFailed: number
}

export function sumOf(results: readonly RunResult[]): Sums {
  const total = (of: (result: RunResult) => number) => results.reduce((sum, result) => sum + of(result), 0)
  const max = (of: (result: RunResult) => number) =>
    results.reduce((max, result) => Math.max(max, of(result)), 0)
  const latencies = joinHistograms(results.map((result) => result.latencies))
  return {
    runs: results.length,
    operations: total(({ operations }) => operations),
    logins: total(({ counts }) => counts.issues),
    revocations: total(({ counts }) => counts.revocations),
    lost: total(({ lost }) => lost),
    undone: total(({ undone }) => undone),
    stalestMs: max(({ longestStalenessMs }) => longestStalenessMs),
    verifications: total(({ verifications }) => verifications),
    failed: total(({ failedVerifications }) => failedVerifications),
    p99Ms: percentileMs(latencies, 0.99),
    p999Ms: percentileMs(latencies, 0.999),
    longestMs: max(({ longestVerificationMs }) => longestVerificationMs),
    worstSecondMs: max(({ worstSecondMs }) => worstSecondMs),
    undecided: total(({ undecided }) => undecided),
    undecidedFailed: total(({ undecidedFailed }) => undecidedFailed),
  }
}

/** The campaign as a whole. `product`: those of its runs that are judged as the product. */
export function overviewOf(results: readonly StoredResult[], product: readonly RunResult[]) {
  return {
    sums: sumOf(product),
    seeds: product.filter(({ plan }) => plan.scripted === null).length,
    minutes: (faultTimeMs(product) / 60_000).toFixed(0),
    revisions: [...new Set(results.map(({ revision }) => revision))].sort().join(', '),
    broken: results.filter((result) => result.broken !== null).length,
  }
}

/** How long at min one fault was active in these runs (in milliseconds). The overlap of two faults counts once. */
function faultTimeMs(results: readonly RunResult[]): number {
  return results.reduce((sum, { spans }) => sum + unionMs(spans), 0)
}

function unionMs(spans: readonly Span[]): number {
  let sum = 0
  let endMs = Number.NEGATIVE_INFINITY
  for (const { fromMs, toMs } of [...spans].sort((one, other) => one.fromMs - other.fromMs)) {
    sum += Math.max(0, toMs - Math.max(fromMs, endMs))
    endMs = Math.max(endMs, toMs)
  }
  return sum
}
