import { type CheckedSite, excerptOf } from '@holdfast/site/check/check-site'
import type { Finding, Severity } from '@holdfast/site/file/finding'
import { explainRule } from '@holdfast/site/rules/rules'
import { plural, printable } from '../../terminal/format.ts'
import { paint } from '../../terminal/paint.ts'
import { widthOf } from '../../terminal/width.ts'
import { wrap } from '../../terminal/wrap.ts'

const PAINT: Record<Severity, (text: string) => string> = {
  error: paint.bad,
  warning: paint.warning,
  info: paint.accent,
}

/** What `holdfast check` prints on a terminal of `width` columns, or with null in a pipe. */
export function checkText(checked: CheckedSite, width: number | null): string {
  const explained = new Set<string>()
  const blocks = checked.findings.map((finding) => {
    const isFirst = !explained.has(finding.rule)
    explained.add(finding.rule)
    const lines = [
      headOf(checked.file, finding),
      ...(width === null ? [] : excerptLines(checked, finding)),
      ...(isFirst ? reasonLines(finding.rule, width) : []),
    ]
    return lines.join('\n')
  })
  return [...blocks, verdictOf(checked)].join(width === null ? '\n' : '\n\n')
}

function headOf(file: string, { line, column, severity, rule, message }: Finding): string {
  const place = paint.strong(`${printable(file)}:${line}:${column}`)
  return `${place} ${PAINT[severity](severity)} ${rule} ${printable(message)}`
}

function excerptLines(checked: CheckedSite, finding: Finding): string[] {
  const source = excerptOf(checked, finding)
  if (source === null) return []
  const number = String(finding.line)
  const bar = paint.faint('|')
  const before = printable(source.slice(0, finding.column - 1)).replace(/\S+/g, (text) =>
    ' '.repeat(widthOf(text)),
  )
  const marked = printable(source.slice(finding.column - 1, finding.endColumn - 1))
  const carets = PAINT[finding.severity]('^'.repeat(Math.max(widthOf(marked), 1)))
  return [
    `  ${paint.faint(number)} ${bar} ${printable(source)}`,
    `  ${' '.repeat(number.length)} ${bar} ${before}${carets}`,
  ]
}

/** The reason and the fix, once per rule. */
function reasonLines(id: string, width: number | null): string[] {
  const { why, fix } = explainRule(id)
  return [...paragraph('why', why, width), ...paragraph('fix', fix, width)]
}

function paragraph(title: string, text: string, width: number | null): string[] {
  const margin = '  '
  const lines = width === null ? [text] : wrap(text, Math.min(width, 100) - margin.length - title.length - 2)
  return lines.map((line, index) =>
    index === 0
      ? `${margin}${paint.faint(`${title}:`)} ${line}`
      : `${margin}${' '.repeat(title.length + 2)}${line}`,
  )
}

function verdictOf({ file, findings }: CheckedSite): string {
  if (findings.length === 0) return `${printable(file)}: ${paint.good('OK')}`
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length
  const parts = [
    count('error') === 0 ? '' : paint.bad(plural(count('error'), 'error')),
    count('warning') === 0 ? '' : paint.warning(plural(count('warning'), 'warning')),
    count('info') === 0 ? '' : paint.accent(plural(count('info'), 'note')),
  ]
  return `${printable(file)}: ${parts.filter(Boolean).join(', ')}.`
}

/** What `holdfast check --explain` prints. */
export function ruleText(id: string, width: number | null): string {
  const { severity, summary, why, fix, source } = explainRule(id)
  const from = source.url === undefined ? source.title : `${source.title}, ${source.url}`
  return [
    `${paint.strong(id)} ${PAINT[severity](severity)}`,
    ...paragraph('what', summary, width),
    ...paragraph('why', why, width),
    ...paragraph('fix', fix, width),
    ...paragraph('from', from, width),
  ].join('\n')
}
