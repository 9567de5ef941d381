/*
 * The processes that write: what each believes of the group (redis/group.ts, redis/primary.ts), its batches
 * (store/commit/committer.ts), the barrier (store/commit/barrier.ts), and its journal (store/journal/journal.ts, store/journal/replay.ts).
 */

/* Who is primary for this process, and whether that has been so since the batch was sent. */
byte primary[WRITERS]
bit sameTerm[WRITERS]
/* The newest configuration that a Sentinel told it. */
byte announced[WRITERS]
byte announcedPrimary[WRITERS]

/* The batch under way. */
#define IDLE 0
#define SENT 1
#define CONFIRMED 2
byte batch[WRITERS]
byte tries[WRITERS]
byte batchNode[WRITERS]
byte batchOffset[WRITERS]
/* The offset of the last write on this connection, where WAIT has no other. */
byte connectionOffset[WRITERS]
/* The newest epoch that a Sentinel announced, and which of them have answered the barrier's PING. */
byte heardEpoch[WRITERS]
byte answered[WRITERS]

bit acknowledged[WRITERS]
bit isDead[WRITERS]

/* What the journal holds of the record: nothing, an entry of this term, or one of an earlier term. */
#define EMPTY 0
#define KEPT 1
#define TO_REPLAY 2
byte journal[WRITERS]

/* --- Who is primary --- */

#define CONTINUES(n, m) (continued[n] != NEVER && continued[n] == ownReign[m])

inline endTerm(w) {
  sameTerm[w] = 0;
  connectionOffset[w] = 0;
  if
  :: journal[w] == KEPT -> journal[w] = TO_REPLAY
  :: else
  fi
}

inline losePrimary(w) {
  printf("  writer %d: no primary is known: the term is over\n", w);
  primary[w] = NOBODY;
  endTerm(w)
}

#ifdef SUCCESSION
#include "succession.pml"
#else
/* The newest reign that it saw. No node that was replaced calls itself primary for long enough to be chosen again. */
byte seenReign[WRITERS]
#define IS_NEW_PRIMARY(w, n) \
  (isPrimary[n] && ownReign[n] > seenReign[w] && \
   (n == announcedPrimary[w] || CONTINUES(n, announcedPrimary[w])))

inline choosePrimary(w, n) {
  primary[w] = n;
  seenReign[w] = ownReign[n]
}

inline chooseAgain(w) {
  if
  :: primary[w] != NOBODY && primary[w] != announcedPrimary[w] &&
     !CONTINUES(primary[w], announcedPrimary[w]) -> losePrimary(w)
  :: else
  fi
}
#endif

/*
 * What a Sentinel says: its GET-MASTER-ADDR-BY-NAME shows the new primary as soon as its MASTER shows the new epoch.
 * Of equal epochs either Sentinel's word may count: the code waits until they agree, which is safer.
 */
#define SAYS(s) (isRepointing[s] && !TRUSTS_LEADER -> promotedBy[s] : named[s])
#define IS_NEWS(w, s) \
  (configEpoch[s] > announced[w] || (configEpoch[s] == announced[w] && SAYS(s) != announcedPrimary[w]))

inline ask(w, s) {
  printf("writer %d: Sentinel %d says node %d with epoch %d\n", w, s, SAYS(s), configEpoch[s]);
  announced[w] = configEpoch[s];
  announcedPrimary[w] = SAYS(s);
  chooseAgain(w)
}

inline probe(w, n) {
  printf("writer %d: node %d is primary now: a new term\n", w, n);
  choosePrimary(w, n);
  endTerm(w)
}

/* --- A batch --- */

#define CAN_WRITE(w) (primary[w] != NOBODY && isPrimary[primary[w]])
#define MAY_SEND(w) (batch[w] == IDLE && tries[w] < TRIES && !acknowledged[w] && CAN_WRITE(w))

