import type { AnyCommand, OptionSpec } from '../../command-line/command-spec.ts'

/** What may follow a prefix of a command line. */
export interface CompletionNode {
  /** The prefix without `holdfast`: empty, `drill` or `sessions list`. */
  path: string
  /** Commands that may follow, with their summaries. */
  commands: { word: string; summary: string }[]
  options: CompletionOption[]
  /** The values of its argument; null if it takes none. */
  argument: Value | null
}

export interface CompletionOption {
  flag: string
  summary: string
  /** Its value; null if it takes none. */
  value: Value | null
}

/** One of a few choices, a file, a folder, or anything else. */
export type Value = { kind: 'choices'; choices: readonly string[] } | { kind: 'file' | 'folder' | 'any' }

const COMMON: readonly OptionSpec[] = [
  { flags: '--debug', summary: 'Print stack traces' },
  { flags: '--help', summary: 'Print help' },
]

/** The command line as a tree, the root first. `groups` holds the summaries of groups. Pure. */
export function completionTree(
  commands: readonly AnyCommand[],
  groups: Readonly<Record<string, string>>,
): CompletionNode[] {
  const firsts = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? name))]
  const summaryOf = (name: string) => commands.find((one) => one.name === name)?.summary ?? groups[name] ?? ''
  const root: CompletionNode = {
    path: '',
    commands: firsts.map((word) => ({ word, summary: summaryOf(word) })),
    options: [...COMMON, { flags: '--version', summary: 'Print the version' }].map(optionOf),
    argument: null,
  }
  const grouped = firsts.filter((first) => !commands.some(({ name }) => name === first))
  return [
    root,
    ...grouped.map((group) => ({
      path: group,
      commands: commands
        .filter(({ name }) => name.startsWith(`${group} `))
        .map(({ name, summary }) => ({ word: name.slice(group.length + 1), summary })),
      options: COMMON.map(optionOf),
      argument: null,
    })),
    ...commands.map(({ name, options, argument }) => ({
      path: name,
      commands: [],
      options: [...options.filter(({ hidden }) => !hidden), ...COMMON].map(optionOf),
      argument: argument === undefined ? null : valueFor(argument.name, argument.choices),
    })),
  ]
}

/** Splits `--name <name>` into the flag and the name of its value. */
function optionOf({ flags, summary, parse }: OptionSpec): CompletionOption {
  const [, flag = flags, valueName] = flags.match(/(--[\w-]+)(?:[ =][<[]([\w-]+)[>\]])?/) ?? []
  return { flag, summary, value: valueName === undefined ? null : valueFor(valueName, parse?.choices) }
}

function valueFor(name: string, choices: readonly string[] | undefined): Value {
  if (choices !== undefined) return { kind: 'choices', choices }
  return { kind: name === 'file' || name === 'folder' ? name : 'any' }
}

/** The prefixes that are commands, as a pattern of `case`. Bash and zsh share its syntax. */
export const commandPattern = (nodes: readonly CompletionNode[]): string =>
  nodes
    .filter(({ path }) => path !== '')
    .map(({ path }) => `'${path}'`)
    .join('|')

/** The values of each option that takes one, as branches of `case` for bash and zsh. */
export const valueCases = (nodes: readonly CompletionNode[], offer: (value: Value) => string): string =>
  nodes
    .flatMap(({ path, options }) =>
      options.flatMap(({ flag, value }) =>
        value === null ? [] : [`    '${path} ${flag}') ${offer(value)}; return ;;`],
      ),
    )
    .join('\n')
