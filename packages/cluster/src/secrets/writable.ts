import type { Site } from '../site/site.ts'
import type { Secrets } from './secrets.ts'

type Profile = Site['profile']

/** A rendered file that holds passwords in clear. */
interface Holder {
  file: string
  /** Whose passwords, by the profile of the site. */
  users: Readonly<Record<Profile, readonly (keyof Secrets)[]>>
  /** What no quoting brings to every reader of the file. */
  cannot: RegExp
  characters: string
  why: string
}

/** Every other file is JSON, which holds any text. `users.acl` holds hashes. */
const HOLDERS: readonly Holder[] = [
  {
    file: 'redis.conf',
    users: { hardened: ['replica'], 'as-documented': ['admin'] },
    cannot: /\p{Cc}/u,
    characters: 'control characters',
    why: 'a line break begins another directive',
  },
  {
    file: 'sentinel.conf',
    users: { hardened: ['sentinel', 'peer'], 'as-documented': ['admin'] },
    cannot: /[\s"'\p{Cc}]/u,
    characters: 'blanks, double quotes ("), single quotes (\') or control characters',
    why: 'Sentinel itself writes it again, without any quoting',
  },
  {
    file: 'holdfast.env',
    users: { hardened: ['app', 'sentinelApp'], 'as-documented': [] },
    cannot: /['\\\p{Cc}]/u,
    characters: "single quotes ('), backslashes (\\) or control characters",
    why: 'a shell, systemd and Node do not read them alike',
  },
  {
    file: 'itential/platform.properties',
    users: { hardened: ['platform'], 'as-documented': ['admin'] },
    cannot: /[\s"'\\#;\p{Cc}]/u,
    characters: 'blanks, double quotes ("), single quotes (\'), backslashes (\\), #, ; or control characters',
    why: 'its format knows no quoting',
  },
]

/**
 * Which passwords a rendered file cannot hold, as sentences that say which characters it cannot and never the password.
 * INV-SITE-6.
 */
export function unwritable(secrets: Secrets, profile: Profile): string[] {
  return HOLDERS.flatMap(({ file, users, cannot, characters, why }) =>
    users[profile]
      .filter((user) => cannot.test(String(secrets[user] ?? '')))
      .map(
        (user) =>
          `The password \`${user}\` cannot be written to ${file}, which cannot hold ${characters}: ${why}. Choose one without them.`,
      ),
  )
}
