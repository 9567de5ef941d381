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
  /** Compiling it takes longer than searching it, so that is done without optimisation. */
  isBrief: boolean
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
/** The first primary dies and is back, as primary, at any moment. */
const BACK = [...LOGIN, 'RESTART', ...ONE_TRY]
/** The first election is over; the primary that it replaced has not been made a replica, and may be elected again. */
const REELECTION = [...LOGIN, 'REELECTION', ...ONE_TRY]
const ELECTED_AGAIN = [...REELECTION, 'WHEN_ELECTED_AGAIN']
/** The leader stands still, and the primary that it replaced calls itself primary: a Sentinel may undo the promotion. */
const UNDONE = ['UNDONE_PROMOTION']
const UNDONE_ONCE = [...UNDONE, ...ONE_TRY]
/** A forced failover: no Sentinel votes for it. */
const FORCED = [...LOGIN, 'FORCED']
/** Elections that lead to nothing in time; the last one may use the epoch of the first. */
const ABANDONED = [...LOGIN, 'ABANDONED', 'ELECTIONS=2', ...ONE_TRY]
/** A leader stood still; a switchover in a newer epoch is announced; then the leader goes on. */
const LATE = [...ABANDONED, 'LATE_LEADER']
/** The process begins to listen to one Sentinel at any moment. */
const LISTENS = [...LOGIN, ...ONE_TRY, 'LISTENS']
const FOREIGN = [...LOGIN, ...WRONG_ELECTION, 'FOREIGN_REPLICA']
const PAUSED = [...LOGOUT, ...ONE_TRY, 'STANDING_CLOCK']
/** The writer has died, and what others heard is let go by a heartbeat that every replica confirmed. */
const HEARD = [...REPAIR, ...ONE_TRY, 'WRITER_DIES']
/** An entry of the first term is written again on the second primary, and once more on the third. */
const EARLIER = ['LOGIN', 'REPLAY', 'REELECTION', ...ONE_TRY, 'EARLIER_ENTRY']
const EMPTIED = [...LOGIN, ...CUT, 'EMPTY_RESTART', 'ELECTIONS=0']

type Make = (name: string, title: string, defines: string[]) => Run
const holds: Make = (name, title, defines) => ({ name, title, defines, expect: 'holds', isBrief: false })
const breaks: Make = (name, title, defines) => ({ name, title, defines, expect: 'breaks', isBrief: false })
/** Ends within some 100,000 states. */
const breaksSoon: Make = (name, title, defines) => ({ ...breaks(name, title, defines), isBrief: true })

