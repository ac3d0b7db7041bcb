/**
 * The processor time of a process and of its children that it has waited for, in ticks of 10 ms.
 * @param stat its /proc/PID/stat; empty if it has ended
 */
export function ticksIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime, stime, cutime, cstime
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
}
