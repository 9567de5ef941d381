import type { Profile } from '../site/site.ts'

/**
 * How lines begin without which a program would start open to everybody, on every address, or without its data. A file
 * that lacks one of them was cut short: Redis and Sentinel keep all of them when they write their files again.
 */
export const ESSENTIALS = {
  'redis.conf': {
    hardened: ['bind ', 'dir ', 'aclfile ', 'appendonly '],
    'as-documented': ['bind ', 'requirepass '],
  },
  'sentinel.conf': {
    hardened: ['bind ', 'dir ', 'user default ', 'sentinel monitor '],
    'as-documented': ['bind ', 'sentinel monitor '],
  },
} as const satisfies Record<string, Record<Profile, readonly string[]>>

/** Those that the text lacks. */
export const missingEssentials = (text: string, essentials: readonly string[]): string[] => {
  const lines = text.split('\n')
  return essentials.filter((essential) => !lines.some((line) => line.startsWith(essential)))
}
