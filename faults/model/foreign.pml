/*
 * A replica that no Sentinel knows follows the first primary and confirms everything at once (FOREIGN_REPLICA). WAIT counts it.
 * INFO, behind WAIT on the same socket, shows it, and its confirmation is subtracted. WAIT may have ended by it before a member
 * confirmed that keeps up; then the batch is sent again.
 */
bit isForeignAttached
#define FOREIGN(w) (isForeignAttached && batchNode[w] == 0 -> 1 : 0)
#define COUNTED(w) (CONFIRMATIONS(w) + FOREIGN(w))
#ifdef COUNT_FOREIGN
#define MEMBERS(w) COUNTED(w)
#else
#define MEMBERS(w) CONFIRMATIONS(w)
#endif
#define IS_CUT_SHORT(w) (FOREIGN(w) && COUNTED(w) >= NODES - 1)
#ifdef CUT_SHORT_BY_FOREIGN
#define IS_TOO_EARLY(w) false
#else
#define IS_TOO_EARLY(w) (IS_CUT_SHORT(w) && MEMBERS(w) < NODES - 1 && IS_ANY_AWAITED(w))
#endif
