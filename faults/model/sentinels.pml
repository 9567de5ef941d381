/*
 * Three Sentinels: vote, choice, promotion, configuration, re-pointing and demotion, each at any moment. Nothing has
 * to fail for it: a Sentinel that is slow or cut off believes what it likes.
 */
#define SENTINELS 3

/* The newest epoch that it voted in or heard of: announced by +new-epoch at that moment. */
byte epoch[SENTINELS]
byte configEpoch[SENTINELS]
byte named[SENTINELS]
/* It leads a failover, has seen the promotion, and does not name the new primary yet. */
bit isRepointing[SENTINELS]
byte promotedBy[SENTINELS]

/* The newest failover, until its leader has seen the promotion. */
#define CALM 0
#define VOTING 1
#define CHOSEN 2
#define PROMOTED 3
byte phase
byte leader
byte chosen
byte elections

/* The newest configuration that Sentinels tell each other. */
byte newestConfig
byte newestPrimary

/* A forced failover needs no vote. With a quorum of one, a leader that knows no peers needs its own vote only. */
#if defined(FORCED) || defined(QUORUM_OF_ONE)
#define VOTES_NEEDED 1
#else
#define VOTES_NEEDED 2
#endif
#ifdef ABANDONED
/* Two candidates may use the same epoch, so the votes of the newest election are kept apart from the epochs. */
byte ballots
#define VOTED(s) ((ballots >> (s)) & 1)
#else
#define VOTED(s) (epoch[s] == elections -> 1 : 0)
#endif
#define VOTES (VOTED(0) + VOTED(1) + VOTED(2))
#ifdef FORCED
/* The replica behind the link that may stall lacked something that the other one had when the newest failover began. */
bit lackedBefore
#define NOTE_LACK lackedBefore = (isCut && offset[2] < offset[1])
#else
#define NOTE_LACK skip
#endif
/* SENTINEL MASTER shows the flag failover_in_progress. */
#define LEADS(s) ((s == leader && phase != CALM) || isRepointing[s] || IS_LATE_LEADER(s))

/* A replica by the leader's configuration. An old primary that nobody demoted yet has no offset there. */
#ifdef REELECTION
/* With the others out of the leader's reach it is elected all the same: it answers PING and is no primary for the leader. */
#define IS_CANDIDATE(n) (n != named[leader])
#define IS_BEHIND(n, m) (IS_CANDIDATE(m) && !isPrimary[n] && !isPrimary[m] && offset[n] < offset[m])
#else
#define IS_CANDIDATE(n) (n != named[leader] && (!isPrimary[n] || ownReign[n] > ownReign[named[leader]]))
#ifdef ANY_REPLICA
#define IS_BEHIND(n, m) false
#else
#define IS_BEHIND(n, m) (IS_CANDIDATE(m) && offset[n] < offset[m])
#endif
#endif
#define MAY_CHOOSE(n) \
  (phase == VOTING && IS_LAST_ELECTION && VOTES >= VOTES_NEEDED && IS_CANDIDATE(n) && \
   !IS_BEHIND(n, 0) && !IS_BEHIND(n, 1) && !IS_BEHIND(n, 2))

/* Where the first elections lead to nothing in time, only the last one does. */
#ifdef ABANDONED
#define IS_LAST_ELECTION (begun == ELECTIONS)
#else
#define IS_LAST_ELECTION true
#endif

/* Elections that are over when the model begins. */
#ifdef REELECTION
#define PAST_ELECTIONS 1
#else
#define PAST_ELECTIONS 0
#endif

#ifdef ABANDONED
#include "abandoned.pml"
#else
#define IS_LATE_LEADER(s) false
/* In the first election the Sentinels are alike: the leader is 0, and 1 votes no later than 2. */
#define MAY_LEAD(s) (elections < ELECTIONS + PAST_ELECTIONS && \
   !isRepointing[s] && (elections == PAST_ELECTIONS -> s == 0 : phase == CALM || s != leader))