/** All of them together take about two minutes on two cores. The longest first. */
export const QUICK_RUNS: readonly Run[] = [
  holds('a-logout', 'a link may stall; leased reader, one try', [...LOGOUT, ...CUT, ...ONE_TRY]),
  holds('b-logout', 'any replica may be elected; leased reader', [...LOGOUT, ...WRONG_ELECTION]),
  holds('c-repaired', 'both, and the writer may die; what was lost comes back', [...REPAIR, 'WRITER_DIES']),
  holds('forced-repaired', 'both, by SENTINEL FAILOVER at a cut-off Sentinel; what was lost comes back', [
    ...REPAIR,
    ...ONE_TRY,
    'FORCED',
    'ISOLATED_LEADER',
  ]),
  holds('abandoned', 'an epoch is void only when no Sentinel leads a failover', ABANDONED),
  holds('heard', 'heard writes are kept until every replica confirmed a later heartbeat', [
    ...HEARD,
    'HEARTBEATS',
  ]),
  holds('journal-terms', 'an entry of the journal is kept over several terms', EARLIER),
  holds('forced', 'a forced failover, and a link may stall', [...FORCED, ...CUT]),
  holds('a-login', 'a link may stall; quorum reader', [...LOGIN, ...CUT]),
  holds('a-logout-quorum', 'a link may stall; quorum reader', ['LOGOUT', 'QUORUM_READER', ...CUT]),
  holds('b-login', 'any replica may be elected; quorum reader', [...LOGIN, ...WRONG_ELECTION]),
  holds('told', 'a log-out that was told stays told; quorum reader', TOLD),
  holds('elected-again', 'a deposed primary is elected again, and a login comes after it', ELECTED_AGAIN),
  holds('back', 'the primary dies and is back before its successor is announced', BACK),
  holds('undone', 'a promotion that is not announced is not undone; two tries', [...LOGIN, ...UNDONE]),
  holds('undone-logout', 'the same for a log-out; quorum reader', [
    'LOGOUT',
    'QUORUM_READER',
    ...UNDONE_ONCE,
  ]),
  holds('late-leader', 'a leader promotes late, after a switchover in a newer epoch', LATE),
  holds('listens', 'a process that connects to a Sentinel during a failover', LISTENS),
  holds('quorum-of-one', 'quorum 1, and a leader that knows no peers', [...LOGIN, 'QUORUM_OF_ONE']),
  holds('foreign', 'a replica that no Sentinel knows; any replica may be elected', FOREIGN),
  holds('standing-clock', 'the machine of a reader is paused, and one of its clocks with it', PAUSED),
  holds('rotation', '"end all my sessions" ends the session that replaces another meanwhile', ['ROTATION']),
  holds('emptied', 'a link may stall, a replica restarts empty', EMPTIED),

  breaks('revoke-what-is-found', 'a log-out that finds no session writes nothing', [
    'BOTH',
    'REPLAY',
    ...BOTH_FAULTS,
    'REVOKE_WHAT_IS_FOUND',
    ...ONE_TRY,
  ]),
  breaksSoon('no-barrier', 'no epoch barrier', [...LOGIN, 'NO_BARRIER']),
  breaksSoon('trust-leader', 'the barrier believes a leader in its failover', [...LOGIN, 'TRUST_LEADER']),
  breaksSoon('one-replica-enough', 'WAIT 1 though two are connected', [
    ...LOGIN,
    ...WRONG_ELECTION,
    'ONE_REPLICA_ENOUGH',
  ]),
  breaksSoon('no-term', 'acknowledgements of an earlier term count', [...LOGIN, 'NO_TERM']),
  breaksSoon('no-fence', 'no message behind a batch', [...LOGIN, 'NO_FENCE']),
  breaksSoon('no-journal', 'no journal', [...REPAIR, 'NO_JOURNAL']),
  breaksSoon('no-heard-writes', 'nobody re-applies what it heard', [
    ...REPAIR,
    'WRITER_DIES',
    'NO_HEARD_WRITES',
  ]),
  breaksSoon('no-lease', 'cache and primary answer without a lease', [...LOGOUT, 'NO_LEASE']),
  breaks('beat-without-replica', 'a beat needs no replica', [...LOGOUT, 'BEAT_WITHOUT_REPLICA']),
  breaksSoon('beat-without-feed', 'a beat need not come back', [...LOGOUT, 'BEAT_WITHOUT_FEED']),
  breaks('trust-unknown', 'a leased primary\'s "unknown" is believed', [
    'LOGIN',
    'LEASED_READER',
    'TRUST_UNKNOWN',
  ]),
  breaksSoon('no-settle', 'a tombstone is told as soon as it is seen', [...TOLD, 'NO_SETTLE']),
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
  breaksSoon('no-quorum', 'one node is enough', [...LOGIN, 'NO_QUORUM']),
  breaksSoon('no-mark', 'an emptied node counts', [...EMPTIED, 'NO_MARK']),

  breaksSoon('any-lineage', 'who continues the named one is newer, whenever it was a replica', [
    ...ELECTED_AGAIN,
    'ANY_LINEAGE',
  ]),
  breaks('back-trust-leader', 'a primary that is back is believed with its successor’s epoch', [
    ...BACK,
    'WHEN_BACK',
    'TRUST_LEADER',
  ]),
  breaks('elected-again-no-journal', 'no journal, and the one that is elected again lacks the login', [
    'LOGIN',
    'REPLAY',
    'REELECTION',
    ...ONE_TRY,
    'NO_JOURNAL',
  ]),

  breaksSoon('no-demotion', 'who was replaced stays primary, and its successor is made its replica', [
    ...LOGIN,
    ...UNDONE_ONCE,
    'NO_DEMOTION',
  ]),
  breaksSoon('no-demotion-logout', 'the same for a log-out', [
    'LOGOUT',
    'QUORUM_READER',
    ...UNDONE_ONCE,
    'NO_DEMOTION',
  ]),

  breaks('void-before-epoch', 'a Sentinel is asked before it has the epoch that becomes void', [
    ...ABANDONED,
    'VOID_BEFORE_EPOCH',
  ]),
  breaks('void-by-time', 'an epoch becomes void by time', [...ABANDONED, 'VOID_BY_TIME']),
  breaks('void-by-majority', 'an epoch becomes void when two of three Sentinels lead no failover', [
    ...ABANDONED,
    'VOID_BY_MAJORITY',
  ]),
  breaksSoon('lineage-without-epoch', 'a late promotion is taken for the next failover', [
    ...LATE,
    'LINEAGE_WITHOUT_EPOCH',
  ]),
  breaksSoon('no-hold', 'a forced failover, and a missing replica holds no batch', [...FORCED, 'NO_HOLD']),
  breaksSoon('ask-before-hold', 'the Sentinels are asked before the hold has ended', [
    ...FORCED,
    'ASK_BEFORE_HOLD',
  ]),
  breaksSoon('no-exact-epoch', 'a Sentinel counts as soon as it is listened to', [
    ...LISTENS,
    'NO_EXACT_EPOCH',
  ]),
  breaksSoon('old-hello', 'a Sentinel counts by a hello from before it was listened to', [
    ...LISTENS,
    'OLD_HELLO',
  ]),
  breaksSoon('majority-of-one', 'a Sentinel that knows no peers is a majority', [
    ...LOGIN,
    'MAJORITY_OF_ONE',
  ]),
  breaksSoon('majority-only', 'quorum 1, and a majority of the Sentinels is enough', [
    ...LOGIN,
    'QUORUM_OF_ONE',
    'MAJORITY_ONLY',
  ]),
  breaksSoon('count-foreign', 'a replica that no Sentinel knows counts', [...FOREIGN, 'COUNT_FOREIGN']),
  breaksSoon('foreign-ends-wait', 'it does not count, but WAIT ends by it', [
    ...FOREIGN,
    'CUT_SHORT_BY_FOREIGN',
  ]),
  breaksSoon('one-clock', 'a lease is timed by a clock that stood still', [...PAUSED, 'ONE_CLOCK']),
  breaksSoon('one-clock-for-beats', 'a heartbeat that is under way is timed by a clock that stood still', [
    ...PAUSED,
    'ONE_CLOCK_FOR_BEATS',
  ]),
  breaksSoon('journal-by-age', 'an entry of the journal is forgotten by age', [...REPAIR, 'JOURNAL_BY_AGE']),
  breaksSoon('journal-one-replica', 'an entry is forgotten when one replica has it', [
    ...EARLIER,
    'JOURNAL_ONE_REPLICA',
  ]),
  breaksSoon('heard-by-age', 'what was heard is forgotten by age', [...HEARD, 'HEARD_BY_AGE']),
  breaks('heartbeat-covers-later', 'a heartbeat lets go of what was heard after it was sent', [
    ...HEARD,
    'HEARTBEATS',
    'HEARTBEAT_COVERS_LATER',
  ]),
  breaks('heartbeat-before-check', 'a heartbeat counts before the new primary was checked', [
    ...HEARD,
    'HEARTBEATS',
    'HEARTBEAT_BEFORE_CHECK',
  ]),
  breaksSoon('rotate-in-two', 'a rotation is two writes', ['ROTATION', 'ROTATE_IN_TWO']),
  breaksSoon('no-replacement-link', 'a tombstone does not follow a rotation', [
    'ROTATION',
    'NO_REPLACEMENT_LINK',
  ]),

  breaksSoon('limit-c', 'all rules in: until the journal is re-applied', [...LOGIN, ...BOTH_FAULTS]),
  breaks('limit-elected-again', 'all rules in: until the journal is re-applied', REELECTION),
  breaksSoon('limit-forced', 'all rules in: SENTINEL FAILOVER at a Sentinel that reaches no other', [
    ...FORCED,
    'ISOLATED_LEADER',
  ]),
  breaksSoon('limit-late-leader', 'all rules in: a late leader that hears no hello re-points the others', [
    ...LATE,
    'LATE_REPOINTS',
  ]),
  breaksSoon('limit-wiped-sentinel', 'all rules in: a Sentinel has voted and lost its file', [
    ...LOGIN,
    'ABANDONED',
    ...ONE_TRY,
    'WIPED_SENTINEL',
  ]),
]

