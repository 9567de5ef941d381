/*
 * With PROXY a model of its own: proxy.pml. Otherwise:
 * One token in a data centre: three Redis nodes, three Sentinels, processes that write, and processes that verify.
 * README.md says what is modelled, what is not, and why each abstraction is a fair one.
 *
 * Asserted: S1, S2 and S3 in every answer of a reader (lease.pml, quorum.pml; settle.pml), and that what was acknowledged is
 * there once everybody has re-applied what it keeps (replay.pml).
 */

/* --- What happens (one of LOGIN, LOGOUT and BOTH) --- */

#ifdef LOGIN
#define WRITERS 1
#define WRITES(w) LIVE
#ifdef WHEN_ELECTED_AGAIN
/* What was acknowledged before is lost with the wrong election, until journals are written again (elected-again-repaired). */
#define MAY_BEGIN(w) (newestConfig == ELECTIONS + PAST_ELECTIONS)
#elif defined(WHEN_BACK)
#define MAY_BEGIN(w) (ownReign[0] == RESTARTED)
#else
#define MAY_BEGIN(w) true
#endif
#define FIRST_LIVE_AT NEVER
#define IS_LOGGED_IN (acknowledged[0])
#define IS_LOGGED_OUT false
#endif
#ifdef LOGOUT
#define WRITERS 1
#define WRITES(w) REVOKED
#define MAY_BEGIN(w) true
#define FIRST_LIVE_AT 0
#define IS_LOGGED_IN false
#define IS_LOGGED_OUT (acknowledged[0])
#endif
#ifdef BOTH
#define WRITERS 2
#define WRITES(w) (w == 0 -> LIVE : REVOKED)
#define MAY_BEGIN(w) (w == 0 || acknowledged[0])
#define FIRST_LIVE_AT NEVER
#define IS_LOGGED_IN (acknowledged[0] && tries[1] == 0 && !acknowledged[1])
#define IS_LOGGED_OUT (acknowledged[1])
#endif

/* --- Bounds --- */

#ifndef TRIES
#define TRIES 2
#endif
#ifndef ELECTIONS
#define ELECTIONS 1
#endif

#if defined(RESTART) || defined(REELECTION) || defined(UNDONE_PROMOTION) || defined(LATE_LEADER)
#define SUCCESSION
#endif

/* A Sentinel that has not heard of a promotion may undo it. */
#ifdef UNDONE_PROMOTION
#define MAY_BE_UNDONE true
#else
#define MAY_BE_UNDONE false
#endif

/* --- The rules, each of which a define takes out --- */

