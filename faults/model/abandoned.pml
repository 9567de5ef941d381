/*
 * Elections that lead to no promotion in time (ABANDONED). A candidate gives up, or its failover ends before the promotion; a
 * rival that has not heard of its epoch uses the same one. A leader that was elected may stand still (TILT, a paused machine)
 * while a rival is elected in a newer epoch, and go on later with its own failover, until it hears of the newer configuration
 * (LATE_LEADER). Redis 7.0.15: after the votes sentinelFailoverWaitStart and sentinelFailoverSelectSlave look at no clock.
 */
byte begun

/* The failover that was overtaken: who leads it, and what has become of it. */
byte lateLeader
byte latePhase
byte lateChosen
byte lateEpoch

#define IS_LATE_LEADER(s) (latePhase != CALM && (s) == lateLeader)
#define MAY_LEAD(s) \
  (begun < ELECTIONS && !isRepointing[s] && !IS_LATE_LEADER(s) && \
   (begun == 0 -> s == 0 : phase == CALM))
/* In the first election Sentinels 1 and 2 are alike, so 1 votes no later than 2. */
#define MAY_VOTE(s) \
  (phase != CALM && epoch[s] < elections && named[s] == named[leader] && (begun > 1 || s != 2 || epoch[1] == elections))

inline lead(s) {
  begun++;
  elections = epoch[s] + 1;
  printf("Sentinel %d asks for votes in epoch %d\n", s, elections);
  leader = s;
  epoch[s] = elections;
  ballots = 1 << s;
  phase = VOTING
}

inline vote(s) {
  printf("Sentinel %d votes in epoch %d\n", s, elections);
  epoch[s] = elections;
  ballots = ballots | (1 << s)
}

/* A Sentinel loses its file, and with it its vote. */
#ifdef WIPED_SENTINEL
bit isWiped
inline wipe(s) {
  printf("Sentinel %d loses its file\n", s);
  isWiped = 1;
  epoch[s] = 0
}
#endif

#define MAY_ABANDON (phase == VOTING || phase == CHOSEN)
inline abandon() {
  printf("Sentinel %d gives its failover up\n", leader);
  phase = CALM
}

/* It goes on. What it knows of the offsets is old, so it may choose any replica. */
#define MAY_CHOOSE_LATE(n) (latePhase == VOTING && n != named[lateLeader])
#define MAY_PROMOTE_LATE (latePhase == CHOSEN && !isPrimary[lateChosen])
/* It points the other nodes that it takes for replicas to the one that it promoted. */
#define MAY_REPOINT_LATE(r) \
  (latePhase == PROMOTED && isPrimary[lateChosen] && r != lateChosen && !(r == named[lateLeader]) && \
   (isPrimary[r] || follows[r] != lateChosen))
inline repointLate(r) {
  printf("the late leader: ");
  if
  :: isPrimary[r] -> demote(r, lateChosen)
  :: else -> follow(r, lateChosen)
  fi
}
/*
 * The watchdog of the announced primary takes the late promotion for the beginning of the next failover, because it continues
 * the announced one's history, and makes its own Redis a replica of it. The rule: lineage counts only when a
 * Sentinel has shown an election epoch that is newer than the announced one (LINEAGE_WITHOUT_EPOCH takes it out).
 */
#define HAS_NEWER_EPOCH (epoch[0] > newestConfig || epoch[1] > newestConfig || epoch[2] > newestConfig)
#define MAY_STEP_DOWN_FOR_LATE \
  (isPrimary[newestPrimary] && lateChosen != newestPrimary && isPrimary[lateChosen] && \
   CONTINUES(lateChosen, newestPrimary) && (HAS_NEWER_EPOCH || !LINEAGE_NEEDS_ELECTION))
/* The announced primary is a replica now: the next election, in one step, names the only primary that is left. */
#define MAY_CONFIRM_LATE \
  (latePhase == CALM && isPrimary[lateChosen] && newestPrimary != lateChosen && \
   !isPrimary[newestPrimary] && isPrimary[0] + isPrimary[1] + isPrimary[2] == 1)
inline confirmLate() {
  printf("Sentinel 1 is elected and names node %d\n", lateChosen);
  newestConfig++;
  newestPrimary = lateChosen;
  configEpoch[1] = newestConfig;
  named[1] = lateChosen;
  if
  :: epoch[1] < newestConfig -> epoch[1] = newestConfig
  :: else
  fi
}
/* It has seen the promotion. A newer configuration stands; an older one is replaced by this one. */
inline seeLate() {
  printf("Sentinel %d, the late leader, sees node %d promoted\n", lateLeader, lateChosen);
  configEpoch[lateLeader] = lateEpoch;
  isRepointing[lateLeader] = 1;
  promotedBy[lateLeader] = lateChosen;
  if
  :: newestConfig < lateEpoch -> newestConfig = lateEpoch; newestPrimary = lateChosen
  :: else
  fi;
  latePhase = CALM
}
