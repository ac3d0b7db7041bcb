/**
 * Makes steps until one returns false, or Ctrl-C comes, which is looked for between two of them.
 * Returns whether it came.
 */
export async function runInterruptibly(step: () => boolean): Promise<boolean> {
  let isInterrupted = false;
  const interrupt = (): void => {
    isInterrupted = true;
  };
  process.once('SIGINT', interrupt);
  try {
    while (step()) {
      await new Promise(setImmediate);
      if (isInterrupted) return true;
    }
    return false;
  } finally {
    process.off('SIGINT', interrupt);
  }
}
