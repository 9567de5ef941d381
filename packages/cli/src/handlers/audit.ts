import { verifyAudit } from '@holdfast/gateway/files'
import { auditText } from '../audit/text.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'

export type AuditVerifyOptions = { expect?: string[]; json?: boolean }

/** Checks audit logs and prints what it found. Throws what `verifyAudit` throws. */
export async function auditVerify(
  { expect = [], json }: AuditVerifyOptions,
  first: string,
  files: readonly string[] = [first],
): Promise<ExitCode> {
  const report = await verifyAudit(files, { expect })
  console.log(json ? JSON.stringify(report) : auditText(report))
  return report.faults.length === 0 ? EXIT.ok : EXIT.failed
}
