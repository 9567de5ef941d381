import { isExpected, isRed, outcomeOf, type RunResult } from '../campaign/result.ts'
import type { KeyCounts } from '../checker/keys/check-keys.ts'
import { isProduct } from '../systems/system.ts'

/** Formats one line per run. */
export function progressLine(result: RunResult, done: number, all: number, evidence: string | null): string {
  const { plan, broken, vacuous, violations } = result
  const name = plan.system === 'holdfast' ? plan.name : `${plan.name} @ ${plan.system}`
  const head = `[${done}/${all}] ${verdict(result)} ${name}`
  const faults = result.spans.map(({ fault }) => fault).join(', ')
  const details = broken
    ? [broken.split('\n')[0] ?? '']
    : [faults, ...(result.keys === null ? loginDetails(result) : keyDetails(result, result.keys)), ...vacuous]
  const gapMs = Math.max(0, ...result.loginGaps.map((gap) => gap.gapMs))
  if (plan.promises.logins && !broken)
    details.push(`${result.keys === null ? 'logins' : 'writes'} waited ${Math.round(gapMs)} ms`)
  const found = violations.slice(0, 3).map(({ rule, message }) => `\n      ${rule}: ${message}`)
  const where = evidence === null ? '' : `\n      evidence in ${evidence}`
  return `${head}: ${details.join('; ')}${isExpected(result) ? '' : found.join('')}${where}`
}

function loginDetails({ counts, lost, undone, ...result }: RunResult): string[] {
  return [
    `${counts.issues} logins, ${counts.revocations} logouts, ${counts.verifications} verifications`,
    `${lost} logins lost, ${undone} logouts undone, ${result.failedVerifications} verifications failed`,
    `slowest verification ${Math.round(result.longestVerificationMs)} ms, accepted for ${Math.round(result.longestStalenessMs)} ms after a logout`,
  ]
}

function keyDetails(
  { lost, undone, ...result }: RunResult,
  { writes, reads, uncertain, duringResend }: KeyCounts,
): string[] {
  return [
    `${writes} writes, ${reads} reads`,
    `${lost} signs of lost writes, ${undone} of writes done twice, ${result.failedVerifications} commands failed, ${uncertain} uncertain, ${duringResend} answers before all writes were sent again`,
    `slowest command ${Math.round(result.longestVerificationMs)} ms, a write missing in an answer ${Math.round(result.longestStalenessMs)} ms after its acknowledgement`,
  ]
}

function verdict(result: RunResult): string {
  if (!isProduct(result.plan.system)) {
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
