/*
 * The group that a proxy writes to: three nodes with a history each, and elections. Smaller than nodes.pml and sentinels.pml, which
 * show what this file assumes: an election begins with a majority of the votes, and the barrier sees every epoch with a majority.
 */
#define NODES 3

/* The messages of a history: batch 1, batch 2, and one of another origin (proxy.pml). */
#define FOREIGN_MESSAGE 3
#define MOST_MESSAGES 4
/* The messages of a node in their order, two bits each. */
byte history[NODES]
byte offset[NODES]

#define MESSAGE(n, i) ((history[n] >> (2 * (i))) & 3)
#define HAS(n, m) (MESSAGE(n, 0) == (m) || MESSAGE(n, 1) == (m) || MESSAGE(n, 2) == (m) || MESSAGE(n, 3) == (m))
#define LAST(n) (offset[n] == 0 -> 0 : MESSAGE(n, offset[n] - 1))

bit isPrimary[NODES]
byte follows[NODES]
/* The replica has synchronised with the node that it follows, and the link was not closed since. */
bit isLinked[NODES]
#define FOLLOWS(r, p) (isLinked[r] && follows[r] == p)

/* A majority has voted in this epoch; this one is announced, with its primary. */
byte votedEpoch
byte announcedEpoch
byte announcedPrimary
/* The node that is promoted and not announced. */
#define NOBODY 3
byte promoted = NOBODY

/* --- Replication --- */

inline append(n, m) {
  assert(offset[n] < MOST_MESSAGES);
  history[n] = history[n] | ((m) << (2 * offset[n]));
  offset[n]++
}

#define MAY_RECEIVE(r) (isLinked[r] && offset[r] < offset[follows[r]])
inline receive(r) {
  append(r, MESSAGE(follows[r], offset[r]));
  printf("node %d receives message %d of node %d\n", r, offset[r], follows[r]);
  touchRecord(r)
}

inline leave(r, p) {
  if
  :: follows[r] == p -> isLinked[r] = 0
  :: else
  fi
}

inline dropReplicas(p) {
  leave(0, p); leave(1, p); leave(2, p)
}

#define MAY_SYNCHRONISE(r) (!isPrimary[r] && !isLinked[r] && follows[r] != r && isPrimary[follows[r]])
/* A connection of the replica notices a change of the record, as in a partial synchronisation. A full one touches every key. */
inline synchronise(r) {
  printf("node %d synchronises with node %d\n", r, follows[r]);
  if
  :: history[r] != history[follows[r]] -> touchRecord(r)
  :: else
  fi;
  history[r] = history[follows[r]];
  offset[r] = offset[follows[r]];
  isLinked[r] = 1
}

/* --- Elections --- */

inline vote() {
  votedEpoch++;
  printf("two Sentinels vote in epoch %d\n", votedEpoch)
}

#ifdef ANY_REPLICA
#define IS_BEHIND(n, m) false
#else
#define IS_BEHIND(n, m) (m != announcedPrimary && offset[n] < offset[m])
#endif
/* A primary that was replaced and not demoted may be elected again. */
#define MAY_PROMOTE(n) \
  (votedEpoch > announcedEpoch && promoted == NOBODY && n != announcedPrimary && \
   !IS_BEHIND(n, 0) && !IS_BEHIND(n, 1) && !IS_BEHIND(n, 2))
inline promote(n) {
  printf("node %d is promoted\n", n);
  promoted = n;
  if
  :: isPrimary[n]
  :: else -> dropReplicas(n); isPrimary[n] = 1; isLinked[n] = 0
  fi
}

inline announce() {
  printf("the Sentinels name node %d with epoch %d\n", promoted, votedEpoch);
  announcedEpoch = votedEpoch;
  announcedPrimary = promoted;
  promoted = NOBODY
}

#define IS_OTHER(n) (n != announcedPrimary && n != promoted)
#define MAY_REPOINT(r) (IS_OTHER(r) && !isPrimary[r] && follows[r] != announcedPrimary)
#define MAY_DEMOTE(n) (IS_OTHER(n) && isPrimary[n])
inline repoint(r) {
  printf("node %d follows node %d\n", r, announcedPrimary);
  follows[r] = announcedPrimary;
  isLinked[r] = 0
}
/* REPLICAOF alone: connections stay, and what is under way on them may arrive when the node is primary again. */
inline demote(n) {
  printf("demoted: ");
  isPrimary[n] = 0;
  dropReplicas(n);
  repoint(n);
  leaveDemoted(n)
}

inline initGroup() {
  isPrimary[0] = 1;
  isLinked[1] = 1; isLinked[2] = 1
}

proctype Group() {
end:
  do
  :: d_step { MAY_RECEIVE(0) -> receive(0) }
  :: d_step { MAY_RECEIVE(1) -> receive(1) }
  :: d_step { MAY_RECEIVE(2) -> receive(2) }
  :: d_step { MAY_SYNCHRONISE(0) -> synchronise(0) }
  :: d_step { MAY_SYNCHRONISE(1) -> synchronise(1) }
  :: d_step { MAY_SYNCHRONISE(2) -> synchronise(2) }
  :: d_step { votedEpoch == announcedEpoch && votedEpoch < ELECTIONS -> vote() }
  :: d_step { MAY_PROMOTE(0) -> promote(0) }
  :: d_step { MAY_PROMOTE(1) -> promote(1) }
  :: d_step { MAY_PROMOTE(2) -> promote(2) }
  :: d_step { promoted != NOBODY -> announce() }
  :: d_step { MAY_REPOINT(0) -> repoint(0) }
  :: d_step { MAY_REPOINT(1) -> repoint(1) }
  :: d_step { MAY_REPOINT(2) -> repoint(2) }
  :: d_step { MAY_DEMOTE(0) -> demote(0) }
  :: d_step { MAY_DEMOTE(1) -> demote(1) }
  :: d_step { MAY_DEMOTE(2) -> demote(2) }
  od
}
