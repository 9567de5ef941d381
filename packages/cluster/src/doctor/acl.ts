/** An ACL user as rules that can be compared. */
export interface AclUser {
  name: string
  isOn: boolean
  nopass: boolean
  /** SHA-256 of its passwords, in hexadecimal. */
  passwordHashes: string[]
  /** Commands, one by one (or `+@all`), and patterns of keys and channels, sorted. A selector, in parentheses, is one rule. */
  rules: string[]
}

/** The commands of each category; `all` holds every command. */
export type Categories = Readonly<Record<string, readonly string[]>>

/** Redis lets everybody send these, whatever the rules say (CMD_NO_AUTH). */
const FREE = ['auth', 'hello', 'quit', 'reset']

/** Rules of a user beside its others (Redis 7). */
const SELECTOR = /\(([^()]*)\)/g

/**
 * Reads a line of `ACL LIST` or of an ACL file. Redis 7 writes the shortest rules that mean the same, such as `+@fast -role`
 * or `+@all -keys` for what was given as `+@all -@dangerous +info`: only the commands themselves can be compared. Pure.
 */
export function parseAclUser(line: string, categories: Categories): AclUser {
  const [, name = '', ...words] = line.replace(SELECTOR, ' ').trim().split(/\s+/)
  const selectors = [...line.matchAll(SELECTOR)].map(
    ([, rules = '']) => `(${rulesOf(rules.trim().split(/\s+/), categories).join(' ')})`,
  )
  return {
    name,
    isOn: words.includes('on'),
    nopass: words.includes('nopass'),
    passwordHashes: words.flatMap((word) => (word.startsWith('#') ? [word.slice(1)] : [])),
    rules: [...rulesOf(words, categories), ...selectors].sort(),
  }
}

/** The rules of a user or of one of its selectors: which commands, and the patterns of keys and channels, sorted. */
function rulesOf(words: readonly string[], categories: Categories): string[] {
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

/** What a rule names: the commands of a category, or a command with all that are called by it, such as `config|get`. */
function commandsOf(named: string, categories: Categories): string[] {
  if (named.startsWith('@')) return [...(categories[named.slice(1)] ?? [named])]
  const called = (categories['all'] ?? []).filter((command) => command.startsWith(`${named}|`))
  return called.length > 0 ? called : [named]
}

/** Without what everybody may send; every command there is as `@all`. */
function shortened(commands: ReadonlySet<string>, { all = [] }: Categories): string[] {
  if (all.length > 0 && all.every((command) => commands.has(command))) return ['@all']
  return [...commands].filter((command) => !FREE.includes(command))
}

/** The categories of a process, by what it answers of each. A command that is never sent by itself, as `config`, is left out. */
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
