/*
 * When an election epoch stands for nothing any more (store/commit/barrier.ts): the Sentinels announce a primary with that
 * configuration epoch or a newer one, or every Sentinel, asked when its epoch was that one or newer, leads no failover. No
 * time ends the doubt, and a Sentinel that cannot be asked keeps it.
 */
byte voidEpoch[WRITERS]
/* The Sentinels that led no failover when they were asked about the newest epoch. */
byte quiet[WRITERS]

#define IS_DOUBTED(w) (heardEpoch[w] > EPOCH_OF_PRIMARY(w) && heardEpoch[w] > voidEpoch[w])
#define HAS_DOUBTED_EPOCH(w, s) (epoch[s] >= heardEpoch[w] || !ASKS_AFTER_EPOCH)
#define MAY_ASK_WHETHER_IT_LEADS(w, s) \
  (IS_DOUBTED(w) && !(quiet[w] & (1 << s)) && !LEADS(s) && !IS_NEWS(w, s) && HAS_DOUBTED_EPOCH(w, s))
#define QUIET(w) ((quiet[w] & 1) + ((quiet[w] >> 1) & 1) + ((quiet[w] >> 2) & 1))

#define FORGET_QUIET(w) quiet[w] = 0

/* The same answer shows its configuration: what it names by now is learnt before it counts as quiet. */
inline askWhetherItLeads(w, s) {
  printf("writer %d: Sentinel %d leads no failover\n", w, s);
  quiet[w] = quiet[w] | (1 << s);
  if
  :: QUIET(w) >= QUIET_NEEDED -> printf("writer %d: epoch %d is void\n", w, heardEpoch[w]);
       voidEpoch[w] = heardEpoch[w]; quiet[w] = 0
  :: else
  fi
}

/* Its event, heard without a question: of the first election. Of a later one the answer to the barrier shows it. */
#define MAY_HEAR_EPOCH(w, s) (heardEpoch[w] == 0 && epoch[s] == 1)
inline hearEpoch(w, s) {
  printf("writer %d: hears of epoch %d from Sentinel %d\n", w, epoch[s], s);
  heardEpoch[w] = epoch[s];
  quiet[w] = 0
}
