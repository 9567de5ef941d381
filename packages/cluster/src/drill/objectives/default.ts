import type { Timings } from '../../topology/topology.ts'
import type { ObjectivesFile } from './objectives.ts'

/** An election, a promotion, the other replica's new link, and a busy machine (in milliseconds). */
const BEYOND_DOWN_AFTER_MS = 8500

/**
 * The objectives of a drill that is given none, described in `docs/drill.md`: nobody gets an error, nothing that was
 * acknowledged is lost or undone, and logins wait no longer than a failover takes.
 */
export const defaultObjectives = ({ downAfterMs }: Pick<Timings, 'downAfterMs'>): ObjectivesFile => ({
  objectives: {
    failedVerifications: 0,
    failedLogins: 0,
    failedLogouts: 0,
    lostLogins: 0,
    undoneLogouts: 0,
    usersLoggedOut: 0,
    endedConnections: 0,
    verificationP99Ms: 1000,
    verificationP999Ms: 2500,
    longestVerificationMs: null,
    longestLoginMs: downAfterMs + BEYOND_DOWN_AFTER_MS,
    newPrimaryMs: null,
  },
  faults: {
    // What a hung gateway has taken in, it answers when it goes on; a balancer cannot know that it never will.
    'pause-gateway': { verificationP99Ms: 10_000, verificationP999Ms: 10_000 },
  },
})
