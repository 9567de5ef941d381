import type { UnfinishedRotations } from '@holdfast/operations/rotate/unfinished'
import type { DataCentreStatus } from '@holdfast/operations/status/facts'
import { plural } from '../../terminal/format.ts'
import { paint } from '../../terminal/paint.ts'

/** `passwords at most 12 days old, key ring 3 days old`, with a warning where the site allows less. */
export function agesText(
  secrets: DataCentreStatus['secrets'],
  { usersDays, keyringDays }: DataCentreStatus['limits'],
): string {
  const oldest = (matches: (secret: string) => boolean) =>
    Math.max(0, ...secrets.flatMap(({ secret, ageDays }) => (matches(secret) ? [ageDays] : [])))
  const old = (text: string, days: number, maxDays: number) => {
    const age = `${text} ${plural(days, 'day')} old`
    return days > maxDays ? paint.warning(`${age} (limit ${maxDays})`) : age
  }
  const passwords = oldest((secret) => secret !== 'keyring')
  const keyring = oldest((secret) => secret === 'keyring')
  return `${old('passwords at most', passwords, usersDays)}, ${old('key ring', keyring, keyringDays)}`
}

/** Each unfinished rotation, its state, and the command that continues it. `flags` select the data centre in it. */
export function rotationLines(
  { passwords, certificates, keyring }: UnfinishedRotations,
  flags: string,
): string[] {
  return [
    ...(passwords === null ? [] : [passwordsLine(passwords, flags)]),
    ...(certificates === null
      ? []
      : [`of certificates ${certificates.isRunning ? RUNNING : `${INTERRUPTED} certificates${flags}`}`]),
    ...(keyring === null ? [] : [keyringLine(keyring, flags)]),
  ]
}

const RUNNING = 'is running'
const INTERRUPTED = 'was interrupted, continue with: holdfast rotate'
const WAITING = 'waits for its second stage: holdfast rotate'

function passwordsLine(
  { isRunning, phase, users, undoing }: NonNullable<UnfinishedRotations['passwords']>,
  flags: string,
): string {
  const state = isRunning
    ? RUNNING
    : phase === 'wait'
      ? `${WAITING} passwords --stage finish${flags}`
      : `${INTERRUPTED} passwords${undoing ? ' --undo' : ''}${flags}`
  return `of ${users.length > 2 ? plural(users.length, 'password') : users.join(', ')} ${state}`
}

function keyringLine(
  { isRunning, waits, next }: NonNullable<UnfinishedRotations['keyring']>,
  flags: string,
): string {
  const state = isRunning
    ? RUNNING
    : waits
      ? `${WAITING} keyring --stage finish${flags}`
      : `${INTERRUPTED} keyring${flags}`
  return `to the key ${next} ${state}`
}
