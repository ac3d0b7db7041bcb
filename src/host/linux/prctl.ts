/** prctl(2), of the options that fill or take an int. */

import { isInt } from '../arguments.ts';
import {
  PR_GET_CHILD_SUBREAPER,
  PR_GET_PDEATHSIG,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_PDEATHSIG,
} from '../constants.ts';
import { EINVAL } from '../errno.ts';
import { c, result } from './libc.ts';
import type { LinuxBuffer } from './memory.ts';

/**
 * Host.prctl. Other options take an address, or change the process.
 * @param out room for the int that an option fills
 */
export function prctl(option: number, arg: number, out: LinuxBuffer): number {
  if (option === PR_SET_CHILD_SUBREAPER || option === PR_SET_PDEATHSIG) {
    return isInt(arg) ? result(c.prctl(option, arg, 0, 0, 0)) : -EINVAL;
  }
  if (option !== PR_GET_CHILD_SUBREAPER && option !== PR_GET_PDEATHSIG) return -EINVAL;
  const ret = result(c.prctl(option, out.address, 0, 0, 0));
  return ret < 0 ? ret : out.i32[0]!;
}
