/*
 * A forced failover (SENTINEL FAILOVER): only its leader has the new epoch, until its next hello. While a Sentinel does not
 * answer, a batch that a replica lacks which followed until lately is held: until that replica has been missing for longer than
 * a publish period, so that the hello of the leader that promoted it has reached the others. Then the Sentinels are asked.
 */
bit isHeldLongEnough[WRITERS]

#define IS_HELD(w) (HOLDS_MISSING && ANSWERS(w) < SENTINELS && !isHeldLongEnough[w])

#define ALL_KNOW_EPOCH (epoch[0] == elections && epoch[1] == elections && epoch[2] == elections)
/* A replica whose link stalled before the failover began, and which lacked something then, has been missing for longer. */
#define HAS_LEFT_LATELY(w, r) \
  (r != batchNode[w] && !HAS_ALL(r, batchNode[w]) && !(r == 2 && batchNode[w] == 0 && lackedBefore))
#define IS_NOBODY_MISSING(w) (!HAS_LEFT_LATELY(w, 0) && !HAS_LEFT_LATELY(w, 1) && !HAS_LEFT_LATELY(w, 2))
/* With ISOLATED_LEADER its hello reaches nobody. */
#ifdef ISOLATED_LEADER
#define HELLO_IS_HEARD true
#else
#define HELLO_IS_HEARD ALL_KNOW_EPOCH
#endif
/* The Sentinels are asked after the hold: an answer from before it counts with ASK_BEFORE_HOLD only. */
#define MAY_END_HOLD(w) \
  (batch[w] == CONFIRMED && !isHeldLongEnough[w] && (answered[w] == 0 || !ASKS_AFTER_HOLD) && \
   (IS_NOBODY_MISSING(w) || HELLO_IS_HEARD))
inline endHold(w) {
  printf("writer %d: the missing replica has been away for long\n", w);
  isHeldLongEnough[w] = 1
}
