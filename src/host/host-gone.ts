/** Thrown by every call of a thread whose kernel is gone, to end its program. */
export class HostGone extends Error {}
