import { Filter } from 'ldapts'

/**
 * Puts a value into a search filter, in place of each `place` (such as `{name}`). It is escaped (RFC 4515, section 3),
 * so that no text of a person can change what is asked.
 */
export function fillFilter(template: string, place: string, value: string): string {
  return template.split(place).join(Filter.escape(value))
}
