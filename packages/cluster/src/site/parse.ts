import {
  type Document,
  type ErrorCode,
  parseDocument,
  visit,
  type YAMLParseError,
  type YAMLWarning,
} from 'yaml'
import { TIMINGS } from '../topology/topology.ts'
import type { Finding, Problem } from './finding.ts'
import { type SiteValues, siteSchema } from './schema.ts'
import { holdsSecret } from './secret-text.ts'
import { shapeProblems } from './shape-findings.ts'
import type { DataCentre, EngineVersion, SecretsPlace, Site } from './site.ts'
import { SourceMap } from './source-map.ts'

/** More than any site needs; a bigger file is refused before it is parsed. INV-SITE-2. */
export const MOST_BYTES = 262_144

/** What was read from a file. */
export interface ParsedSite {
  /** Null when the file has not the form of a site. */
  site: Site | null
  /** Whatever the file holds, as plain values. */
  values: unknown
  source: SourceMap
  /** Findings of the rules `syntax` and `shape`. */
  findings: Finding[]
}

/** Reads the text of a `holdfast.yaml`. Pure; it never throws: what is wrong is a finding with its place. */
export function parseSite(text: string): ParsedSite {
  if (Buffer.byteLength(text) > MOST_BYTES) {
    return refused(`The file is longer than ${MOST_BYTES} bytes: this is no list of hosts.`)
  }
  if (isNestedTooDeeply(text)) return refused('The file is nested far too deeply.')
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof RangeError) return refused('The file is nested far too deeply.')
    throw error
  }
}

function parse(text: string): ParsedSite {
  const document = parseDocument(text, {
    prettyErrors: false,
    stringKeys: true,
    logLevel: 'error',
  })
  const source = new SourceMap(text, document)
  const mistakes = syntaxFindings(text, document, source)
  if (mistakes.length > 0) return { site: null, values: valuesOf(document), source, findings: mistakes }
  const values = valuesOf(document)
  const { success, data, error } = siteSchema.safeParse(values)
  if (success) return { site: siteOf(data), values, source, findings: [] }
  const findings = shapeProblems(error.issues, values).map((problem) => shapeFinding(problem, source))
  return { site: null, values, source, findings }
}

const shapeFinding = ({ path, message, atKey }: Problem, source: SourceMap): Finding => ({
  rule: 'shape',
  severity: 'error',
  message,
  path,
  ...source.locate(path, atKey),
})

function syntaxFindings(text: string, document: Document, source: SourceMap): Finding[] {
  const finding = (start: number, end: number, message: string): Finding => {
    const position = source.at(start, end)
    const line = text.split(/\r\n|[\r\n]/)[position.line - 1] ?? ''
    // The parser's messages quote the text.
    const shown = holdsSecret(line)
      ? 'This line is no valid YAML. It is not quoted: it may hold a secret.'
      : message
    return { rule: 'syntax', severity: 'error', message: shown, path: [], ...position }
  }
  const found = mistakesOf(document).map(({ code, pos, message }) =>
    finding(pos[0], pos[1], WORDS[code] ?? `${message.replace(/\.?$/, '')}.`),
  )
  visit(document, {
    Alias(_, { range }) {
      found.push(
        finding(
          range?.[0] ?? 0,
          range?.[1] ?? 0,
          'References (*name) are not read here: write the value out, so that each line says what it means.',
        ),
      )
    },
  })
  return found.slice(0, MOST_FINDINGS)
}

/** What follows a broken bracket is broken only by it; a key that is there twice breaks nothing. */
function mistakesOf({ errors, warnings }: Document): (YAMLParseError | YAMLWarning)[] {
  const twice = errors.filter(({ code }) => code === 'DUPLICATE_KEY')
  return [...errors.filter(({ code }) => code !== 'DUPLICATE_KEY').slice(0, 1), ...twice, ...warnings]
}

const MOST_FINDINGS = 20

/** Where the parser's own words speak to its programmers. */
const WORDS: Partial<Record<ErrorCode, string>> = {
  DUPLICATE_KEY: 'This key is there twice. Only one of them would count.',
  MULTIPLE_DOCS: 'A second document begins here. One file describes one site: take out the line `---`.',
  NON_STRING_KEY: 'A key must be text.',
}

/** No aliases are followed, so that a small file cannot become a huge value. */
function valuesOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch (error) {
    if (error instanceof ReferenceError) return null
    throw error
  }
}

const MOST_DEPTH = 64

/** The parser takes a stack frame and more a level, and far too long. A site needs seven levels. */
function isNestedTooDeeply(text: string): boolean {
  let depth = 0
  for (const character of text) {
    if (character === '[' || character === '{') depth += 1
    if (character === ']' || character === '}') depth -= 1
    if (depth > MOST_DEPTH) return true
  }
  return /(?:[-?]\s+){64}/.test(text)
}

function refused(message: string): ParsedSite {
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

function siteOf(values: SiteValues): Site {
  const {
    engine,
    profile,
    transport,
    plainBecause,
    timings,
    clients,
    redis,
    gateway,
    rotation,
    dataCentres,
  } = values
  const [name, version] = engine.split(' ') as ['redis' | 'valkey', EngineVersion]
  return {
    engine: { name, version },
    profile,
    transport,
    plainBecause: plainBecause ?? null,
    timings: typeof timings === 'string' ? TIMINGS[timings] : { name: 'custom', ...timings },
    ...(clients && { clients }),
    ...(redis && { redis }),
    ...(gateway && { gateway }),
    ...(rotation && { rotation }),
    dataCentres: Object.entries(dataCentres).map(([dataCentre, given]) => dataCentreOf(dataCentre, given)),
  }
}

function dataCentreOf(name: string, given: SiteValues['dataCentres'][string]): DataCentre {
  const { secrets, hosts, ...rest } = given
  return {
    name,
    ...rest,
    secrets: placeOf(secrets),
    hosts: hosts.map(({ tunnelAddress = null, ...host }) => ({ ...host, tunnelAddress })),
  }
}

function placeOf(given: SiteValues['dataCentres'][string]['secrets']): SecretsPlace {
  if (given === 'credentials') return { kind: 'credentials' }
  return 'file' in given
    ? { kind: 'file', path: given.file }
    : { kind: 'environment', prefix: given.environment }
}
