/**
 * Why a Redis must not start with these users: it loads its append-only file as the user `default`, and leaves out a
 * transaction, or half of one, that this user may not run (FACT-33). Null when it may start. Pure.
 */
export function problemOfUsers(text: string): string | null {
  const line = text.split(/\r?\n/).find((one) => /^user\s+default(\s|$)/.test(one.trim()))
  if (line === undefined) return 'it has no user "default", so anybody could log in without a password'
  const lost = lostRights(line.trim().split(/\s+/).slice(2))
  if (lost.length === 0) return null
  return `the user "default" lacks ${lost.join(' and ')}, so Redis would leave out logins and logouts when it loads its data. Set it to "user default off ~* &* +@all"`
}

function lostRights(words: readonly string[]): string[] {
  const has = { '~*': false, '&*': false, '+@all': false }
  for (const word of words) {
    if (word === '~*' || word === 'allkeys') has['~*'] = true
    else if (word === 'resetkeys') has['~*'] = false
    else if (word === '&*' || word === 'allchannels') has['&*'] = true
    else if (word === 'resetchannels') has['&*'] = false
    else if (word === '+@all' || word === 'allcommands') has['+@all'] = true
    else if (word.startsWith('-') || word === 'nocommands') has['+@all'] = false
    else if (word === 'reset') for (const right of RIGHTS) has[right] = false
  }
  return RIGHTS.filter((right) => !has[right])
}

const RIGHTS = ['~*', '&*', '+@all'] as const