/* A log-out of a session that is not found writes no tombstone. */
#ifdef REVOKE_WHAT_IS_FOUND
#define SENDS(w) (w == 1 && VALUE(primary[w]) == ABSENT -> ABSENT : WRITES(w))
#else
#define SENDS(w) WRITES(w)
#endif

inline send(w) {
  printf("writer %d: sends its batch to node %d\n", w, primary[w]);
  batch[w] = SENT;
  batchNode[w] = primary[w];
  sameTerm[w] = 1;
  tries[w]++;
  if
  :: HOLDS_FENCE || VALUE(primary[w]) < WRITES(w) ->
       append(primary[w], SENDS(w));
       batchOffset[w] = offset[primary[w]]
  :: else -> batchOffset[w] = connectionOffset[w]
  fi;
  if
  :: HOLDS_FENCE
  :: else -> connectionOffset[w] = batchOffset[w]
  fi
}

#ifdef FORCED
#define FORGET_HOLD(w) isHeldLongEnough[w] = 0
#else
#define FORGET_HOLD(w) skip
#endif

inline giveUp(w) {
  batch[w] = IDLE;
  batchNode[w] = 0;
  batchOffset[w] = 0;
  answered[w] = 0;
  sameTerm[w] = 0;
  FORGET_HOLD(w)
}

inline acknowledge(w, isComplete) {
  printf("writer %d: ACKNOWLEDGED\n", w);
  acknowledged[w] = 1;
  if
  :: isComplete || !HOLDS_JOURNAL
  :: else -> journal[w] = (sameTerm[w] -> KEPT : TO_REPLAY)
  fi;
  giveUp(w);
  tries[w] = 0
}

#define HAS(w, r) (FOLLOWS(r, batchNode[w]) && offset[r] >= batchOffset[w])
/* Connected, keeps up, and has not confirmed yet: WAIT waits for it. */
#define IS_AWAITED(w, r) \
  (FOLLOWS(r, batchNode[w]) && offset[r] < batchOffset[w] && CARRIES(r, batchNode[w]))
#define CONFIRMATIONS(w) ((HAS(w, 0) -> 1 : 0) + (HAS(w, 1) -> 1 : 0) + (HAS(w, 2) -> 1 : 0))
/* What is known of a promoted primary's replicas may be from before the second one came. */
#define WAITS_FOR_ALL(w) (ALL_REPLICAS && ownReign[batchNode[w]] == 0)
#define IS_ANY_AWAITED(w) (WAITS_FOR_ALL(w) && (IS_AWAITED(w, 0) || IS_AWAITED(w, 1) || IS_AWAITED(w, 2)))
#ifdef FOREIGN_REPLICA
#include "foreign.pml"
#else
#define COUNTED(w) CONFIRMATIONS(w)
#define MEMBERS(w) CONFIRMATIONS(w)
#define IS_CUT_SHORT(w) false
#define IS_TOO_EARLY(w) false
#endif
#define WAIT_IS_OVER(w) \
  (batch[w] == SENT && isPrimary[batchNode[w]] && COUNTED(w) > 0 && (!IS_ANY_AWAITED(w) || IS_CUT_SHORT(w)))
#define IS_SAME_TERM(w) (sameTerm[w] || !HOLDS_TERM)

inline confirm(w) {
  printf("writer %d: WAIT answers %d\n", w, COUNTED(w));
  if
  :: !IS_SAME_TERM(w) || MEMBERS(w) == 0 || IS_TOO_EARLY(w) -> giveUp(w)
  :: else ->
       if
       :: MEMBERS(w) >= NODES - 1 -> acknowledge(w, true)
       :: MEMBERS(w) < NODES - 1 && !HOLDS_BARRIER -> acknowledge(w, false)
       :: else -> batch[w] = CONFIRMED; batchOffset[w] = 0
       fi
  fi
}

/* --- The barrier --- */