#ifdef ONE_REPLICA_ENOUGH
#define ALL_REPLICAS false
#else
#define ALL_REPLICAS true
#endif
#ifdef NO_BARRIER
#define HOLDS_BARRIER false
#else
#define HOLDS_BARRIER true
#endif
#ifdef TRUST_LEADER
#define TRUSTS_LEADER true
#else
#define TRUSTS_LEADER false
#endif
#ifdef NO_TERM
#define HOLDS_TERM false
#else
#define HOLDS_TERM true
#endif
#ifdef NO_FENCE
#define HOLDS_FENCE false
#else
#define HOLDS_FENCE true
#endif
#ifdef NO_JOURNAL
#define HOLDS_JOURNAL false
#else
#define HOLDS_JOURNAL true
#endif
#ifdef NO_HEARD_WRITES
#define HOLDS_HEARD_WRITES false
#else
#define HOLDS_HEARD_WRITES true
#endif
#ifdef NO_LEASE
#define HOLDS_LEASE false
#else
#define HOLDS_LEASE true
#endif
#ifdef BEAT_WITHOUT_REPLICA
#define BEAT_NEEDS_REPLICA false
#else
#define BEAT_NEEDS_REPLICA true
#endif
#ifdef BEAT_WITHOUT_FEED
#define BEAT_NEEDS_FEED false
#else
#define BEAT_NEEDS_FEED true
#endif
#ifdef TRUST_UNKNOWN
#define TRUSTS_UNKNOWN true
#else
#define TRUSTS_UNKNOWN false
#endif
#ifdef NO_QUORUM
#define HOLDS_QUORUM false
#else
#define HOLDS_QUORUM true
#endif
#ifdef NO_SETTLE
#define HOLDS_SETTLE false
#else
#define HOLDS_SETTLE true
#endif
#ifdef SETTLE_ANY_TERM
#define HOLDS_SETTLE_TERM false
#else
#define HOLDS_SETTLE_TERM true
#endif
#ifdef NO_INCUMBENT
#define HOLDS_INCUMBENT false
#else
#define HOLDS_INCUMBENT true
#endif
#ifdef ANY_LINEAGE
#define HOLDS_LINEAGE false
#else
#define HOLDS_LINEAGE true
#endif
#ifdef NO_DEMOTION
#define HOLDS_DEMOTION false
#else
#define HOLDS_DEMOTION true
#endif
/* A rule that the library has not. */
#ifdef DEMOTE_UNNAMED
#define DEMOTES_UNNAMED true
#else
#define DEMOTES_UNNAMED false
#endif
#ifdef DEMOTE_ANY_LINEAGE
#define DEMOTES_BY_REIGN false
#else
#define DEMOTES_BY_REIGN true
#endif
/* An election epoch ends to be a doubt when it is old. */
#ifdef VOID_BY_TIME
#define VOIDS_BY_TIME true
#else
#define VOIDS_BY_TIME false
#endif
/* It ends to be a doubt when two Sentinels of three lead no failover. */
#ifdef VOID_BY_MAJORITY
#define QUIET_NEEDED 2
#else
#define QUIET_NEEDED SENTINELS
#endif
/* A Sentinel counts as quiet though it may use the doubted epoch itself later. */
#ifdef VOID_BEFORE_EPOCH
#define ASKS_AFTER_EPOCH false
#else
#define ASKS_AFTER_EPOCH true
#endif
/* A promotion that no Sentinel announced counts only when a newer election epoch was heard of. */
#if defined(LATE_LEADER) && !defined(LINEAGE_WITHOUT_EPOCH)
#define LINEAGE_NEEDS_ELECTION true
#else
#define LINEAGE_NEEDS_ELECTION false
#endif
/* A batch that a replica lacks which followed until lately is not held. */
#ifdef NO_HOLD
#define HOLDS_MISSING false
#else
#define HOLDS_MISSING true
#endif
#ifdef ASK_BEFORE_HOLD
#define ASKS_AFTER_HOLD false
#else
#define ASKS_AFTER_HOLD true
#endif
/* A heartbeat lets go of what was heard after it was sent. */
#ifdef HEARTBEAT_COVERS_LATER
#define KEEPS_LATER_HEARD false
#else
#define KEEPS_LATER_HEARD true
#endif
/* A heartbeat counts on a new primary before that one was checked for what was heard. */
#ifdef HEARTBEAT_BEFORE_CHECK
#define CHECKS_BEFORE_HEARTBEAT false
#else
#define CHECKS_BEFORE_HEARTBEAT true
#endif
/* How many Sentinels must answer: a majority of all that were configured or ever seen, and SENTINELS - quorum + 1. */
#ifdef MAJORITY_OF_ONE
#define ANSWERS_NEEDED 1
#elif defined(QUORUM_OF_ONE) && !defined(MAJORITY_ONLY)
#define ANSWERS_NEEDED SENTINELS
#else
#define ANSWERS_NEEDED 2
#endif
/* A Sentinel counts as soon as it is listened to. */
#ifdef NO_EXACT_EPOCH
#define KNOWS_EPOCH false
#else
#define KNOWS_EPOCH true
#endif
/* It counts by a hello that it sent before it was listened to. */
#ifdef OLD_HELLO
#define TRUSTS_OLD_HELLO true
#else
#define TRUSTS_OLD_HELLO false
#endif
/* A lease, or a beat on its way, is timed by a clock that stood still while the process did. */
#ifdef ONE_CLOCK
#define CHECKS_CLOCKS false
#else
#define CHECKS_CLOCKS true
#endif
#ifdef ONE_CLOCK_FOR_BEATS
#define CHECKS_CLOCKS_OF_BEATS false
#else
#define CHECKS_CLOCKS_OF_BEATS CHECKS_CLOCKS
#endif
#ifdef NO_MARK
#define HOLDS_MARK false
#else
#define HOLDS_MARK true
#endif

#ifdef ROTATION
#include "rotate.pml"
#elif defined(PROXY)
#include "proxy.pml"
#else
#include "nodes.pml"
#include "sentinels.pml"
#include "writers.pml"
#include "lease.pml"
#include "settle.pml"
#include "quorum.pml"
#include "replay.pml"
#include "failover.pml"

/* Every part but the writers is left out where its define is missing: fewer states. */
init {
  atomic {
    initNodes();
    initSentinels();
#ifdef SUCCESSION
    initSuccession(0);
#ifdef BOTH
    initSuccession(1);
#endif
#endif
#ifdef EARLIER_ENTRY
    /* Acknowledged in the first term, and on no node since the election. */
    acknowledged[0] = 1;
    journal[0] = TO_REPLAY;
#endif
    run Replication();
    run Failover();
    run Writer(0);
#ifdef BOTH
    run Writer(1);
#endif
#ifdef LEASED_READER
    run LeasedReader();
#endif
#ifdef TELLER
    run Teller();
#endif
#ifdef QUORUM_READER
    run QuorumReader();
#endif
#ifdef REPLAY
    run Listener();
    run Settled();
#endif
  }
}
#endif
