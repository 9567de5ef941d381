import { LARGE_PROXY_RUNS, PROXY_RUNS } from './proxy-runs.ts'
import { breaks, breaksSoon, holds, type Run } from './run.ts'

const LOGIN = ['LOGIN', 'QUORUM_READER']
const LOGOUT = ['LOGOUT', 'LEASED_READER']
/** The bounds (a), (b) and (c) of the README. */
const CUT = ['LINK_CUT']
const WRONG_ELECTION = ['ANY_REPLICA']
const BOTH_FAULTS = [...CUT, ...WRONG_ELECTION]
const REPAIR = ['LOGIN', 'REPLAY', ...BOTH_FAULTS]
const ONE_TRY = ['TRIES=1']
const REPORTED = ['LOGOUT', 'TELLER', 'QUORUM_READER', ...ONE_TRY]
/** The first primary is killed and restarts as primary at any moment. */
const RESTARTED = [...LOGIN, 'RESTART', ...ONE_TRY]
/** After the first failover, the deposed primary has not been demoted, and may be elected again. */
const REELECTION = [...LOGIN, 'REELECTION', ...ONE_TRY]
const ELECTED_AGAIN = [...REELECTION, 'WHEN_ELECTED_AGAIN']
/** The leader is paused, and the deposed primary still reports the role of primary: a Sentinel may undo the promotion. */
const UNDONE = ['UNDONE_PROMOTION']
const UNDONE_ONCE = [...UNDONE, ...ONE_TRY]
/** A forced failover, without the votes of other Sentinels. */
const FORCED = [...LOGIN, 'FORCED']
/** Elections that do not lead to a promotion in time. The last one may use the epoch of the first. */
const ABANDONED = [...LOGIN, 'ABANDONED', 'ELECTIONS=2', ...ONE_TRY]
/** A leader is paused; a switchover in a newer epoch is announced; then the leader resumes. */
const LATE = [...ABANDONED, 'LATE_LEADER']
/** The process subscribes to one Sentinel at any moment. */
const LISTENS = [...LOGIN, ...ONE_TRY, 'LISTENS']
const FOREIGN = [...LOGIN, ...WRONG_ELECTION, 'FOREIGN_REPLICA']
const PAUSED = [...LOGOUT, ...ONE_TRY, 'STANDING_CLOCK']
/** The writer is dead. Other processes drop its writes after a heartbeat that every replica confirmed. */
const REMOTE_WRITES = [...REPAIR, ...ONE_TRY, 'WRITER_DIES']
/** An entry of the first term is replayed on the second primary, and again on the third. */
const EARLIER = ['LOGIN', 'REPLAY', 'REELECTION', ...ONE_TRY, 'EARLIER_ENTRY']
const EMPTIED = [...LOGIN, ...CUT, 'EMPTY_RESTART', 'ELECTIONS=0']

/**
 * The searches of the tests, the longest first and those of the proxy last. All of them take a little more than two minutes
 * on two cores.
 */