#ifdef ABANDONED
#include "void.pml"
#define IS_VOID(w) (heardEpoch[w] <= voidEpoch[w])
#else
#define FORGET_QUIET(w) skip
#define IS_VOID(w) false
#endif
#define HAS_ANSWERED(w, s) (answered[w] & (1 << s))
#ifdef LISTENS
#include "listens.pml"
#else
#define IS_EXACT(s) true
#define SHOWS_EPOCH(s) true
#endif
#define MAY_PING(w, s) (batch[w] == CONFIRMED && !HAS_ANSWERED(w, s) && IS_EXACT(s))
#define ANSWERS(w) ((answered[w] & 1) + ((answered[w] >> 1) & 1) + ((answered[w] >> 2) & 1))

inline ping(w, s) {
  printf("writer %d: Sentinel %d answers PING, epoch %d\n", w, s, epoch[s]);
  answered[w] = answered[w] | (1 << s);
  if
  :: epoch[s] > heardEpoch[w] && SHOWS_EPOCH(s) -> heardEpoch[w] = epoch[s]; FORGET_QUIET(w)
  :: else
  fi
}

/* A promotion that the Sentinels have not announced yet accounts for one epoch. */
#define IS_UNANNOUNCED(w) (primary[w] != NOBODY && primary[w] != announcedPrimary[w] -> 1 : 0)
#ifdef SUCCESSION
#define EPOCH_OF_PRIMARY(w) (primary[w] == NOBODY -> 0 : chosenEpoch[w])
#else
#define EPOCH_OF_PRIMARY(w) (announced[w] + IS_UNANNOUNCED(w))
#endif
#define IS_CLEAR(w) (heardEpoch[w] <= EPOCH_OF_PRIMARY(w) || IS_VOID(w))
#ifdef FORCED
#include "forced.pml"
#else
#define IS_HELD(w) false
#endif
#define MAY_JUDGE(w) (batch[w] == CONFIRMED && ANSWERS(w) >= ANSWERS_NEEDED && !IS_HELD(w))

inline judge(w) {
  printf("writer %d: barrier: heard epoch %d, announced %d\n", w, heardEpoch[w], EPOCH_OF_PRIMARY(w));
  if
  :: IS_CLEAR(w) && IS_SAME_TERM(w) -> acknowledge(w, false)
  :: else -> giveUp(w)
  fi
}

/* --- The journal --- */

/* A later batch of the same term, such as a beat, that both replicas have. */
#define HAS_ALL(r, p) (r == p || (FOLLOWS(r, p) && CARRIES(r, p) && offset[r] == offset[p]))
#ifdef JOURNAL_ONE_REPLICA
#define ALL_HAVE_ALL(p) (((HAS_ALL(0, p) -> 1 : 0) + (HAS_ALL(1, p) -> 1 : 0) + (HAS_ALL(2, p) -> 1 : 0)) > 1)
#else
#define ALL_HAVE_ALL(p) (HAS_ALL(0, p) && HAS_ALL(1, p) && HAS_ALL(2, p))
#endif
#define MAY_SETTLE(w) (journal[w] == KEPT && CAN_WRITE(w) && ALL_HAVE_ALL(primary[w]))
/* A rule that was: an entry is forgotten when it is old. Another one that is not enough: when one replica confirmed it. */
#ifdef JOURNAL_BY_AGE
#define FORGETS_BY_AGE true
#else
#define FORGETS_BY_AGE false
#endif
#define MAY_REPLAY(w) (journal[w] == TO_REPLAY && CAN_WRITE(w))

inline replay(w) {
  printf("writer %d: writes its journal again to node %d\n", w, primary[w]);
  append(primary[w], WRITES(w));
  journal[w] = KEPT
}

inline die(w) {
  printf("writer %d: dies\n", w);
  isDead[w] = 1;
  journal[w] = EMPTY;
  batch[w] = IDLE
}

