/** Ways to take a link out of the chain. */
export const WEAKNESSES = [
  'one_waitpid',
  'one_record',
  'no_wakeup',
  'always_sleep',
  'sig_ign',
  'calls_ign',
  'trusts_close',
] as const;
export type Weakness = (typeof WEAKNESSES)[number];

/** Each in words. */
export const WEAKNESS_WORDS: Readonly<Record<Weakness, string>> = {
  one_waitpid: 'one waitpid for each signal',
  one_record: 'one record for each wake-up',
  no_wakeup: 'aio_notify never writes the eventfd',
  always_sleep: 'no second look: it sleeps with work on the list',
  sig_ign: 'SIGCHLD is ignored',
  calls_ign: 'SIG_IGN is called like a function',
  trusts_close: 'a closed descriptor that lives in a child is left in the epoll',
};