export const QUICK_RUNS: readonly Run[] = [
  holds('a-logout', 'a link may stall; leased reader, one try', [...LOGOUT, ...CUT, ...ONE_TRY]),
  holds('b-logout', 'any replica may be elected; leased reader', [...LOGOUT, ...WRONG_ELECTION]),
  holds(
    'c-repaired',
    'a link may stall, any replica may be elected, the writer may die; lost writes are replayed',
    [...REPAIR, 'WRITER_DIES'],
  ),
  holds(
    'forced-repaired',
    'a link may stall, any replica may be elected by SENTINEL FAILOVER at an isolated Sentinel; lost writes are replayed',
    [...REPAIR, ...ONE_TRY, 'FORCED', 'ISOLATED_LEADER'],
  ),
  holds('abandoned', 'an epoch becomes void only when no Sentinel leads a failover', ABANDONED),
  holds('remote-writes', 'remote writes are kept until every replica has confirmed a later heartbeat', [
    ...REMOTE_WRITES,
    'HEARTBEATS',
  ]),
  holds('journal-terms', 'the journal keeps an entry over several terms', EARLIER),
  holds('forced', 'a forced failover, and a link may stall', [...FORCED, ...CUT]),
  holds('a-login', 'a link may stall; quorum reader', [...LOGIN, ...CUT]),
  holds('a-logout-quorum', 'a link may stall; quorum reader', ['LOGOUT', 'QUORUM_READER', ...CUT]),
  holds('b-login', 'any replica may be elected; quorum reader', [...LOGIN, ...WRONG_ELECTION]),
  holds('reported', 'a logout that was reported stays durable; quorum reader', REPORTED),
  holds('reported-older', 'a logout that is older than a heartbeat is reported', [
    ...REPORTED,
    'OLDER',
    ...CUT,
  ]),
  holds('elected-again', 'a deposed primary is elected again before a login', ELECTED_AGAIN),
  holds('restarted', 'the primary is killed and restarts before its successor is announced', RESTARTED),
  holds('undone', 'a promotion is not undone before it is announced; two tries', [...LOGIN, ...UNDONE]),
  holds('undone-logout', 'a promotion is not undone before it is announced; a logout, quorum reader', [
    'LOGOUT',
    'QUORUM_READER',
    ...UNDONE_ONCE,
  ]),
  holds('late-leader', 'a leader promotes a replica late, after a switchover in a newer epoch', LATE),
  holds('listens', 'a process subscribes to a Sentinel during a failover', LISTENS),
  holds('quorum-of-one', 'the quorum is 1, and a leader has no peers', [...LOGIN, 'QUORUM_OF_ONE']),
  holds('foreign', 'a foreign replica is attached, and any replica may be elected', FOREIGN),
  holds('standing-clock', 'the machine of a reader is paused, including one of its clocks', PAUSED),
  holds('rotation', '"end all my sessions" also ends a session that a concurrent rotation makes', [
    'ROTATION',
  ]),
  holds('emptied', 'a link may stall, and a replica restarts empty', EMPTIED),

  breaks('revoke-what-is-found', 'a logout that finds no session writes no tombstone', [
    'BOTH',
    'REPLAY',
    ...BOTH_FAULTS,
    'REVOKE_WHAT_IS_FOUND',
    ...ONE_TRY,
  ]),
  breaksSoon('no-barrier', 'without the epoch barrier', [...LOGIN, 'NO_BARRIER']),
  breaksSoon('trust-leader', 'the barrier trusts a Sentinel that leads a failover', [
    ...LOGIN,
    'TRUST_LEADER',
  ]),
  breaksSoon('one-replica-enough', 'one acknowledgement is enough although two replicas are connected', [
    ...LOGIN,
    ...WRONG_ELECTION,
    'ONE_REPLICA_ENOUGH',
  ]),
  breaksSoon('no-term', 'acknowledgements of an earlier term count', [...LOGIN, 'NO_TERM']),
  breaksSoon('no-fence', 'without the message that follows a batch to the replicas', [...LOGIN, 'NO_FENCE']),
  breaksSoon('no-journal', 'without the journal', [...REPAIR, 'NO_JOURNAL']),
  breaksSoon('no-heard-writes', 'processes do not replay the writes of others', [
    ...REPAIR,
    'WRITER_DIES',
    'NO_HEARD_WRITES',
  ]),
  breaksSoon('no-lease', 'the cache and the primary answer without a lease', [...LOGOUT, 'NO_LEASE']),
  breaks('beat-without-replica', 'a heartbeat does not need the confirmation of a replica', [
    ...LOGOUT,
    'BEAT_WITHOUT_REPLICA',
  ]),
  breaksSoon('beat-without-feed', 'a heartbeat does not need to return on the feed', [
    ...LOGOUT,
    'BEAT_WITHOUT_FEED',
  ]),
  breaks('trust-unknown', 'the answer "unknown" of a leased primary is final', [
    'LOGIN',
    'LEASED_READER',
    'TRUST_UNKNOWN',
  ]),
  breaksSoon('no-settle', 'a tombstone is reported before it is durable', [...REPORTED, 'NO_SETTLE']),
  breaks('settle-without-primary', 'a tombstone is reported although the primary lacks it', [
    ...REPORTED,
    'SETTLE_WITHOUT_PRIMARY',
  ]),
  breaks('settle-unreached-primary', 'a tombstone is reported although the primary does not answer', [
    ...REPORTED,
    'SETTLE_UNREACHED_PRIMARY',
  ]),
  breaks('settle-any-term', 'a tombstone is reported although the primary has changed', [
    ...REPORTED,
    'SETTLE_ANY_TERM',
  ]),
  breaksSoon(
    'older-without-beat',
    'a tombstone is reported that the feed did not carry, without a heartbeat',
    [...REPORTED, 'OLDER', 'OLDER_WITHOUT_BEAT'],
  ),
  breaksSoon('older-received', 'a tombstone is reported that the feed carried after the heartbeat', [
    ...REPORTED,
    'OLDER',
    'OLDER_RECEIVED',
  ]),
  breaksSoon('no-quorum', 'one node is enough for an answer', [...LOGIN, 'NO_QUORUM']),
  breaksSoon('no-mark', 'a node without the group id counts', [...EMPTIED, 'NO_MARK']),

  breaksSoon(
    'any-lineage',
    'a primary that continues the history of the named one counts as newer, in any term',
    [...ELECTED_AGAIN, 'ANY_LINEAGE'],
  ),
  breaks('restarted-trust-leader', 'a restarted primary is trusted with the epoch of its successor', [
    ...RESTARTED,
    'WHEN_BACK',
    'TRUST_LEADER',
  ]),
  breaks(
    'elected-again-no-journal',
    'without the journal, and the primary that is elected again lacks the login',
    ['LOGIN', 'REPLAY', 'REELECTION', ...ONE_TRY, 'NO_JOURNAL'],
  ),

  breaksSoon('no-demotion', 'the deposed primary is not demoted, and its successor becomes its replica', [
    ...LOGIN,
    ...UNDONE_ONCE,
    'NO_DEMOTION',
  ]),
  breaksSoon('no-demotion-logout', 'the deposed primary is not demoted; a logout', [
    'LOGOUT',
    'QUORUM_READER',
    ...UNDONE_ONCE,
    'NO_DEMOTION',
  ]),

  breaks('void-before-epoch', 'a Sentinel counts before it has the epoch that becomes void', [
    ...ABANDONED,
    'VOID_BEFORE_EPOCH',
  ]),
  breaks('void-by-time', 'an epoch becomes void by time', [...ABANDONED, 'VOID_BY_TIME']),
  breaks('void-by-majority', 'an epoch becomes void when two of three Sentinels lead no failover', [
    ...ABANDONED,
    'VOID_BY_MAJORITY',
  ]),
  breaksSoon('lineage-without-epoch', 'a late promotion counts as the next failover', [
    ...LATE,
    'LINEAGE_WITHOUT_EPOCH',
  ]),
  breaksSoon('no-hold', 'a forced failover, and a batch is not held for a missing replica', [
    ...FORCED,
    'NO_HOLD',
  ]),
  breaksSoon('ask-before-hold', 'the Sentinels are asked before the hold has ended', [
    ...FORCED,
    'ASK_BEFORE_HOLD',
  ]),
  breaksSoon('no-exact-epoch', 'a Sentinel counts as soon as the process subscribes to it', [
    ...LISTENS,
    'NO_EXACT_EPOCH',
  ]),
  breaksSoon('old-hello', 'a Sentinel counts by a hello that was sent before the subscription', [
    ...LISTENS,
    'OLD_HELLO',
  ]),
  breaksSoon('majority-of-one', 'a Sentinel without peers counts as a majority', [
    ...LOGIN,
    'MAJORITY_OF_ONE',
  ]),
  breaksSoon('majority-only', 'the quorum is 1, and a majority of the Sentinels is enough', [
    ...LOGIN,
    'QUORUM_OF_ONE',
    'MAJORITY_ONLY',
  ]),
  breaksSoon('count-foreign', 'a foreign replica counts', [...FOREIGN, 'COUNT_FOREIGN']),
  breaksSoon('foreign-ends-wait', 'a foreign replica does not count, but it ends a WAIT', [
    ...FOREIGN,
    'CUT_SHORT_BY_FOREIGN',
  ]),
  breaksSoon('one-clock', 'a lease is timed by a single clock, which was paused', [...PAUSED, 'ONE_CLOCK']),
  breaksSoon('one-clock-for-beats', 'a heartbeat in progress is timed by a single clock, which was paused', [
    ...PAUSED,
    'ONE_CLOCK_FOR_BEATS',
  ]),
  breaksSoon('journal-by-age', 'the journal drops an entry by age', [...REPAIR, 'JOURNAL_BY_AGE']),
  breaksSoon('journal-one-replica', 'the journal drops an entry when one replica has it', [
    ...EARLIER,
    'JOURNAL_ONE_REPLICA',
  ]),
  breaksSoon('remote-by-age', 'remote writes are dropped by age', [...REMOTE_WRITES, 'HEARD_BY_AGE']),
  breaks('heartbeat-covers-later', 'a heartbeat also covers remote writes that arrived after it was sent', [
    ...REMOTE_WRITES,
    'HEARTBEATS',
    'HEARTBEAT_COVERS_LATER',
  ]),
  breaks('heartbeat-before-check', 'a heartbeat counts before the new primary has been checked', [
    ...REMOTE_WRITES,
    'HEARTBEATS',
    'HEARTBEAT_BEFORE_CHECK',
  ]),
  breaksSoon('rotate-in-two', 'a rotation is two separate writes', ['ROTATION', 'ROTATE_IN_TWO']),
  breaksSoon('no-replacement-link', 'a tombstone does not reach the session that replaced its own', [
    'ROTATION',
    'NO_REPLACEMENT_LINK',
  ]),

  breaksSoon('limit-c', 'all rules, but the journal has not been replayed', [...LOGIN, ...BOTH_FAULTS]),
  breaks('limit-elected-again', 'all rules, but the journal has not been replayed', REELECTION),
  breaksSoon('limit-forced', 'all rules, but SENTINEL FAILOVER runs on an isolated Sentinel', [
    ...FORCED,
    'ISOLATED_LEADER',
  ]),
  breaksSoon('limit-late-leader', 'all rules, but a late leader without a hello re-points the replicas', [
    ...LATE,
    'LATE_REPOINTS',
  ]),
  breaksSoon('limit-wiped-sentinel', 'all rules, but a Sentinel has voted and then lost its file', [
    ...LOGIN,
    'ABANDONED',
    ...ONE_TRY,
    'WIPED_SENTINEL',
  ]),
  ...PROXY_RUNS,
]

