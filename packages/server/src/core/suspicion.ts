/**
 * A delivery becomes a suspect when the sender thread dies while it holds that delivery. Suspects are sent one at a
 * time through a separate thread: only a death there proves that this delivery is the cause. The death of the whole
 * process never raises suspicion.
 *
 * 0: not a suspect. 1: in flight when the shared thread died. 1 + n: killed the isolated thread n times.
 */
const ISOLATED_DEATHS_MAX = 3;

export const isSuspect = ({ suspicion }: { readonly suspicion: number }): boolean => suspicion > 0;

/** Whether a delivery is given up because it has killed the isolated thread three times. */
export const isQuarantined = (suspicion: number): boolean => suspicion > ISOLATED_DEATHS_MAX;
