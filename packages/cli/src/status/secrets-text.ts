import type { DataCentreStatus, UnfinishedRotations } from '@holdfast/cluster'
import { plural } from '../terminal/format.ts'
import { paint } from '../terminal/paint.ts'

/** `passwords at most 12 days old, key ring 3 days old`, with a warning where that is more than the site allows. */
export function agesText(
  secrets: DataCentreStatus['secrets'],
  { usersDays, keyringDays }: DataCentreStatus['limits'],
): string {
  const oldest = (isMeant: (secret: string) => boolean) =>
    Math.max(0, ...secrets.flatMap(({ secret, ageDays }) => (isMeant(secret) ? [ageDays] : [])))
  const old = (text: string, days: number, most: number) => {
    const told = `${text} ${plural(days, 'day')} old`
    return days > most ? paint.warning(`${told} (${most} are the limit)`) : told
  }
  const passwords = oldest((secret) => secret !== 'keyring')
  const keyring = oldest((secret) => secret === 'keyring')
  return `${old('passwords at most', passwords, usersDays)}, ${old('key ring', keyring, keyringDays)}`
}

/** Each rotation that has not ended, how it stands, and the command that goes on with it. `again` names the data centre to it. */
export function rotationLines(
  { passwords, certificates, keyring }: UnfinishedRotations,
  again: string,
): string[] {
  return [
    ...(passwords === null ? [] : [passwordsLine(passwords, again)]),
    ...(certificates === null
      ? []
      : [
          `of certificates ${certificates.isRunning ? UNDER_WAY : `${STOPPED} certificates${again} goes on`}`,
        ]),
    ...(keyring === null ? [] : [keyringLine(keyring, again)]),
  ]
}

const UNDER_WAY = 'is under way'
const STOPPED = 'has not ended: holdfast rotate'
const WAITS = 'waits for others: then holdfast rotate'

function passwordsLine(
  { isRunning, phase, users, undoing }: NonNullable<UnfinishedRotations['passwords']>,
  again: string,
): string {
  const how = isRunning
    ? UNDER_WAY
    : phase === 'wait'
      ? `${WAITS} passwords --stage finish${again}`
      : `${STOPPED} passwords${undoing ? ' --undo' : ''}${again} goes on`
  return `of ${users.length > 2 ? plural(users.length, 'password') : users.join(', ')} ${how}`
}

function keyringLine(
  { isRunning, waits, next }: NonNullable<UnfinishedRotations['keyring']>,
  again: string,
): string {
  const how = isRunning
    ? UNDER_WAY
    : waits
      ? `${WAITS} keyring --stage finish${again}`
      : `${STOPPED} keyring${again} goes on`
  return `to the key ${next} ${how}`
}
