import { globSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { EXIT } from '../packages/cli/src/command-line/exit-codes.ts'
import { DATA_CENTRE, EXIT_CODES } from './errors/data-centre.ts'
import type { ErrorEntries } from './errors/entry.ts'
import { GATEWAY, OAUTH, RESPONSES } from './errors/gateway.ts'
import { LIBRARY, WARNINGS } from './errors/library.ts'

const ROOT = join(import.meta.dirname, '..')

/** docs/errors.md is made from `tools/errors` and the exit codes of the command: `npm run docs`. */
export const ERRORS_PAGE = join(ROOT, 'docs/errors.md')

/** Where users meet codes. A code may mean different things in two of them. */
interface Surface {
  title: string
  intro: string
  entries: ErrorEntries
  /** Whether this file of a package defines codes of this surface. */
  defines: (file: string) => boolean
}

const inGateway = (file: string) => file.startsWith('packages/gateway/')
const isProblems = (file: string) => /\/problems\.ts$/.test(file)
const isErrors = (file: string) => /\/errors\.ts$/.test(file)
/** Defines `UsageError`, which every command throws. */
const isCommandLine = (file: string) => file === 'packages/cli/src/command-line/command-spec.ts'

export const SURFACES: readonly Surface[] = [
  {
    title: 'The library',
    intro: 'Thrown by `@holdfast/tokens` as a `HoldfastError` with this `code`.',
    entries: LIBRARY,
    defines: (file) => file.startsWith('packages/tokens/') && isErrors(file),
  },
  {
    title: 'The command and its data centres',
    intro:
      'The `code` of errors of the packages behind `holdfast`. The command prints their message and returns an exit code.',
    entries: DATA_CENTRE,
    defines: (file) =>
      !inGateway(file) && !file.startsWith('packages/tokens/') && (isErrors(file) || isCommandLine(file)),
  },
  {
    title: 'A gateway process',
    intro: 'With these a gateway ends at its start, refuses a change, or explains a failed login in its log.',
    entries: GATEWAY,
    defines: (file) => inGateway(file) && isErrors(file),
  },
  {
    title: 'Responses of a gateway',
    intro: 'In JSON: `{"error": {"code", "message"}}`. Browsers get a page with the same sentence.',
    entries: RESPONSES,
    defines: (file) => inGateway(file) && isProblems(file) && !file.includes('/oauth/'),
  },
  {
    title: 'OAuth endpoints',
    intro: 'The member `error` of RFC 6749, section 5.2.',
    entries: OAUTH,
    defines: (file) => inGateway(file) && isProblems(file) && file.includes('/oauth/'),
  },
]

/** The codes that unions and classes of a source define, such as `| 'BUSY'` and `code = 'BUSY'`. */
export function codesIn(source: string): string[] {
  const inUnions = source
    .split('\n')
    .filter((line) => /^\s*(?:export type \w+ =|\w+:)?\s*(?:\|?\s*'[A-Za-z_]+'\s*)+$/.test(line))
    .flatMap((line) =>
      [...line.matchAll(/'([A-Z][A-Z_]+|[a-z]+(?:_[a-z]+)+)'/g)].map(([, code = '']) => code),
    )
  const inClasses = [...source.matchAll(/\bcode = '([A-Z_]+)'/g)].map(([, code = '']) => code)
  return [...new Set([...inUnions, ...inClasses])]
}

/** The codes that the packages define for a surface. */
export async function definedCodes({ defines }: Surface): Promise<string[]> {
  const files = globSync('packages/*/src/**/*.ts', { cwd: ROOT })
    .map((file) => file.replaceAll(sep, '/'))
    .filter(defines)
  const sources = await Promise.all(files.map((file) => readFile(join(ROOT, file), 'utf8')))
  return [...new Set(sources.flatMap(codesIn))].sort()
}

const tableOf = (entries: ErrorEntries): string =>
  [
    '| Code | Cause | What to do |',
    '| --- | --- | --- |',
    ...Object.entries(entries)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([code, { cause, remedy }]) => `| \`${code}\` | ${cause} | ${remedy} |`),
  ].join('\n')

/** The text of docs/errors.md. */
export function errorsPage(): string {
  const exits = Object.entries(EXIT).map(([name, code]) => `| ${code} | ${EXIT_CODES[name]} |`)
  return `${[
    '# Errors',
    'Made from `tools/errors` by `npm run docs`; change them there. No message holds a token, a password or a key.',
    '## Exit codes',
    ['| Code | Meaning |', '| ---: | --- |', ...exits].join('\n'),
    ...SURFACES.flatMap(({ title, intro, entries }) => [`## ${title}`, intro, tableOf(entries)]),
    '## Warnings of the library',
    'Process warnings of type `HoldfastWarning`.',
    tableOf(WARNINGS),
  ].join('\n\n')}\n`
}

if (import.meta.main) {
  const text = errorsPage()
  const isStale = (await readFile(ERRORS_PAGE, 'utf8').catch(() => '')) !== text
  if (isStale) await writeFile(ERRORS_PAGE, text)
  console.log(`docs/errors.md ${isStale ? 'was written' : 'is up to date'}.`)
}
