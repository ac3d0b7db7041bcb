/** Runs some at a time, and reports them in order. */
export async function inOrder<T, R>(
  items: readonly T[],
  atATime: number,
  { start, done }: { start: (item: T) => Promise<R>; done: (result: R) => void },
): Promise<void> {
  const running: Promise<R>[] = [];
  let next = 0;
  for (let told = 0; told < items.length; told++) {
    while (next < items.length && next < told + atATime) running.push(start(items[next++]!));
    done(await running.shift()!);
  }
}
