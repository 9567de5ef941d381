import { isExpected, isRed, outcomeOf, type RunResult } from '../campaign/result.ts'

/** Formats one line per run. */
export function progressLine(result: RunResult, done: number, all: number, evidence: string | null): string {
  const { plan, counts, broken, vacuous, violations } = result
  const name = plan.system === 'holdfast' ? plan.name : `${plan.name} @ ${plan.system}`
  const head = `[${done}/${all}] ${verdict(result)} ${name}`
  const faults = result.spans.map(({ fault }) => fault).join(', ')
  const details = broken
    ? [broken.split('\n')[0] ?? '']
    : [
        faults,
        `${counts.issues} logins, ${counts.revocations} logouts, ${counts.verifications} verifications`,
        `${result.lost} logins lost, ${result.undone} logouts undone, ${result.failedVerifications} verifications failed`,
        `slowest verification ${Math.round(result.longestVerificationMs)} ms, accepted for ${Math.round(result.longestStalenessMs)} ms after a logout`,
        ...vacuous,
      ]
  const gapMs = Math.max(0, ...result.loginGaps.map((gap) => gap.gapMs))
  if (plan.promises.logins && !broken) details.push(`logins waited ${Math.round(gapMs)} ms`)
  const found = violations.slice(0, 3).map(({ rule, message }) => `\n      ${rule}: ${message}`)
  const where = evidence === null ? '' : `\n      evidence in ${evidence}`
  return `${head}: ${details.join('; ')}${isExpected(result) ? '' : found.join('')}${where}`
}

function verdict(result: RunResult): string {
  if (result.plan.system !== 'holdfast') {
    if (result.broken) return 'BROKEN'
    return isExpected(result)
      ? isRed(result)
        ? 'red, as required of a control'
        : 'green (a control)'
      : 'GREEN, BUT MUST BE RED'
  }
  const outcome = outcomeOf(result)
  if (isExpected(result)) return outcome === 'green' ? 'ok' : 'failed, as required'
  return outcome === 'green' ? 'GREEN, BUT MUST BE RED' : outcome.toUpperCase()
}
