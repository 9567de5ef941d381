import { type AuditReport, verifyAudit } from '@holdfast/gateway/files'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { plural, printable } from '../../terminal/format.ts'

export type AuditVerifyOptions = { expect?: string[]; json?: boolean }

/** Verifies audit logs and prints the result. Throws what `verifyAudit` throws. */
export async function auditVerify(
  { expect = [], json }: AuditVerifyOptions,
  first: string,
  files: readonly string[] = [first],
): Promise<ExitCode> {
  const report = await verifyAudit(files, { expect })
  console.log(json ? JSON.stringify(report) : reportText(report))
  return report.faults.length === 0 ? EXIT.ok : EXIT.failed
}

function reportText({ faults, chains, passedOver, torn }: AuditReport): string {
  const faultLines = faults.map(({ kind, file, line, message }) => {
    const position = line === 0 ? printable(file) : `${printable(file)}:${line}`
    return `${position}: ${kind}: ${message}`
  })
  const chainLines = chains.map(
    ({ chain, first, last, lines, hash }) =>
      `chain ${chain}: ${plural(lines, 'line')}, numbers ${first} to ${last}\n  last hash ${hash}`,
  )
  const startsLate = chains.some(({ first }) => first > 1)
  const notes = [
    ...(startsLate ? ['A chain that starts above 1 continues older files, which were not given.'] : []),
    ...(torn > 0 ? [`A crash cut off ${plural(torn, 'line')}; the line after each records it.`] : []),
    ...(passedOver > 0 ? [`Skipped ${plural(passedOver, 'line')} of the ordinary log.`] : []),
  ]
  const verdict = faults.length > 0 ? `${plural(faults.length, 'fault')} found.` : verdictOf(chains.length)
  return [...faultLines, ...chainLines, ...notes, verdict].join('\n')
}

const verdictOf = (chains: number) =>
  chains === 0 ? 'The files contain no audit lines.' : 'The audit log is complete and unchanged.'
