/**
 * What may be chosen, in words and numbers: all that a command line needs for its help and its completion. Nothing that
 * is imported here may import more than types.
 */
export { MOST_AUTHORITY_DAYS, MOST_DAYS } from './certificates/days.ts'
export { targetsOf } from './drill/faults/targets.ts'
export { REHEARSED_IDS } from './drill/rehearsal/list.ts'
export { PASSWORD_USERS } from './operate/rotate/passwords/users.ts'
export { ENGINES, TRANSPORTS } from './site/choices.ts'
export { DEFAULT_NAME, LOCAL_TRANSPORTS } from './topology/topology.ts'
