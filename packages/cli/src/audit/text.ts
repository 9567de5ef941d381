import type { AuditReport } from '@holdfast/gateway/files'
import { harmless, plural } from '../terminal/format.ts'

/** What a check of an audit log found, for people. */
export function auditText({ faults, chains, passedOver, torn }: AuditReport): string {
  const found = faults.map(({ kind, file, line, message }) => {
    const place = line === 0 ? harmless(file) : `${harmless(file)}:${line}`
    return `${place}: ${kind}: ${message}`
  })
  const followed = chains.map(
    ({ chain, first, last, lines, hash }) =>
      `chain ${chain}: ${plural(lines, 'line')}, numbers ${first} to ${last}\n  last hash ${hash}`,
  )
  const older = chains.some(({ first }) => first > 1)
  const notes = [
    ...(older ? ['A chain that begins above 1 goes on from older files, which were not given.'] : []),
    ...(torn > 0 ? [`${plural(torn, 'line')} cut off by a crash; the next line says so.`] : []),
    ...(passedOver > 0 ? [`${plural(passedOver, 'line')} of the common log passed over.`] : []),
  ]
  const verdict = faults.length > 0 ? `${plural(faults.length, 'fault')} found.` : verdictOf(chains.length)
  return [...found, ...followed, ...notes, verdict].join('\n')
}

const verdictOf = (chains: number) =>
  chains === 0 ? 'There is no audit line in it.' : 'The audit log is whole.'
