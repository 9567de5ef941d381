import { stripVTControlCharacters } from 'node:util'
import type { UnfinishedRotations } from '@holdfast/operations/rotate/unfinished'
import { describe, expect, it } from 'vitest'
import { agesText, rotationLines } from '../../../src/commands/status/secrets-text.ts'

const LIMITS = { usersDays: 30, keyringDays: 90, certificateDaysLeft: 30 }
const age = (secret: string, ageDays: number) => ({ secret, since: '2026-01-01T00:00:00.000Z', ageDays })

it('`holdfast status` prints the age of the oldest password and of the key ring, with the limit that either exceeds', () => {
  const agesOf = (...days: [number, number, number]) =>
    stripVTControlCharacters(
      agesText([age('admin', days[0]), age('app', days[1]), age('keyring', days[2])], LIMITS),
    )
  expect(agesOf(1, 30, 90)).toBe('passwords at most 30 days old, key ring 90 days old')
  expect(agesOf(31, 2, 91)).toBe('passwords at most 31 days old (limit 30), key ring 91 days old (limit 90)')
})

describe('an unfinished rotation is printed with the command that continues it:', () => {
  const none: UnfinishedRotations = { passwords: null, certificates: null, keyring: null }
  const passwords = {
    startedAt: '2026-01-01T00:00:00.000Z',
    phase: 'move' as const,
    users: ['app' as const, 'peer' as const],
    undoing: false,
    isRunning: false,
  }
  const keyring = { next: 'k2', waits: false, isRunning: false }
  const certificates = { issued: ['redis-1'], isRunning: false }
  it.each<[Partial<UnfinishedRotations>, string[]]>([
    [{}, []],
    [{ passwords }, ['of app, peer was interrupted, continue with: holdfast rotate passwords --name dc2']],
    [
      { passwords: { ...passwords, undoing: true } },
      ['of app, peer was interrupted, continue with: holdfast rotate passwords --undo --name dc2'],
    ],
    [
      { passwords: { ...passwords, phase: 'wait' } },
      ['of app, peer waits for its second stage: holdfast rotate passwords --stage finish --name dc2'],
    ],
    [
      { certificates },
      ['of certificates was interrupted, continue with: holdfast rotate certificates --name dc2'],
    ],
    [{ keyring }, ['to the key k2 was interrupted, continue with: holdfast rotate keyring --name dc2']],
    [
      { keyring: { ...keyring, waits: true } },
      ['to the key k2 waits for its second stage: holdfast rotate keyring --stage finish --name dc2'],
    ],
    [
      { certificates: { ...certificates, isRunning: true }, keyring },
      [
        'of certificates is running',
        'to the key k2 was interrupted, continue with: holdfast rotate keyring --name dc2',
      ],
    ],
  ])('%j', (seen, lines) => {
    expect(rotationLines({ ...none, ...seen }, ' --name dc2')).toEqual(lines)
  })
})