proctype Writer(byte w) {
end:
  do
  :: d_step { !isDead[w] && IS_NEWS(w, 0) -> ask(w, 0) }
  :: d_step { !isDead[w] && IS_NEWS(w, 1) -> ask(w, 1) }
  :: d_step { !isDead[w] && IS_NEWS(w, 2) -> ask(w, 2) }
  :: d_step { !isDead[w] && IS_NEW_PRIMARY(w, 0) -> probe(w, 0) }
  :: d_step { !isDead[w] && IS_NEW_PRIMARY(w, 1) -> probe(w, 1) }
  :: d_step { !isDead[w] && IS_NEW_PRIMARY(w, 2) -> probe(w, 2) }
#ifdef UNDONE_PROMOTION
  :: d_step { primary[w] != NOBODY && !isPrimary[primary[w]] -> losePrimary(w) }
#endif
#ifdef SUCCESSION
  :: d_step { !isDead[w] && MAY_LOOK_AT(w, 0) -> lookAt(w, 0) }
  :: d_step { !isDead[w] && MAY_LOOK_AT(w, 1) -> lookAt(w, 1) }
  :: d_step { !isDead[w] && MAY_LOOK_AT(w, 2) -> lookAt(w, 2) }
#endif
  :: d_step { MAY_SEND(w) && MAY_BEGIN(w) -> send(w) }
  /* The socket breaks, or nothing answers: the outcome is unknown. */
  :: d_step { batch[w] != IDLE && tries[w] < TRIES -> giveUp(w); connectionOffset[w] = 0 }
  :: d_step { WAIT_IS_OVER(w) -> confirm(w) }
  :: d_step { MAY_PING(w, 0) -> ping(w, 0) }
  :: d_step { MAY_PING(w, 1) -> ping(w, 1) }
  :: d_step { MAY_PING(w, 2) -> ping(w, 2) }
  :: d_step { MAY_JUDGE(w) -> judge(w) }
#ifdef LISTENS
  :: d_step { MAY_LISTEN_TO -> listenTo(LATE_ONE) }
  :: d_step { MAY_SEND_HELLO -> sendHello(LATE_ONE) }
  :: d_step { MAY_HEAR_HELLO -> hearHello(w, LATE_ONE) }
#endif
#ifdef FOREIGN_REPLICA
  :: d_step { !isForeignAttached && isPrimary[0] -> printf("a foreign replica follows node 0\n"); isForeignAttached = 1 }
#endif
#ifdef FORCED
  :: d_step { MAY_END_HOLD(w) -> endHold(w) }
#endif
#ifdef ABANDONED
  :: d_step { MAY_HEAR_EPOCH(w, 0) -> hearEpoch(w, 0) }
  :: d_step { MAY_HEAR_EPOCH(w, 1) -> hearEpoch(w, 1) }
  :: d_step { MAY_HEAR_EPOCH(w, 2) -> hearEpoch(w, 2) }
  :: d_step { MAY_ASK_WHETHER_IT_LEADS(w, 0) -> askWhetherItLeads(w, 0) }
  :: d_step { MAY_ASK_WHETHER_IT_LEADS(w, 1) -> askWhetherItLeads(w, 1) }
  :: d_step { MAY_ASK_WHETHER_IT_LEADS(w, 2) -> askWhetherItLeads(w, 2) }
  :: d_step { IS_DOUBTED(w) && VOIDS_BY_TIME -> printf("writer %d: the epoch is old\n", w); voidEpoch[w] = heardEpoch[w] }
#endif
  :: d_step { MAY_SETTLE(w) -> journal[w] = EMPTY }
  :: d_step { FORGETS_BY_AGE && journal[w] != EMPTY -> printf("writer %d: forgets its journal: it is old\n", w); journal[w] = EMPTY }
  :: d_step { MAY_REPLAY(w) -> replay(w) }
#ifdef WRITER_DIES
  :: d_step { !isDead[w] && acknowledged[w] -> die(w) }
#endif
  od
}
