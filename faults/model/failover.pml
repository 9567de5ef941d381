/* What Sentinels and watchdogs do to nodes, each step at any moment. */

inline loseConnection(w, p) {
  if
  :: primary[w] == p -> losePrimary(w)
  :: else
  fi
}

/* REPLICAOF alone: its replicas stay until it synchronises, and its clients until they look. */
inline stepDown(p, n) {
  isPrimary[p] = 0;
  follow(p, n)
}

/*
 * Sentinel has it close the connections of its clients, too, so a term ends, and a feed. Where no replica is chained behind
 * another, its own leave at once.
 */
inline demote(p, n) {
  stepDown(p, n);
  if
  :: HAS_CHAINS
  :: else -> dropReplicas(p)
  fi;
  loseConnection(0, p);
#ifdef BOTH
  loseConnection(1, p);
#endif
  if
  :: reader == p -> loseFeed()
  :: else
  fi
}

/* The primary dies and is back, with its data, in a new history that continues none. */
#ifdef RESTART
inline restart(p) {
  printf("node %d restarts: it is primary in a new history\n", p);
  reign[p] = RESTARTED;
  ownReign[p] = RESTARTED;
  dropReplicas(p);
  loseConnection(0, p)
}
#endif

#ifdef UNDONE_PROMOTION
#include "undone.pml"
#endif

proctype Failover() {
end:
  do
  :: d_step { MAY_LEAD(0) -> lead(0) }
  :: d_step { MAY_LEAD(1) -> lead(1) }
  :: d_step { MAY_LEAD(2) -> lead(2) }
  :: d_step { MAY_VOTE(0) -> vote(0) }
  :: d_step { MAY_VOTE(1) -> vote(1) }
  :: d_step { MAY_VOTE(2) -> vote(2) }
  :: d_step { MAY_CHOOSE(0) -> choose(0) }
  :: d_step { MAY_CHOOSE(1) -> choose(1) }
  :: d_step { MAY_CHOOSE(2) -> choose(2) }
  :: d_step { phase == CHOSEN && !isPrimary[chosen] -> promote(chosen); phase = PROMOTED }
  :: d_step { phase == CHOSEN && isPrimary[chosen] -> phase = PROMOTED }
  :: d_step { MAY_SEE -> see() }
  :: d_step { isRepointing[0] -> switchOver(0) }
  :: d_step { isRepointing[1] -> switchOver(1) }
  :: d_step { isRepointing[2] -> switchOver(2) }
  :: d_step { MAY_HEAR(0) -> hear(0) }
  :: d_step { MAY_HEAR(1) -> hear(1) }
  :: d_step { MAY_HEAR(2) -> hear(2) }
  :: d_step { MAY_REPOINT(0) -> follow(0, newestPrimary) }
  :: d_step { MAY_REPOINT(1) -> follow(1, newestPrimary) }
  :: d_step { MAY_REPOINT(2) -> follow(2, newestPrimary) }
  :: d_step { MAY_DEMOTE(0) -> demote(0, newestPrimary) }
  :: d_step { MAY_DEMOTE(1) -> demote(1, newestPrimary) }
  :: d_step { MAY_DEMOTE(2) -> demote(2, newestPrimary) }
#ifdef ABANDONED
  :: d_step { MAY_ABANDON -> abandon() }
#endif
#ifdef WIPED_SENTINEL
  :: d_step { !isWiped && configEpoch[1] == 0 && epoch[1] > 0 -> wipe(1) }
#endif
#ifdef LATE_LEADER
  :: d_step { MAY_CHOOSE_LATE(0) -> lateChosen = 0; latePhase = CHOSEN }
  :: d_step { MAY_CHOOSE_LATE(1) -> lateChosen = 1; latePhase = CHOSEN }
  :: d_step { MAY_CHOOSE_LATE(2) -> lateChosen = 2; latePhase = CHOSEN }
  :: d_step { MAY_PROMOTE_LATE -> promote(lateChosen); latePhase = PROMOTED }
  :: d_step { latePhase == CHOSEN && isPrimary[lateChosen] -> latePhase = PROMOTED }
  :: d_step { latePhase == PROMOTED && isPrimary[lateChosen] -> seeLate() }
  :: d_step { MAY_STEP_DOWN_FOR_LATE -> stepDown(newestPrimary, lateChosen) }
#ifdef REPLAY
  :: d_step { MAY_CONFIRM_LATE -> confirmLate() }
#endif
#ifdef LATE_REPOINTS
  :: d_step { MAY_REPOINT_LATE(0) -> repointLate(0) }
  :: d_step { MAY_REPOINT_LATE(1) -> repointLate(1) }
  :: d_step { MAY_REPOINT_LATE(2) -> repointLate(2) }
#endif
#endif
#ifdef RESTART
  :: d_step { isPrimary[0] && ownReign[0] == 0 -> restart(0) }
#endif
#ifdef UNDONE_PROMOTION
  :: d_step { MAY_HASTEN(0) -> follow(0, chosen) }
  :: d_step { MAY_HASTEN(1) -> follow(1, chosen) }
  :: d_step { MAY_HASTEN(2) -> follow(2, chosen) }
  :: d_step { MAY_STEP_DOWN(0) -> stepDown(0, SUCCESSOR(0)) }
  :: d_step { MAY_STEP_DOWN(1) -> stepDown(1, SUCCESSOR(1)) }
  :: d_step { MAY_STEP_DOWN(2) -> stepDown(2, SUCCESSOR(2)) }
  :: d_step { MAY_UNDO(0, 0) -> undo(0, 0) }
  :: d_step { MAY_UNDO(0, 1) -> undo(0, 1) }
  :: d_step { MAY_UNDO(0, 2) -> undo(0, 2) }
  :: d_step { MAY_UNDO(1, 0) -> undo(1, 0) }
  :: d_step { MAY_UNDO(1, 1) -> undo(1, 1) }
  :: d_step { MAY_UNDO(1, 2) -> undo(1, 2) }
  :: d_step { MAY_UNDO(2, 0) -> undo(2, 0) }
  :: d_step { MAY_UNDO(2, 1) -> undo(2, 1) }
  :: d_step { MAY_UNDO(2, 2) -> undo(2, 2) }
#endif
  od
}