/* A Sentinel is asked about a primary by its address, and votes when that is the primary that it watches. */
#define MAY_VOTE(s) \
  (phase != CALM && epoch[s] < elections && named[s] == named[leader] && \
   (elections > PAST_ELECTIONS + 1 || s == 1 || epoch[1] == elections))

inline lead(s) {
  printf("Sentinel %d asks for votes\n", s);
  NOTE_LACK;
  elections++;
  leader = s;
  epoch[s] = elections;
  phase = VOTING
}

inline vote(s) {
  printf("Sentinel %d votes\n", s);
  epoch[s] = elections
}
#endif

inline choose(n) {
  printf("the leader chooses node %d\n", n);
  chosen = n;
  phase = CHOSEN
}

/*
 * From here on the leader tells of the new primary, but its own SENTINEL MASTER shows the new epoch with the old
 * address until the replicas are re-pointed (FACT-21: sentinelRefreshInstanceInfo sets config_epoch, and
 * only sentinelFailoverSwitchToPromotedSlave the address).
 */
inline see() {
  printf("Sentinel %d, the leader, sees node %d promoted\n", leader, chosen);
  configEpoch[leader] = elections;
  isRepointing[leader] = 1;
  promotedBy[leader] = chosen;
  newestConfig = elections;
  newestPrimary = chosen;
  phase = CALM
}

inline switchOver(s) {
  printf("Sentinel %d names node %d\n", s, promotedBy[s]);
  named[s] = promotedBy[s];
  isRepointing[s] = 0
}

/* Where a promotion may be undone, the leader may read an INFO from before that. */
#define MAY_SEE (phase == PROMOTED && (MAY_BE_UNDONE || isPrimary[chosen]))

#define MAY_HEAR(s) (configEpoch[s] < newestConfig)
inline hear(s) {
  printf("Sentinel %d hears of it and names node %d\n", s, newestPrimary);
  if
  :: epoch[s] < newestConfig -> epoch[s] = newestConfig
  :: else
  fi;
  configEpoch[s] = newestConfig;
  named[s] = newestPrimary;
  isRepointing[s] = 0;
  /* A new configuration resets what it had under way. */
  if
  :: s == leader && phase != CALM -> phase = CALM
  :: else
  fi;
#ifdef ABANDONED
  if
  :: IS_LATE_LEADER(s) -> latePhase = CALM
  :: else
  fi
#endif
}

#define MAY_REPOINT(r) \
  (newestConfig > 0 && r != newestPrimary && !isPrimary[r] && follows[r] != newestPrimary)
#define KNOWS(s) (newestConfig > 0 && named[s] == newestPrimary)
#define MAY_DEMOTE(p) \
  ((KNOWS(0) || KNOWS(1) || KNOWS(2)) && isPrimary[p] && p != newestPrimary && \
   !(phase == PROMOTED && p == chosen))

#ifdef LATE_LEADER
/*
 * Sentinel 0 was elected in epoch 1 and stood still; a switchover in epoch 2, led by Sentinel 1, has made node 1 the primary
 * without a loss, and both replicas follow it. Sentinel 0 has not heard of that.
 */
inline initSentinels() {
  begun = 2; elections = 2;
  epoch[0] = 1; epoch[1] = 2; epoch[2] = 2;
  configEpoch[1] = 2; configEpoch[2] = 2;
  named[1] = 1; named[2] = 1;
  newestConfig = 2; newestPrimary = 1;
  lateLeader = 0; latePhase = VOTING; lateEpoch = 1
}
#elif defined(REELECTION)
/* The first failover is over for the Sentinels: they name node 1, and nobody has made node 0 a replica yet. */
inline initSentinels() {
  elections = 1;
  epoch[0] = 1; epoch[1] = 1; epoch[2] = 1;
  configEpoch[0] = 1; configEpoch[1] = 1; configEpoch[2] = 1;
  named[0] = 1; named[1] = 1; named[2] = 1;
  newestConfig = 1; newestPrimary = 1
}
#else
inline initSentinels() { skip }
#endif
