import {
  type Document,
  type ErrorCode,
  isScalar,
  parseDocument,
  visit,
  type YAMLParseError,
  type YAMLWarning,
} from 'yaml'
import type { Finding, Problem } from './finding.ts'
import { siteSchema } from './schema.ts'
import { holdsSecret } from './secret-text.ts'
import { shapeProblems } from './shape-findings.ts'
import type { Site } from './site.ts'
import { siteOf } from './site-values.ts'
import { SourceMap } from './source-map.ts'

/** More than any site needs. A larger file is rejected before it is parsed. INV-SITE-2. */
export const MAX_BYTES = 262_144
/** More findings help no user, and a terminal could not show them. */
const MAX_FINDINGS = 20
const MAX_DEPTH = 64

/** A parsed file. */
export interface ParsedSite {
  /** Null if the file does not have the form of a site. */
  site: Site | null
  /** The content of the file as plain values, whatever its form. */
  values: unknown
  source: SourceMap
  /** Findings of the rules `syntax` and `shape`. */
  findings: Finding[]
}

/** Parses the text of a `holdfast.yaml`. Pure. It never throws: every mistake is a finding with its position. */
export function parseSite(text: string): ParsedSite {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    return rejected(`The file is longer than ${MAX_BYTES} bytes. Check that it is a holdfast.yaml.`)
  }
  if (isNestedTooDeeply(text)) return rejected(TOO_DEEP)
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof RangeError) return rejected(TOO_DEEP)
    throw error
  }
}

const TOO_DEEP = 'The file is nested too deeply. Check the brackets and the indentation.'

function parse(text: string): ParsedSite {
  const document = parseDocument(text, {
    prettyErrors: false,
    stringKeys: true,
    // The parser compares each key with all keys before it.
    uniqueKeys: false,
    logLevel: 'error',
  })
  const source = new SourceMap(text, document)
  const syntaxErrors = syntaxFindings(document, source)
  if (syntaxErrors.length > 0) {
    return { site: null, values: valuesOf(document), source, findings: syntaxErrors }
  }
  const values = valuesOf(document)
  const { success, data, error } = siteSchema.safeParse(values)
  if (success) return { site: siteOf(data), values, source, findings: [] }
  const problems = shapeProblems(error.issues, values)
  const findings = problems.slice(0, MAX_FINDINGS).map((problem) => shapeFinding(problem, source))
  const rest = problems.length - findings.length
  if (rest > 0) {
    const message = `There are ${rest} more such mistakes, which are not listed. Correct these first.`
    findings.push(shapeFinding({ path: problems[MAX_FINDINGS]?.path ?? [], message }, source))
  }
  return { site: null, values, source, findings }
}

const shapeFinding = ({ path, message, atKey }: Problem, source: SourceMap): Finding => ({
  rule: 'shape',
  severity: 'error',
  message,
  path,
  ...source.locate(path, atKey),
})

function syntaxFindings(document: Document, source: SourceMap): Finding[] {
  const finding = (start: number, end: number, message: string): Finding => {
    const position = source.at(start, end)
    // The messages of the YAML parser quote the text.
    const shown = holdsSecret(source.line(position.line))
      ? 'This line is not valid YAML. It is not shown, because it may contain a secret.'
      : message
    return { rule: 'syntax', severity: 'error', message: shown, path: [], ...position }
  }
  const found = parserErrors(document).map(({ code, pos, message }) =>
    finding(pos[0], pos[1], MESSAGES[code] ?? `${message.replace(/\.?$/, '')}.`),
  )
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        if (seen.has(key.value)) found.push(finding(key.range?.[0] ?? 0, key.range?.[1] ?? 0, LISTED_TWICE))
        seen.add(key.value)
      }
    },
    Alias(_, { range }) {
      found.push(
        finding(
          range?.[0] ?? 0,
          range?.[1] ?? 0,
          'References (*name) are not accepted. Write the value in full.',
        ),
      )
    },
  })
  return found.slice(0, MAX_FINDINGS)
}

/** Only the first error: one broken bracket causes many errors after it. */
const parserErrors = ({ errors, warnings }: Document): (YAMLParseError | YAMLWarning)[] => [
  ...errors.slice(0, 1),
  ...warnings,
]

const LISTED_TWICE = 'This key is listed twice, and only one of the two values would be used. Remove one.'

/** Plainer messages for errors that the YAML parser describes to programmers. */
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  MULTIPLE_DOCS: 'A second YAML document begins here, but a file describes one site. Remove the line `---`.',
  NON_STRING_KEY: 'A key must be text.',
}

/** Aliases are not resolved, so that a small file cannot expand into a huge value. */
function valuesOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch (error) {
    if (error instanceof ReferenceError) return null
    throw error
  }
}

/** The YAML parser is recursive and slow on deep nesting. A site needs seven levels. */
function isNestedTooDeeply(text: string): boolean {
  let depth = 0
  for (const character of text) {
    if (character === '[' || character === '{') depth += 1
    if (character === ']' || character === '}') depth -= 1
    if (depth > MAX_DEPTH) return true
  }
  return /(?:[-?]\s+){64}/.test(text)
}

function rejected(message: string): ParsedSite {
  const source = new SourceMap('', parseDocument(''))
  const finding: Finding = {
    rule: 'syntax',
    severity: 'error',
    message,
    path: [],
    line: 1,
    column: 1,
    endColumn: 2,
  }
  return { site: null, values: null, source, findings: [finding] }
}
