/*
 * Whom a writer takes for the primary where a node may call itself so although it was replaced (redis/primary.ts,
 * redis/primary-history.ts): a primary that died and is back in a new history (RESTART), and one that nobody has made a replica yet
 * and that is elected again, in the history that its successor continues (REELECTION). Elsewhere the newest reign is
 * enough (writers.pml). That a node is not taken whose history another one continues only takes choices away, so it is
 * left out.
 */
byte lastChosen[WRITERS]
byte chosenEpoch[WRITERS]
/* By node: one more than the newest epoch that was announced when it was seen as a replica; 0: it never was. */
byte replicaUnder[WRITERS * NODES]
#define REPLICA_UNDER(w, n) replicaUnder[(w) * NODES + (n)]

/* It may not have heard that the other one is back, in a new history. */
#define CONTINUED(n, m) (CONTINUES(n, m) || (ownReign[m] == RESTARTED && continued[n] == 0))
#define IS_SUCCESSOR(w, n) \
  (CONTINUED(n, announcedPrimary[w]) && (!LINEAGE_NEEDS_ELECTION || heardEpoch[w] > announced[w]) && \
   (REPLICA_UNDER(w, n) > announced[w] || !HOLDS_LINEAGE))
#define KEEPS_ITS_PLACE(w, n) (HOLDS_INCUMBENT && n == lastChosen[w] && announced[w] < chosenEpoch[w])
#define HAS_EPOCH(w, n) (n == announcedPrimary[w] || IS_SUCCESSOR(w, n) || KEEPS_ITS_PLACE(w, n))
#define EPOCH_OF(w, n) \
  (n == announcedPrimary[w] -> announced[w] : (IS_SUCCESSOR(w, n) -> announced[w] + 1 : chosenEpoch[w]))
/* The one that was chosen last is not given up for one that is no newer, until it says that it is a replica. */
#define MAY_REPLACE(w, n) \
  (!HOLDS_INCUMBENT || n == lastChosen[w] || EPOCH_OF(w, n) > chosenEpoch[w] || \
   CONTINUES(n, lastChosen[w]) || !isPrimary[lastChosen[w]])

#define IS_NEW_PRIMARY(w, n) (isPrimary[n] && n != primary[w] && HAS_EPOCH(w, n) && MAY_REPLACE(w, n))

/* Both replicas of the first primary were seen as such, under its announcement. */
inline initSuccession(w) {
  REPLICA_UNDER(w, 1) = 1;
  REPLICA_UNDER(w, 2) = 1
}

#define MAY_LOOK_AT(w, n) (!isPrimary[n] && REPLICA_UNDER(w, n) <= announced[w])
inline lookAt(w, n) {
  printf("writer %d: node %d is a replica under epoch %d\n", w, n, announced[w]);
  REPLICA_UNDER(w, n) = announced[w] + 1
}

inline choosePrimary(w, n) {
  chosenEpoch[w] = EPOCH_OF(w, n);
  lastChosen[w] = n;
  primary[w] = n
}

/* After a Sentinel's word: the one of now may be announced, be newer than the announced one, or be no primary any more. */
inline chooseAgain(w) {
  if
  :: primary[w] == NOBODY
  :: primary[w] != NOBODY && HAS_EPOCH(w, primary[w]) -> choosePrimary(w, primary[w])
  :: primary[w] != NOBODY && !HAS_EPOCH(w, primary[w]) -> losePrimary(w)
  fi
}
