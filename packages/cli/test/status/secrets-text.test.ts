import { stripVTControlCharacters } from 'node:util'
import type { UnfinishedRotations } from '@holdfast/cluster'
import { describe, expect, it } from 'vitest'
import { agesText, rotationLines } from '../../src/status/secrets-text.ts'

const LIMITS = { usersDays: 30, keyringDays: 90, certificateDaysLeft: 30 }
const age = (secret: string, ageDays: number) => ({ secret, since: '2026-01-01T00:00:00.000Z', ageDays })

it('tells the oldest password and the age of the key ring, and by which limit either is too old', () => {
  const agesOf = (...days: [number, number, number]) =>
    stripVTControlCharacters(
      agesText([age('admin', days[0]), age('app', days[1]), age('keyring', days[2])], LIMITS),
    )
  expect(agesOf(1, 30, 90)).toBe('passwords at most 30 days old, key ring 90 days old')
  expect(agesOf(31, 2, 91)).toBe(
    'passwords at most 31 days old (30 are the limit), key ring 91 days old (90 are the limit)',
  )
})

describe('a rotation that has not ended is told with the command that goes on:', () => {
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
    [{ passwords }, ['of app, peer has not ended: holdfast rotate passwords --name dc2 goes on']],
    [
      { passwords: { ...passwords, undoing: true } },
      ['of app, peer has not ended: holdfast rotate passwords --undo --name dc2 goes on'],
    ],
    [
      { passwords: { ...passwords, phase: 'wait' } },
      ['of app, peer waits for others: then holdfast rotate passwords --stage finish --name dc2'],
    ],
    [{ certificates }, ['of certificates has not ended: holdfast rotate certificates --name dc2 goes on']],
    [{ keyring }, ['to the key k2 has not ended: holdfast rotate keyring --name dc2 goes on']],
    [
      { keyring: { ...keyring, waits: true } },
      ['to the key k2 waits for others: then holdfast rotate keyring --stage finish --name dc2'],
    ],
    [
      { certificates: { ...certificates, isRunning: true }, keyring },
      [
        'of certificates is under way',
        'to the key k2 has not ended: holdfast rotate keyring --name dc2 goes on',
      ],
    ],
  ])('%j', (seen, lines) => {
    expect(rotationLines({ ...none, ...seen }, ' --name dc2')).toEqual(lines)
  })
})
