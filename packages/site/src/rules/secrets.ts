import type { Path } from '../file/finding.ts'
import { passwordsIn } from '../secrets/secrets.ts'
import { unwritable } from '../secrets/writable.ts'
import { dataCentrePath } from './hosts.ts'
import type { LocatedSecrets, Rule } from './rule.ts'
import { OWASP_SECRETS, SECURITY_DOCS } from './sources.ts'
import { strengthBits } from './strength.ts'

const MIN_BITS = 128
const RECOMMENDED_BITS = 256

/** Rules about the secrets of data centres, and the places that keep them. */
export const secretRules: readonly Rule[] = [
  {
    id: 'secrets-open',
    severity: 'error',
    summary: 'Other users can read or change the secrets.',
    why: 'A user who reads the secrets can log in to every Redis, and list or end every session.',
    fix: 'Follow the message. If other users may have read the secrets, rotate them.',
    source: OWASP_SECRETS,
    *check(_, secrets) {
      for (const { dataCentre, seen } of secrets) {
        for (const message of seen.open) yield { path: secretsPath(dataCentre), message }
      }
    },
  },
  {
    id: 'secrets-unusable',
    severity: 'error',
    summary: 'The secrets exist but cannot be used.',
    why: 'Holdfast cannot render or start anything with them.',
    fix: 'Correct what the message names. To start over, move the old file away: Holdfast generates new secrets when it needs them.',
    source: OWASP_SECRETS,
    *check({ profile }, secrets) {
      for (const { dataCentre, seen } of secrets) {
        const refused = seen.secrets === null ? [] : unwritable(seen.secrets, profile)
        for (const message of [...seen.unusable, ...refused]) {
          yield { path: secretsPath(dataCentre), message }
        }
      }
    },
  },
  {
    id: 'secrets-prefix',
    severity: 'error',
    summary: 'The prefix of the environment variables is not a valid variable name.',
    why: 'Shells and systemd do not set variables with other characters, so the secrets are never found.',
    fix: 'Use A-Z, 0-9 and "_". Begin with a letter and do not end with "_": DC1.',
    source: {
      title: 'POSIX, Environment Variables',
      url: 'https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html',
    },
    *check({ dataCentres }) {
      for (const dataCentre of dataCentres) {
        const { secrets } = dataCentre
        if (secrets.kind !== 'environment' || /^[A-Z]([A-Z0-9_]{0,62}[A-Z0-9])?$/.test(secrets.prefix))
          continue
        yield {
          path: [...dataCentrePath(dataCentre), 'secrets', 'environment'],
          // The value is not shown: it may be a secret in the wrong place.
          message: 'The prefix is not valid: expected A-Z, 0-9 and "_". The value is not shown.',
        }
      }
    },
  },
  {
    id: 'weak-secret',
    severity: 'error',
    summary: 'A password can be guessed.',
    why: 'Redis checks passwords so fast that an attacker can try a million per second, and it never locks a client out.',
    fix: 'Use 256 random bits: `openssl rand -base64 32`. Or move the secrets away, so that Holdfast generates new ones.',
    source: SECURITY_DOCS,
    *check(_, secrets) {
      for (const { user, password, path } of passwordsOf(secrets)) {
        if (strengthBits(password) >= MIN_BITS) continue
        yield {
          path,
          message: `The password of ${user} is short, or consists of known words or repetitions.`,
        }
      }
    },
  },
  {
    id: 'short-secret',
    severity: 'warning',
    summary: 'A password has fewer than 256 bits.',
    why: 'No user types these passwords, so length costs nothing. Redis stores each as a plain SHA-256 hash. An attacker who obtains the hash can test guesses at any speed.',
    fix: 'Use 256 random bits: `openssl rand -base64 32`.',
    source: SECURITY_DOCS,
    *check(_, secrets) {
      for (const { user, password, path } of passwordsOf(secrets)) {
        const bits = strengthBits(password)
        // The estimate of a random password is a little low: some of its letters form a run by chance.
        if (bits < MIN_BITS || bits >= RECOMMENDED_BITS * 0.8) continue
        yield {
          path,
          message: `The password of ${user} has about ${Math.round(bits)} bits; ${RECOMMENDED_BITS} are recommended.`,
        }
      }
    },
  },
  {
    id: 'reused-secret',
    severity: 'error',
    summary: 'Two users or two data centres have the same password, group id or key.',
    why: 'An attacker who learns one secret has the other too. A user with few rights, such as metrics, opens the way to one with all rights.',
    fix: 'Give each its own secret: `openssl rand -base64 32`. A data centre that was copied from another needs new secrets.',
    source: OWASP_SECRETS,
    *check(_, secrets) {
      const owners = new Map<string, string>()
      for (const { dataCentre, label, secret, path } of uniqueSecretsOf(secrets)) {
        const own = `${label} of ${dataCentre}`
        const owner = owners.get(secret)
        owners.set(secret, owner ?? own)
        if (owner !== undefined) {
          yield { path, message: `The secret of ${own} is also the secret of ${owner}.` }
        }
      }
    },
  },
]

const secretsPath = (dataCentre: string): Path => ['dataCentres', dataCentre, 'secrets']

/** Every password, its user (`admin`, `sentinelApp`, ...), and the path in the file that names its place. */
function passwordsOf(secrets: readonly LocatedSecrets[]) {
  return secrets.flatMap(({ dataCentre, seen }) =>
    Object.entries(seen.secrets === null ? {} : passwordsIn(seen.secrets)).map(([user, password]) => ({
      dataCentre,
      user,
      password,
      path: secretsPath(dataCentre),
    })),
  )
}

/** Everything that must differ between users and between data centres. */
function uniqueSecretsOf(secrets: readonly LocatedSecrets[]) {
  const passwords = passwordsOf(secrets).map(({ user, password, ...at }) => ({
    ...at,
    label: user,
    secret: password,
  }))
  const others = secrets.flatMap(({ dataCentre, seen }) => {
    if (seen.secrets === null) return []
    const { mark, keyring } = seen.secrets
    const entries = [
      ['the group id', mark],
      ['the index key', keyring.index],
      ...Object.entries(keyring.keys).map(([id, key]) => [`the key ${id}`, key] as const),
    ] as const
    return entries.map(([label, secret]) => ({ dataCentre, label, secret, path: secretsPath(dataCentre) }))
  })
  return [...passwords, ...others]
}
