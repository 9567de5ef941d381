import type { Check, Sighting } from '../finding.ts'
import type { Snapshot } from '../snapshot.ts'

export const secretTooOld: Check = {
  id: 'secret-too-old',
  severity: 'warning',
  title: 'A secret has not been rotated for long',
  why: 'Whoever copied it once, from a backup or a colleague who has left, still has it.',
  needs: [],
  check: ({ secretAges, topology: { rotation }, again }) => {
    const passwords = secretAges.filter(({ secret }) => secret !== 'keyring')
    const keyring = secretAges.filter(({ secret }) => secret === 'keyring')
    return [
      ...tooOld('passwords', passwords, rotation.usersDays, again),
      ...tooOld('keyring', keyring, rotation.keyringDays, again),
    ]
  },
}

function tooOld(
  kind: 'passwords' | 'keyring',
  ages: Snapshot['secretAges'],
  mostDays: number,
  again: string,
): Sighting[] {
  const old = ages.filter(({ ageDays }) => ageDays > mostDays)
  if (old.length === 0) return []
  const oldest = Math.max(...old.map(({ ageDays }) => ageDays))
  const names = old.map(({ secret }) => secret).join(', ')
  const evidence =
    old.length === 1
      ? `${names} is ${oldest} days old; ${mostDays} are the limit.`
      : `${names} are up to ${oldest} days old; ${mostDays} are the limit.`
  return [{ subject: 'secrets.json', evidence, mend: `holdfast rotate ${kind}${again}` }]
}
