import type { AclDenial, AclView } from '../snapshot.ts'

/** Older entries are history. */
const RECENT_SECONDS = 3600

export const recentDenials = ({ denials }: AclView): AclDenial[] =>
  denials.filter(({ ageSeconds }) => ageSeconds < RECENT_SECONDS)

/** What exporters ask with each scrape beside the figures that their user may read. */
const ASKED_BY_EXPORTERS = [
  'config|get',
  'cluster|info',
  'module|list',
  'memory|stats',
  'memory|doctor',
  'dbsize',
]

/** Monitoring asks in vain for what it does not need: nobody is kept from his work. */
export const isOfMonitoring = ({ username, reason, object }: AclDenial): boolean =>
  username === 'metrics' && reason === 'command' && ASKED_BY_EXPORTERS.includes(object)

export function denialsText(denials: readonly AclDenial[]): string {
  const words = denials.slice(0, 3).map(({ reason, object, username, count, ageSeconds }) => {
    const what = reason === 'auth' ? 'could not log in' : `was denied the ${reason} ${object}`
    return `"${username}" ${what} (${count} times, last ${Math.round(ageSeconds)} s ago)`
  })
  const more = denials.length > words.length ? ` and ${denials.length - words.length} more` : ''
  return `${words.join('; ')}${more}.`
}
