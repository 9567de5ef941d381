/*
 * Three Redis nodes, one record, and replication.
 *
 * A node's data set is a prefix of a history: `offset` messages of it. Every message carries the record, so a node's
 * record follows from its offset and from the offsets at which the history first held it live and revoked. A
 * replica receives its primary's history one message at a time, whenever it pleases.
 */
#define NODES 3
#define NOBODY 3
#define NEVER 15
/* The reign of a primary that died and is back. */
#define RESTARTED 14

/* Values of the record; a merge is the maximum. */
#define ABSENT 0
#define LIVE 1
#define REVOKED 2

bit isPrimary[NODES]
byte follows[NODES]
/* The replica has synchronised with the node that it follows, and the link was not closed since. */
bit isLinked[NODES]
byte offset[NODES]
byte liveAt[NODES]
byte revokedAt[NODES]
/* The data set carries the group's mark. */
bit isMarked[NODES]
/* A replica was restarted with an empty data set. */
bit wasEmptied
/* Redis's replid, as the number of the promotion that began the history. */
byte reign[NODES]
/* The reign in which the node was primary itself, and its replid2: the reign that it continued then. */
byte ownReign[NODES]
byte continued[NODES]
byte promotions

/* The link between nodes 0 and 2 carries nothing at present. */
bit isCut
#define CARRIES(a, b) (!(isCut && ((a == 0 && b == 2) || (a == 2 && b == 0))))

#define VALUE(n) (offset[n] >= revokedAt[n] -> REVOKED : (offset[n] >= liveAt[n] -> LIVE : ABSENT))
#define FOLLOWS(r, p) (isLinked[r] && follows[r] == p)

inline initNodes() {
  isPrimary[0] = 1;
  isLinked[1] = 1; isLinked[2] = 1;
  liveAt[0] = FIRST_LIVE_AT; liveAt[1] = FIRST_LIVE_AT; liveAt[2] = FIRST_LIVE_AT;
  revokedAt[0] = NEVER; revokedAt[1] = NEVER; revokedAt[2] = NEVER;
  isMarked[0] = 1; isMarked[1] = 1; isMarked[2] = 1;
  ownReign[1] = NEVER; ownReign[2] = NEVER;
  continued[0] = NEVER; continued[1] = NEVER; continued[2] = NEVER;
#if defined(REELECTION) || defined(LATE_LEADER)
  promote(1);
  follows[2] = 1; reign[2] = 1
#endif
#ifdef LATE_LEADER
  ;
  isLinked[2] = 1;
  isPrimary[0] = 0; follows[0] = 1; isLinked[0] = 1; reign[0] = 1
#endif
}

/* A primary merges a value and sends it, with the fence behind it, down its history. */
inline append(p, value) {
  offset[p]++;
  printf("  node %d merges it: message %d\n", p, offset[p]);
  assert(offset[p] < NEVER);
  if
  :: value >= LIVE && liveAt[p] == NEVER -> liveAt[p] = offset[p]
  :: else
  fi;
  if
  :: value == REVOKED && revokedAt[p] == NEVER -> revokedAt[p] = offset[p]
  :: else
  fi
}

inline receive(r) {
  offset[r]++;
  printf("node %d receives message %d of node %d\n", r, offset[r], follows[r]);
  if
  :: liveAt[follows[r]] == offset[r] -> liveAt[r] = offset[r]
  :: else
  fi;
  if
  :: revokedAt[follows[r]] == offset[r] -> revokedAt[r] = offset[r]
  :: else
  fi
}

inline leave(r, p) {
  if
  :: follows[r] == p -> isLinked[r] = 0
  :: else
  fi
}

/* Redis closes the connections of its replicas. */
inline dropReplicas(p) {
  leave(0, p); leave(1, p); leave(2, p)
}

/* Full or partial: the replica ends as its primary is, and what only it had is gone. Its own replicas must come again. */
inline synchronise(r) {
  printf("node %d synchronises with node %d\n", r, follows[r]);
  dropReplicas(r);
  isLinked[r] = 1;
  offset[r] = offset[follows[r]];
  liveAt[r] = liveAt[follows[r]];
  revokedAt[r] = revokedAt[follows[r]];
  reign[r] = reign[follows[r]];
  isMarked[r] = isMarked[follows[r]]
}

inline follow(r, p) {
  printf("node %d is told to follow node %d\n", r, p);
  follows[r] = p;
  isLinked[r] = 0
}

inline promote(n) {
  printf("node %d is promoted\n", n);
  promotions++;
  dropReplicas(n);
  isPrimary[n] = 1;
  isLinked[n] = 0;
  continued[n] = reign[n];
  reign[n] = promotions;
  ownReign[n] = promotions
}

#define MAY_RECEIVE(r) (isLinked[r] && CARRIES(r, follows[r]) && offset[r] < offset[follows[r]])
/* A replica may be chained behind another one that is linked itself: modelled where a promotion may be undone. */
#define HAS_CHAINS MAY_BE_UNDONE
#define IS_SOURCE(p) (isPrimary[p] || (HAS_CHAINS && isLinked[p]))
#define MAY_SYNCHRONISE(r) \
  (!isPrimary[r] && !isLinked[r] && IS_SOURCE(follows[r]) && follows[r] != r && CARRIES(r, follows[r]))

proctype Replication() {
end:
  do
  :: d_step { MAY_RECEIVE(0) -> receive(0) }
  :: d_step { MAY_RECEIVE(1) -> receive(1) }
  :: d_step { MAY_RECEIVE(2) -> receive(2) }
  :: d_step { MAY_SYNCHRONISE(0) -> synchronise(0) }
  :: d_step { MAY_SYNCHRONISE(1) -> synchronise(1) }
  :: d_step { MAY_SYNCHRONISE(2) -> synchronise(2) }
#ifdef LINK_CUT
  :: d_step { !isCut -> isCut = 1; printf("the link between nodes 0 and 2 stalls\n") }
  :: d_step { isCut -> isCut = 0; printf("the link between nodes 0 and 2 carries again\n") }
#endif
#ifdef EMPTY_RESTART
  :: d_step { !wasEmptied && !isPrimary[1] ->
       printf("node 1 restarts without its data\n");
       wasEmptied = 1;
       isLinked[1] = 0; offset[1] = 0; liveAt[1] = NEVER; revokedAt[1] = NEVER; isMarked[1] = 0
     }
#endif
  od
}
