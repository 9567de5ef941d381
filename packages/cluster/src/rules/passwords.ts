import type { Secrets } from '../secrets/secrets.ts'
import type { Path } from '../site/finding.ts'
import type { PlacedSecrets } from './rule.ts'

/** A password, whose it is, and where the file says that it is kept. */
export interface PlacedPassword {
  dataCentre: string
  /** `admin`, `sentinelApp`, ... */
  user: string
  password: string
  path: Path
}

/** Every password that was seen. */
export function passwordsOf(secrets: readonly PlacedSecrets[]): PlacedPassword[] {
  return secrets.flatMap(({ dataCentre, seen }) =>
    Object.entries(seen.secrets === null ? {} : passwordsIn(seen.secrets)).map(([user, password]) => ({
      dataCentre,
      user,
      password,
      path: ['dataCentres', dataCentre, 'secrets'],
    })),
  )
}

function passwordsIn(secrets: Secrets): Record<string, string> {
  const { mark: _, keyring: __, rotatedAt: ___, revision: ____, ...passwords } = secrets
  return passwords
}
