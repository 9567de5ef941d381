import type { Timings } from '@holdfast/site/topology/topology'
import type { ObjectivesFile } from './objectives.ts'

/** How long an election, a promotion and the other replica's new link take on a busy machine (in milliseconds). */
const BEYOND_DOWN_AFTER_MS = 8500

/**
 * The default objectives, described in `docs/drill.md`: no request fails, no acknowledged login or logout is lost or
 * undone, and logins wait no longer than a failover takes.
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
    failedCommands: 0,
    lostWrites: 0,
    repeatedWrites: 0,
    endedRedisClients: 0,
    longestCommandMs: downAfterMs + BEYOND_DOWN_AFTER_MS,
  },
  faults: {
    // A hung gateway answers the requests that it has accepted when it continues. The balancer cannot know whether it will.
    'pause-gateway': { verificationP99Ms: 10_000, verificationP999Ms: 10_000 },
  },
})
