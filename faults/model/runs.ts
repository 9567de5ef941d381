/** What a search must find. */
type Expectation =
  /** No violation in the whole state space. */
  | 'holds'
  /** A counterexample: a rule is out, or the promise ends there. */
  | 'breaks'

/** One search: the model with some of its defines. */
export interface Run {
  name: string
  /** Which rule is out, or what may happen, in a few words. */
  title: string
  defines: string[]
  expect: Expectation
}

const LOGIN = ['LOGIN', 'QUORUM_READER']
const LOGOUT = ['LOGOUT', 'LEASED_READER']
/** Bounds (a), (b) and (c): what the README calls them. */
const CUT = ['LINK_CUT']
const WRONG_ELECTION = ['ANY_REPLICA']
const BOTH_FAULTS = [...CUT, ...WRONG_ELECTION]
const REPAIR = ['LOGIN', 'REPLAY', ...BOTH_FAULTS]
const ONE_TRY = ['TRIES=1']
const TOLD = ['LOGOUT', 'TELLER', 'QUORUM_READER', ...ONE_TRY]
const EMPTIED = [...LOGIN, ...CUT, 'EMPTY_RESTART', 'ELECTIONS=0']

const holds = (name: string, title: string, defines: string[]): Run => ({
  name,
  title,
  defines,
  expect: 'holds',
})
const breaks = (name: string, title: string, defines: string[]): Run => ({
  name,
  title,
  defines,
  expect: 'breaks',
})

/** All of them end within a minute on two cores. The longest first. */
export const QUICK_RUNS: readonly Run[] = [
  holds('a-logout', 'a link may stall; leased reader', [...LOGOUT, ...CUT]),
  holds('b-logout', 'any replica may be elected; leased reader', [...LOGOUT, ...WRONG_ELECTION]),
  holds('c-repaired', 'both, and the writer may die; what was lost comes back', [...REPAIR, 'WRITER_DIES']),
  holds('forced-repaired', 'both, by SENTINEL FAILOVER; what was lost comes back', [...REPAIR, 'FORCED']),
  holds('a-login', 'a link may stall; quorum reader', [...LOGIN, ...CUT]),
  holds('a-logout-quorum', 'a link may stall; quorum reader', ['LOGOUT', 'QUORUM_READER', ...CUT]),
  holds('b-login', 'any replica may be elected; quorum reader', [...LOGIN, ...WRONG_ELECTION]),
  holds('told', 'a log-out that was told stays told; quorum reader', TOLD),
  holds('emptied', 'a link may stall, a replica restarts empty', EMPTIED),

  breaks('revoke-what-is-found', 'a log-out that finds no session writes nothing', [
    'BOTH',
    'REPLAY',
    ...BOTH_FAULTS,
    'REVOKE_WHAT_IS_FOUND',
    ...ONE_TRY,
  ]),
  breaks('no-barrier', 'no epoch barrier', [...LOGIN, 'NO_BARRIER']),
  breaks('trust-leader', 'the barrier believes a leader in its failover', [...LOGIN, 'TRUST_LEADER']),
  breaks('one-replica-enough', 'WAIT 1 though two are connected', [
    ...LOGIN,
    ...WRONG_ELECTION,
    'ONE_REPLICA_ENOUGH',
  ]),
  breaks('no-term', 'acknowledgements of an earlier term count', [...LOGIN, 'NO_TERM']),
  breaks('no-fence', 'no message behind a batch', [...LOGIN, 'NO_FENCE']),
  breaks('no-journal', 'no journal', [...REPAIR, 'NO_JOURNAL']),
  breaks('no-heard-writes', 'nobody re-applies what it heard', [...REPAIR, 'WRITER_DIES', 'NO_HEARD_WRITES']),
  breaks('no-lease', 'cache and primary answer without a lease', [...LOGOUT, 'NO_LEASE']),
  breaks('beat-without-replica', 'a beat needs no replica', [...LOGOUT, 'BEAT_WITHOUT_REPLICA']),
  breaks('beat-without-feed', 'a beat need not come back', [...LOGOUT, 'BEAT_WITHOUT_FEED']),
  breaks('trust-unknown', 'a leased primary\'s "unknown" is believed', [
    'LOGIN',
    'LEASED_READER',
    'TRUST_UNKNOWN',
  ]),
  breaks('no-settle', 'a tombstone is told as soon as it is seen', [...TOLD, 'NO_SETTLE']),
  breaks('settle-without-primary', 'it is told though the primary lacks it', [
    ...TOLD,
    'SETTLE_WITHOUT_PRIMARY',
  ]),
  breaks('settle-unreached-primary', 'it is told though the primary does not answer', [
    ...TOLD,
    'SETTLE_UNREACHED_PRIMARY',
  ]),
  breaks('settle-any-term', 'it is told though the primary has changed meanwhile', [
    ...TOLD,
    'SETTLE_ANY_TERM',
  ]),
  breaks('no-quorum', 'one node is enough', [...LOGIN, 'NO_QUORUM']),
  breaks('no-mark', 'an emptied node counts', [...EMPTIED, 'NO_MARK']),

  breaks('limit-c', 'all rules in: until the journal is re-applied', [...LOGIN, ...BOTH_FAULTS]),
  breaks('limit-forced', 'all rules in: SENTINEL FAILOVER at an unheard Sentinel', [...LOGIN, 'FORCED']),
]

const TWO_ELECTIONS = ['ELECTIONS=2', ...ONE_TRY]

/** By hand: seconds to minutes each, and up to 9 GB. */
export const LARGE_RUNS: readonly Run[] = [
  holds('a-three-tries', 'a link may stall, three tries', [...LOGIN, ...CUT, 'TRIES=3']),
  holds('b-both', 'a login and its log-out; any replica may be elected', [
    'BOTH',
    'QUORUM_READER',
    ...WRONG_ELECTION,
  ]),
  holds('a-both', 'the same; a link may stall', ['BOTH', 'QUORUM_READER', ...CUT, ...ONE_TRY]),
  holds('b-readers', 'a log-out, both readers; any replica may be elected', [
    ...LOGOUT,
    'QUORUM_READER',
    ...WRONG_ELECTION,
  ]),
  holds('a-readers', 'the same; a link may stall', [...LOGOUT, 'QUORUM_READER', ...CUT]),
  holds('c-both-repaired', 'a login and its log-out, both faults; what was lost comes back', [
    'BOTH',
    'REPLAY',
    ...BOTH_FAULTS,
    ...ONE_TRY,
  ]),
  holds('a-told', 'a log-out that was told; a link may stall', [...TOLD, ...CUT]),
  breaks('limit-told', 'all rules in: a log-out sent twice, and told by looks that are far apart', [
    'LOGOUT',
    'TELLER',
    'QUORUM_READER',
  ]),
  breaks('limit-two', 'all rules in: two failovers, the first one unfinished', [...LOGIN, ...TWO_ELECTIONS]),
  holds('two-repaired', 'two failovers in a row; what was lost comes back', [
    'LOGIN',
    'REPLAY',
    ...TWO_ELECTIONS,
  ]),
]
