import type { AnyCommand } from '../../packages/cli/src/command-line/command-spec.ts'
import { COMMON_EXITS, EXIT_MEANINGS, type ExitCode } from '../../packages/cli/src/command-line/exit-codes.ts'
import { SECTIONS } from '../../packages/cli/src/commands/commands.ts'
import type { Release } from './release.ts'

/** The manual page, in the language of man(7), from the same data as the help of the command. */
export function manPage({ version, timeS }: Release): string {
  const day = new Date(timeS * 1000).toISOString().slice(0, 10)
  return `${[
    `.TH HOLDFAST 1 ${day} "Holdfast ${version}"`,
    '.SH NAME',
    'holdfast \\- logins that survive server failures',
    '.SH SYNOPSIS',
    '.B holdfast',
    '.I command',
    '[\\fIoptions\\fR]',
    '.SH DESCRIPTION',
    text('Holdfast plans, checks, deploys, runs and drills a token store of Redis and Sentinel.'),
    ...SECTIONS.flatMap(({ title, commands }) => [
      `.SH ${text(title.toUpperCase())}`,
      ...commands.flatMap(commandLines),
    ]),
    '.SH EXIT STATUS',
    ...Object.entries(EXIT_MEANINGS).flatMap(([code, meaning]) => ['.TP', code, text(meaning)]),
    '.SH FILES',
    '.TP',
    '.I /etc/holdfast',
    'Configuration and secrets of this host.',
    '.TP',
    '.I /var/lib/holdfast',
    'Data of this host.',
  ].join('\n')}\n`
}

function commandLines(command: AnyCommand): string[] {
  const { name, summary, argument, options, notes = [], examples = [], exits = [] } = command
  return [
    `.SS holdfast ${name}${argument === undefined ? '' : ` \\fI${text(argument.name)}\\fR`}`,
    `${text(summary)}.`,
    ...(argument === undefined ? [] : ['.TP', `.I ${text(argument.name)}`, text(argument.summary)]),
    ...options
      .filter(({ hidden }) => !hidden)
      .flatMap((option) => ['.TP', `.B ${text(option.flags)}`, text(option.summary)]),
    ...notes.flatMap((note) => ['.PP', text(note)]),
    ...(examples.length === 0 ? [] : ['.PP', '.EX', ...examples.map(text), '.EE']),
    '.PP',
    `Exit codes: ${codes([...COMMON_EXITS, ...exits])}.`,
  ]
}

const codes = (all: readonly ExitCode[]): string => all.toSorted((a, b) => a - b).join(', ')

/** A minus that can be copied, and no line that begins with a control character of man(7). */
const text = (plain: string): string =>
  plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')
