import type { Profiler } from 'node:inspector'

/** A function, and its share of the time without the functions that it calls. */
export interface SelfTime {
  name: string
  /** File and line, without the folders above the package. */
  where: string
  percent: number
}

/** In these entries the process waited and did not work. */
const NO_WORK = new Set(['(idle)', '(root)'])

/** The functions of a CPU profile with the most self time, as shares of the busy time of the process. */
export function topSelfTimes(profile: Profiler.Profile, max: number): SelfTime[] {
  const samples = new Map<number, number>()
  for (const [index, id] of (profile.samples ?? []).entries()) {
    samples.set(id, (samples.get(id) ?? 0) + (profile.timeDeltas?.[index] ?? 0))
  }
  const byFunction = new Map<string, { name: string; where: string; us: number }>()
  let busyUs = 0
  for (const { id, callFrame } of profile.nodes) {
    const us = samples.get(id) ?? 0
    if (us === 0 || NO_WORK.has(callFrame.functionName) || callFrame.url === 'node:inspector') continue
    busyUs += us
    const name = callFrame.functionName || '(anonymous)'
    const where = callFrame.url === '' ? '' : `${shorten(callFrame.url)}:${callFrame.lineNumber + 1}`
    const entry = byFunction.get(`${name} ${where}`) ?? { name, where, us: 0 }
    entry.us += us
    byFunction.set(`${name} ${where}`, entry)
  }
  return [...byFunction.values()]
    .sort((a, b) => b.us - a.us)
    .slice(0, max)
    .map(({ name, where, us }) => ({ name, where, percent: (100 * us) / busyUs }))
}

function shorten(url: string): string {
  const path = url.replace(/^file:\/\//, '')
  const inPackage = /.*\/(?:node_modules|packages)\/(.+)$/.exec(path)?.[1]
  return inPackage ?? /[^/]+\/[^/]+\/[^/]+$/.exec(path)?.[0] ?? path
}
