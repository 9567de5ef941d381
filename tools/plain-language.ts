import { globSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { PHRASES } from './plain-language/phrases.ts'
import { proseOfMarkdown, proseOfSource } from './plain-language/prose.ts'

/**
 * Keeps phrases that are hard to read out of what people read: Markdown, comments, and strings of the sources. How many
 * still stand in each file is written in a baseline, so that a file gets no more of them and the rest can go later.
 */
const ROOT = join(import.meta.dirname, '..')
const BASELINE = join(import.meta.dirname, 'plain-language.baseline.json')

const FILES = [
  '*.md',
  '.changeset/*.md',
  '{docs,faults,bench,testing,packages}/**/*.md',
  'packages/*/src/**/*.ts',
  '{faults,bench,testing}/src/**/*.ts',
  'faults/model/*.ts',
  'tools/**/*.{ts,mjs}',
]

/** Pages that a program writes from sources that are examined themselves, and the list of phrases with its test. */
const EXEMPT = [
  /(?:^|\/)node_modules\//,
  /^(?:faults\/REPORT|bench\/RESULTS|docs\/rules)\.md$/,
  /^tools\/plain-language/,
]

export interface Finding {
  readonly file: string
  readonly line: number
  readonly phrase: string
  readonly instead: string
}

/** How many findings are accepted in each file; in a file that is not listed, none. */
export type Baseline = Readonly<Record<string, number>>

/** Every phrase in the prose of one file. */
export function findPhrases(file: string, text: string): Finding[] {
  const prose = file.endsWith('.md') ? proseOfMarkdown(newestOf(file, text)) : proseOfSource(text)
  return PHRASES.flatMap(({ pattern, instead }) =>
    [...prose.matchAll(pattern)].map((match) => ({ match, instead })),
  )
    .sort((a, b) => a.match.index - b.match.index)
    .map(({ match, instead }) => ({
      file,
      line: text.slice(0, match.index).split('\n').length,
      phrase: match[0].trim().replace(/ +/g, ' '),
      instead,
    }))
}

/** A released version's entry in the changelog stays as it was. */
function newestOf(file: string, text: string): string {
  const second = file === 'CHANGELOG.md' ? text.indexOf('\n## ', text.indexOf('\n## ') + 1) : -1
  return second === -1 ? text : text.slice(0, second)
}

/** What the check prints for these findings, and whether it passes. */
export function judge(findings: readonly Finding[], baseline: Baseline): { lines: string[]; isOk: boolean } {
  const counts = countPerFile(findings)
  const grown = findings.filter(({ file }) => (counts[file] ?? 0) > (baseline[file] ?? 0))
  const shrunk = Object.keys(baseline).filter((file) => (counts[file] ?? 0) < (baseline[file] ?? 0))
  const lines = grown.map(
    ({ file, line, phrase, instead }) => `${file}:${line}: "${phrase}": say "${instead}" instead`,
  )
  for (const file of new Set(grown.map((finding) => finding.file)))
    lines.push(`${file}: ${counts[file]} phrases, ${baseline[file] ?? 0} accepted`)
  for (const file of shrunk)
    lines.push(`${file}: ${counts[file] ?? 0} phrases, ${baseline[file]} accepted: lower the count`)
  if (shrunk.length > 0) lines.push('Run `npm run check:language -- --update` to lower the counts.')
  lines.push(`Plain language: ${summaryOf(findings.length, grown.length > 0)}`)
  return { lines, isOk: grown.length === 0 }
}

function summaryOf(count: number, hasGrown: boolean): string {
  if (hasGrown) return 'some files have more phrases than the baseline accepts'
  return count === 0 ? 'OK' : `OK, ${count} older phrases still to rewrite`
}

/** The number of findings in each file that has any, in the order of the files' names. */
export function countPerFile(findings: readonly Finding[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { file } of findings) counts[file] = (counts[file] ?? 0) + 1
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function findEverywhere(): Promise<Finding[]> {
  const isExempt = (file: string) => EXEMPT.some((pattern) => pattern.test(file))
  const files = globSync(FILES, { cwd: ROOT, exclude: (name) => name === 'node_modules' })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => !isExempt(file))
    .sort()
  const found = await Promise.all(
    files.map(async (file) => findPhrases(file, await readFile(join(ROOT, file), 'utf8'))),
  )
  return found.flat()
}

async function readBaseline(): Promise<Baseline> {
  return JSON.parse(await readFile(BASELINE, 'utf8'))
}

if (import.meta.main) {
  const findings = await findEverywhere()
  if (process.argv.includes('--all'))
    for (const { file, line, phrase } of findings) console.log(`${file}:${line}: "${phrase}"`)
  if (process.argv.includes('--update'))
    await writeFile(BASELINE, `${JSON.stringify(countPerFile(findings), null, 2)}\n`)
  const { lines, isOk } = judge(findings, await readBaseline())
  console.log(lines.join('\n'))
  if (!isOk) process.exitCode = 1
}
