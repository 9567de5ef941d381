import type { Site } from '../file/site.ts'
import { proxySecret } from './proxy-secret.ts'
import { passwordsIn, type Secrets } from './secrets.ts'

type Profile = Site['profile']

/** A rendered file that contains passwords in clear text. */
interface PasswordFile {
  file: string
  /** The users whose passwords it contains, by the profile of the site. */
  users: Readonly<Record<Profile, readonly (keyof Secrets)[] | 'users of proxied clients'>>
  /** The characters that cannot be quoted for every program that reads the file. */
  cannot: RegExp
  characters: string
  why: string
}

/** Every other file is JSON, which can contain any text, or `users.acl`, which contains hashes. */
const PASSWORD_FILES: readonly PasswordFile[] = [
  {
    file: 'redis.conf',
    users: { hardened: ['replica'], 'as-documented': ['admin'] },
    cannot: /\p{Cc}/u,
    characters: 'control characters',
    why: 'a line break starts another directive',
  },
  {
    file: 'sentinel.conf',
    users: { hardened: ['sentinel', 'peer'], 'as-documented': ['admin'] },
    cannot: /[\s"'\p{Cc}]/u,
    characters: 'blanks, double quotes ("), single quotes (\') or control characters',
    why: 'Sentinel rewrites the file without quotes',
  },
  {
    file: 'holdfast.env',
    users: { hardened: ['app', 'sentinelApp'], 'as-documented': [] },
    cannot: /['\\\p{Cc}]/u,
    characters: "single quotes ('), backslashes (\\) or control characters",
    why: 'a shell, systemd and Node read them differently',
  },
  {
    file: 'itential/platform.properties',
    users: { hardened: ['platform'], 'as-documented': ['admin'] },
    cannot: /[\s"'\\#;\p{Cc}]/u,
    characters: 'blanks, double quotes ("), single quotes (\'), backslashes (\\), #, ; or control characters',
    why: 'its format has no quoting',
  },
  {
    file: 'redis-clients/NAME.env',
    users: { hardened: 'users of proxied clients', 'as-documented': [] },
    cannot: /['\\\p{Cc}]/u,
    characters: "single quotes ('), backslashes (\\) or control characters",
    why: 'a shell, systemd and Node read them differently',
  },
]

/**
 * Finds passwords that a rendered file cannot contain. Returns sentences that name the characters and never show the
 * password.
 * INV-SITE-6.
 */
export function unwritable(secrets: Secrets, profile: Profile): string[] {
  const passwords = passwordsIn(secrets)
  const namesOf = (users: PasswordFile['users'][Profile]): readonly string[] =>
    users === 'users of proxied clients' ? Object.keys(secrets.proxyUsers ?? {}).map(proxySecret) : users
  return PASSWORD_FILES.flatMap(({ file, users, cannot, characters, why }) =>
    namesOf(users[profile])
      .filter((user) => cannot.test(passwords[user] ?? ''))
      .map(
        (user) =>
          `The password \`${user}\` cannot be written to ${file}, which cannot contain ${characters}: ${why}. Choose a password without them.`,
      ),
  )
}
