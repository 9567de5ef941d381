import type { AnyCommand, OptionSpec } from '../command.ts'

/** What may follow the words of a command line so far. */
export interface CompletionNode {
  /** The words so far, without `holdfast`: none, `drill`, or `sessions list`. */
  path: string
  /** Commands that may come next, with their summaries. */
  commands: { word: string; summary: string }[]
  options: CompletionOption[]
  /** What its argument may be; null when it takes none, or anything. */
  argument: Value | null
}

export interface CompletionOption {
  flag: string
  summary: string
  /** What comes after it; null when nothing does. */
  value: Value | null
}

/** One of a few words, a file or a folder, or something that nobody can guess. */
export type Value = { kind: 'words'; words: readonly string[] } | { kind: 'file' | 'folder' | 'any' }

const COMMON: readonly OptionSpec[] = [
  { flags: '--debug', summary: 'print stack traces' },
  { flags: '--help', summary: 'print help' },
]

/** The command line as a tree, the root first. `groups` says what the commands of two words have in common. Pure. */
export function completionTree(
  commands: readonly AnyCommand[],
  groups: Readonly<Record<string, string>>,
): CompletionNode[] {
  const firsts = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? name))]
  const summaryOf = (name: string) => commands.find((one) => one.name === name)?.summary ?? groups[name] ?? ''
  const root: CompletionNode = {
    path: '',
    commands: firsts.map((word) => ({ word, summary: summaryOf(word) })),
    options: [...COMMON, { flags: '--version', summary: 'print the version' }].map(optionOf),
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
      argument: argument === undefined ? null : valueFor(argument.name, argument.words),
    })),
  ]
}

/** `--name <name>`: the flag, and what its value is called. */
function optionOf({ flags, summary, parse }: OptionSpec): CompletionOption {
  const [, flag = flags, valueName] = flags.match(/(--[\w-]+)(?:[ =][<[]([\w-]+)[>\]])?/) ?? []
  return { flag, summary, value: valueName === undefined ? null : valueFor(valueName, parse?.words) }
}

function valueFor(name: string, words: readonly string[] | undefined): Value {
  if (words !== undefined) return { kind: 'words', words }
  return { kind: name === 'file' || name === 'folder' ? name : 'any' }
}
