import type { Profile } from '../file/site.ts'

/**
 * The beginnings of lines without which a program would start without passwords, on every address, or without its
 * data. A file that lacks one of them was truncated: Redis and Sentinel keep these lines when they rewrite their
 * files.
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

/** Returns the lines that the text lacks. */
export const missingEssentials = (text: string, essentials: readonly string[]): string[] => {
  const lines = text.split('\n')
  return essentials.filter((essential) => !lines.some((line) => line.startsWith(essential)))
}
