declare const QEMU_LOOP_TRACEABLE: boolean | undefined;

/**
 * Whether events can be on at all. The hottest paths test it before `trace.active`. A bundler's
 * define sets it; it is true without one. bench/run.mjs sets it to false, and so measures what the
 * tests for events cost.
 */
export const TRACEABLE: boolean = typeof QEMU_LOOP_TRACEABLE === 'undefined' || QEMU_LOOP_TRACEABLE;