const TWO_ELECTIONS = ['ELECTIONS=2', ...ONE_TRY]

/** By hand: seconds to minutes each, and up to 9 GB. */
export const LARGE_RUNS: readonly Run[] = [
  holds('a-logout-tries', 'a link may stall; leased reader', [...LOGOUT, ...CUT]),
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
  holds('elected-again-repaired', 'a deposed primary is elected again; what was lost comes back', [
    'LOGIN',
    'REPLAY',
    'REELECTION',
    ...ONE_TRY,
    'WRITER_DIES',
  ]),
  holds('back-cut', 'the primary dies and is back, and a link may stall; two tries', [
    ...LOGIN,
    'RESTART',
    ...CUT,
  ]),
  holds('undone-leased', 'a promotion that is not announced is not undone; leased reader', [
    ...LOGOUT,
    ...UNDONE_ONCE,
  ]),
  holds('undone-cut', 'the same; a link may stall; two tries', [...LOGIN, ...UNDONE, ...CUT]),
  holds('undone-elected-again', 'the same; a deposed primary is elected again, and its successor demoted', [
    ...ELECTED_AGAIN,
    ...UNDONE,
    'DEMOTE_UNNAMED',
  ]),
  holds('undone-repaired', 'the same; what was lost comes back', [
    'LOGIN',
    'REPLAY',
    ...UNDONE_ONCE,
    'WRITER_DIES',
  ]),
  breaks('no-demotion-leased', 'who was replaced stays primary; a log-out, leased reader', [
    ...LOGOUT,
    ...UNDONE_ONCE,
    'NO_DEMOTION',
  ]),
  holds('no-demotion-repaired', 'the same; what was lost comes back', [
    'LOGIN',
    'REPLAY',
    ...UNDONE_ONCE,
    'NO_DEMOTION',
    'WRITER_DIES',
  ]),
  breaks('demote-any-lineage', 'who is continued is demoted, whenever that one was a replica', [
    ...ELECTED_AGAIN,
    ...UNDONE,
    'DEMOTE_UNNAMED',
    'DEMOTE_ANY_LINEAGE',
  ]),
  breaks('limit-undone-elected-again', 'all rules in: the successor of who is elected again stays primary', [
    ...ELECTED_AGAIN,
    ...UNDONE,
  ]),
  breaks('limit-undone', 'all rules in: a Sentinel undoes it by what it knew before the demotion', [
    ...LOGIN,
    ...UNDONE_ONCE,
    'OLD_INFO',
  ]),
  breaks('limit-undone-back', 'all rules in: the one that was replaced is back in a new history', [
    ...BACK,
    ...UNDONE,
  ]),
  holds('late-repaired', 'a late leader re-points the others; what was lost comes back', [
    'LOGIN',
    'REPLAY',
    'ABANDONED',
    ...TWO_ELECTIONS,
    'LATE_LEADER',
    'LATE_REPOINTS',
    'WRITER_DIES',
  ]),
  holds('two-repaired', 'two failovers in a row; what was lost comes back', [
    'LOGIN',
    'REPLAY',
    ...TWO_ELECTIONS,
  ]),
]
