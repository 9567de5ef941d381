import type { Reply } from '@holdfast/tokens/redis'

/** The fields of an `INFO` reply. */
export function readInfo(reply: Reply | undefined): Record<string, string> {
  const lines = String(reply ?? '').split('\r\n')
  return Object.fromEntries(
    lines
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
}
