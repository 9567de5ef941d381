/* What Sentinels do to nodes, each step at any moment. */

inline leave(r, p) {
  if
  :: follows[r] == p -> isLinked[r] = 0
  :: else
  fi
}

inline loseConnection(w, p) {
  if
  :: primary[w] == p -> primary[w] = NOBODY; endTerm(w)
  :: else
  fi
}

/* Redis closes the connections of its replicas; Sentinel has it close those of its clients, so a term ends, and a feed. */
inline demote(p) {
  isPrimary[p] = 0;
  follow(p, newestPrimary);
  leave(0, p); leave(1, p); leave(2, p);
  loseConnection(0, p);
#ifdef BOTH
  loseConnection(1, p);
#endif
  if
  :: reader == p -> loseFeed()
  :: else
  fi
}

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
  :: d_step { phase == PROMOTED && isPrimary[chosen] -> see() }
  :: d_step { isRepointing[0] -> switchOver(0) }
  :: d_step { isRepointing[1] -> switchOver(1) }
  :: d_step { isRepointing[2] -> switchOver(2) }
  :: d_step { MAY_HEAR(0) -> hear(0) }
  :: d_step { MAY_HEAR(1) -> hear(1) }
  :: d_step { MAY_HEAR(2) -> hear(2) }
  :: d_step { MAY_REPOINT(0) -> follow(0, newestPrimary) }
  :: d_step { MAY_REPOINT(1) -> follow(1, newestPrimary) }
  :: d_step { MAY_REPOINT(2) -> follow(2, newestPrimary) }
  :: d_step { MAY_DEMOTE(0) -> demote(0) }
  :: d_step { MAY_DEMOTE(1) -> demote(1) }
  :: d_step { MAY_DEMOTE(2) -> demote(2) }
  od
}
