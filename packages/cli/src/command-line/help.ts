import { paint } from '../terminal/paint.ts'
import { wrap } from '../terminal/wrap.ts'
import type { AnyCommand, OptionSpec } from './command-spec.ts'
import { COMMON_EXITS, EXIT_MEANINGS, type ExitCode } from './exit-codes.ts'

/** Help texts fit a terminal of this width, however wide the terminal is. */
const COLUMNS = 80
const INDENT = 2

/** Commands that the help lists under one heading. */
export interface HelpSection {
  title: string
  commands: readonly AnyCommand[]
}

type Row = readonly [term: string, summary: string]

/** The text of `holdfast --help`. `groups` holds the summaries of groups such as `users`. */
export function rootHelp(sections: readonly HelpSection[], groups: Readonly<Record<string, string>>): string {
  const titled = sections.map(({ title, commands }) => {
    const names = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? name))]
    const rows = names.map((name): Row => {
      const summary = commands.find((one) => one.name === name)?.summary
      return [name, summary ?? groups[name] ?? '']
    })
    return { title, rows }
  })
  const width = widest(titled.flatMap(({ rows }) => rows))
  return page([
    ['Usage: holdfast <command> [options]'],
    ...titled.map(({ title, rows }) => listing(title, rows, width)),
    [
      ...exitLines(Object.keys(EXIT_MEANINGS).map((code) => Number(code) as ExitCode)),
      'Each takes --help, and --debug for stack traces. Start with: holdfast up',
    ],
  ])
}

/** The help of a group such as `users`. */
export function groupHelp(group: string, summary: string, commands: readonly AnyCommand[]): string {
  const rows = commands.map(
    (command): Row => [`${command.name.slice(group.length + 1)}${argumentOf(command)}`, command.summary],
  )
  return page([
    [summary],
    [`Usage: holdfast ${group} <command> [options]`],
    listing('Commands', rows),
    [`More: holdfast ${group} <command> --help`],
  ])
}

/** The help of one command. */
export function commandHelp(spec: AnyCommand): string {
  const { name, summary, argument, notes = [], examples = [], exits = [] } = spec
  const options = spec.options.filter(({ hidden }) => !hidden)
  const headings = Map.groupBy(options, ({ heading = 'Options' }) => heading)
  const usage = `Usage: holdfast ${name}${options.length > 0 ? ' [options]' : ''}${argumentOf(spec)}`
  const width = widest(options.map(optionRow))
  return page([
    [summary],
    [usage],
    argument === undefined ? [] : listing('Argument', [argumentRow(spec)]),
    ...[...headings].map(([heading, of]) => listing(heading, of.map(optionRow), width)),
    ...notes.map((note) => wrap(note, COLUMNS)),
    examples.length === 0 ? [] : [paint.strong('Examples:'), ...examples.map((example) => `  ${example}`)],
    exitLines([...COMMON_EXITS, ...exits].toSorted((a, b) => a - b)),
  ])
}

/** Paragraphs with an empty line between them. */
const page = (paragraphs: readonly (readonly string[])[]): string =>
  `${paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`

function listing(title: string, rows: readonly Row[], width = widest(rows)): string[] {
  const margin = ' '.repeat(INDENT)
  const hanging = ' '.repeat(INDENT + width + INDENT)
  const lines = rows.flatMap(([term, summary]) => {
    const [first = '', ...rest] = wrap(summary, COLUMNS - hanging.length)
    return [`${margin}${term.padEnd(width)}${margin}${first}`, ...rest.map((line) => hanging + line)]
  })
  return [paint.strong(`${title}:`), ...lines]
}

const widest = (rows: readonly Row[]): number => Math.max(0, ...rows.map(([term]) => term.length))

const optionRow = ({ flags, summary, required }: OptionSpec): Row => [
  flags,
  required ? `${summary} (required)` : summary,
]

function argumentRow({ argument }: AnyCommand): Row {
  const preset = argument?.default ? ` (default: ${argument.default})` : ''
  return [argument?.name ?? '', `${argument?.summary}${preset}`]
}

function argumentOf({ argument, variadic }: AnyCommand): string {
  if (argument === undefined) return ''
  const shown = variadic ? `${argument.name}...` : argument.name
  return argument.default === undefined ? ` <${shown}>` : ` [${shown}]`
}

function exitLines(codes: readonly ExitCode[]): string[] {
  const label = 'Exit codes: '
  const meanings = codes.map((code) => `${code} ${EXIT_MEANINGS[code]}`.replaceAll(' ', '\u00a0')).join(', ')
  return wrap(meanings, COLUMNS - label.length).map((text, index) => {
    const words = text.replaceAll('\u00a0', ' ')
    return index === 0 ? `${paint.strong(label.trim())} ${words}` : ' '.repeat(label.length) + words
  })
}
