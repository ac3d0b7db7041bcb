/** Ways to take a link out of the chain. */
export const WEAKNESSES = [
  'one_waitpid',
  'one_record',
  'no_wakeup',
  'always_sleep',
  'sig_ign',
] as const;
export type Weakness = (typeof WEAKNESSES)[number];
