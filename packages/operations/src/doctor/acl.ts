/** An ACL user, with rules that can be compared. */
export interface AclUser {
  name: string
  isOn: boolean
  nopass: boolean
  /** SHA-256 of each password, in hexadecimal. */
  passwordHashes: string[]
  /** Each command (or `+@all`), and patterns of keys and channels, sorted. A selector, in parentheses, is one rule. */
  rules: string[]
}

/** The commands of each category; `all` holds every command. */
export type Categories = Readonly<Record<string, readonly string[]>>

/** Redis allows these commands to every user, whatever the rules say (CMD_NO_AUTH). */
const ALWAYS_ALLOWED = ['auth', 'hello', 'quit', 'reset']

/** A selector: an alternative set of rules of the same user (Redis 7). */
const SELECTOR = /\(([^()]*)\)/g

/**
 * Reads a line of `ACL LIST` or of an ACL file. Redis 7 writes the shortest rules that mean the same, such as `+@fast -role`
 * or `+@all -keys` for a user that was set with `+@all -@dangerous +info`. So only lists of single commands can be compared.
 * Pure.
 */
export function parseAclUser(line: string, categories: Categories): AclUser {
  const [, name = '', ...words] = line.replace(SELECTOR, ' ').trim().split(/\s+/)
  const selectors = [...line.matchAll(SELECTOR)].map(
    ([, rules = '']) => `(${parseRules(rules.trim().split(/\s+/), categories).join(' ')})`,
  )
  return {
    name,
    isOn: words.includes('on'),
    nopass: words.includes('nopass'),
    passwordHashes: words.flatMap((word) => (word.startsWith('#') ? [word.slice(1)] : [])),
    rules: [...parseRules(words, categories), ...selectors].sort(),
  }
}

/** The rules of a user or of one of its selectors: its commands, and its patterns of keys and channels, sorted. */
function parseRules(words: readonly string[], categories: Categories): string[] {
  const commands = new Set<string>()
  const patterns = new Set<string>()
  for (const word of words) {
    if (word === 'resetchannels') remove(patterns, '&')
    else if (word.startsWith('+')) for (const one of commandsOf(word.slice(1), categories)) commands.add(one)
    else if (word === '-@all') commands.clear()
    else if (word.startsWith('-'))
      for (const one of commandsOf(word.slice(1), categories)) commands.delete(one)
    else if (/^[~&%]/.test(word)) patterns.add(word)
  }
  return [...patterns, ...shortened(commands, categories).map((command) => `+${command}`)].sort()
}

/** The commands that a rule names: those of a category, or a command with its subcommands, such as `config|get`. */
function commandsOf(named: string, categories: Categories): string[] {
  if (named.startsWith('@')) return [...(categories[named.slice(1)] ?? [named])]
  const subcommands = (categories['all'] ?? []).filter((command) => command.startsWith(`${named}|`))
  return subcommands.length > 0 ? subcommands : [named]
}

/** Leaves out the commands that every user may send. All existing commands become `@all`. */
function shortened(commands: ReadonlySet<string>, { all = [] }: Categories): string[] {
  if (all.length > 0 && all.every((command) => commands.has(command))) return ['@all']
  return [...commands].filter((command) => !ALWAYS_ALLOWED.includes(command))
}

/** The categories of a process, from its answers to `ACL CAT`. A command that is never sent without a subcommand, such as `config`, is left out. */
export function categoriesOf(members: readonly (readonly [name: string, commands: string[]])[]): Categories {
  const all = new Set(members.flatMap(([, commands]) => commands))
  const containers = new Set([...all].flatMap((command) => command.match(/^.+(?=\|)/) ?? []))
  const sent = (commands: readonly string[]) => commands.filter((command) => !containers.has(command))
  return {
    ...Object.fromEntries(members.map(([name, commands]) => [name, sent(commands)])),
    all: sent([...all]),
  }
}

function remove(patterns: Set<string>, kind: string): void {
  for (const pattern of patterns) if (pattern.startsWith(kind)) patterns.delete(pattern)
}