const TWO_ELECTIONS = ['ELECTIONS=2', ...ONE_TRY]

/** Searches to run by hand: seconds to minutes each, and up to 9 GB of memory. */
export const LARGE_RUNS: readonly Run[] = [
  holds('a-logout-tries', 'a link may stall; leased reader', [...LOGOUT, ...CUT]),
  holds('a-three-tries', 'a link may stall, three tries', [...LOGIN, ...CUT, 'TRIES=3']),
  holds('b-both', 'a login and its logout; any replica may be elected', [
    'BOTH',
    'QUORUM_READER',
    ...WRONG_ELECTION,
  ]),
  holds('a-both', 'a login and its logout; a link may stall', ['BOTH', 'QUORUM_READER', ...CUT, ...ONE_TRY]),
  holds('b-readers', 'a logout, both readers; any replica may be elected', [
    ...LOGOUT,
    'QUORUM_READER',
    ...WRONG_ELECTION,
  ]),
  holds('a-readers', 'a logout, both readers; a link may stall', [...LOGOUT, 'QUORUM_READER', ...CUT]),
  holds('c-both-repaired', 'a login and its logout, both faults; lost writes are replayed', [
    'BOTH',
    'REPLAY',
    ...BOTH_FAULTS,
    ...ONE_TRY,
  ]),
  holds('reported-both-ways', 'a logout that was reported in either way stays durable', [
    ...REPORTED,
    'OLDER',
    'BOTH_WAYS',
  ]),
  holds('a-reported', 'a logout that was reported stays durable; a link may stall', [...REPORTED, ...CUT]),
  breaks(
    'limit-reported',
    'all rules, but a logout is sent twice and is reported from queries that are far apart',
    ['LOGOUT', 'TELLER', 'QUORUM_READER'],
  ),
  breaks('limit-two', 'all rules, but there are two failovers, and the first does not finish', [
    ...LOGIN,
    ...TWO_ELECTIONS,
  ]),
  holds('elected-again-repaired', 'a deposed primary is elected again; lost writes are replayed', [
    'LOGIN',
    'REPLAY',
    'REELECTION',
    ...ONE_TRY,
    'WRITER_DIES',
  ]),
  holds('restarted-cut', 'the primary is killed and restarts, and a link may stall; two tries', [
    ...LOGIN,
    'RESTART',
    ...CUT,
  ]),
  holds('undone-leased', 'a promotion is not undone before it is announced; leased reader', [
    ...LOGOUT,
    ...UNDONE_ONCE,
  ]),
  holds('undone-cut', 'a promotion is not undone before it is announced; a link may stall; two tries', [
    ...LOGIN,
    ...UNDONE,
    ...CUT,
  ]),
  holds('undone-elected-again', 'a deposed primary is elected again, and its successor is demoted', [
    ...ELECTED_AGAIN,
    ...UNDONE,
    'DEMOTE_UNNAMED',
  ]),
  holds('undone-repaired', 'a promotion is not undone before it is announced; lost writes are replayed', [
    'LOGIN',
    'REPLAY',
    ...UNDONE_ONCE,
    'WRITER_DIES',
  ]),
  breaks('no-demotion-leased', 'the deposed primary is not demoted; a logout, leased reader', [
    ...LOGOUT,
    ...UNDONE_ONCE,
    'NO_DEMOTION',
  ]),
  holds('no-demotion-repaired', 'the deposed primary is not demoted; lost writes are replayed', [
    'LOGIN',
    'REPLAY',
    ...UNDONE_ONCE,
    'NO_DEMOTION',
    'WRITER_DIES',
  ]),
  breaks('demote-any-lineage', 'a primary is demoted when another continues its history, in any term', [
    ...ELECTED_AGAIN,
    ...UNDONE,
    'DEMOTE_UNNAMED',
    'DEMOTE_ANY_LINEAGE',
  ]),
  breaks(
    'limit-undone-elected-again',
    'all rules, but the successor of a primary that is elected again is not demoted',
    [...ELECTED_AGAIN, ...UNDONE],
  ),
  breaks('limit-undone', 'all rules, but a Sentinel undoes the promotion from an INFO before the demotion', [
    ...LOGIN,
    ...UNDONE_ONCE,
    'OLD_INFO',
  ]),
  breaks('limit-undone-restarted', 'all rules, but the deposed primary restarts with a new replication id', [
    ...RESTARTED,
    ...UNDONE,
  ]),
  holds('late-repaired', 'a late leader re-points the replicas; lost writes are replayed', [
    'LOGIN',
    'REPLAY',
    'ABANDONED',
    ...TWO_ELECTIONS,
    'LATE_LEADER',
    'LATE_REPOINTS',
    'WRITER_DIES',
  ]),
  holds('two-repaired', 'two failovers in a row; lost writes are replayed', [
    'LOGIN',
    'REPLAY',
    ...TWO_ELECTIONS,
  ]),
  ...LARGE_PROXY_RUNS,
]
