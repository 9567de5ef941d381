/** Latencies in buckets that grow by a twentieth, so that the histograms of many runs can be added exactly. */
export type LatencyHistogram = Record<string, number>

const GROWTH = 1.05

/** The upper bound of a bucket (in milliseconds). */
function upperMs(bucket: number): number {
  return GROWTH ** bucket
}

export function addLatency(histogram: LatencyHistogram, ms: number): void {
  const bucket = String(Math.max(0, Math.ceil(Math.log(Math.max(ms, 1)) / Math.log(GROWTH) - 1e-9)))
  histogram[bucket] = (histogram[bucket] ?? 0) + 1
}

export function joinHistograms(histograms: readonly LatencyHistogram[]): LatencyHistogram {
  const joined: LatencyHistogram = {}
  for (const histogram of histograms) {
    for (const [bucket, count] of Object.entries(histogram)) joined[bucket] = (joined[bucket] ?? 0) + count
  }
  return joined
}

function countLatencies(histogram: LatencyHistogram): number {
  return Object.values(histogram).reduce((sum, count) => sum + count, 0)
}

/**
 * The latency that `share` of all calls did not exceed (in milliseconds, up to a twentieth too high). 0 without
 * calls.
 */
export function percentileMs(histogram: LatencyHistogram, share: number): number {
  const wanted = countLatencies(histogram) * share
  let sum = 0
  for (const bucket of Object.keys(histogram)
    .map(Number)
    .sort((a, b) => a - b)) {
    sum += histogram[String(bucket)] ?? 0
    if (sum >= wanted) return upperMs(bucket)
  }
  return 0
}
