import { isRange, isRecord, shown } from '../host/arguments.ts';
import { SIGNALFD_SIGINFO_SIZE } from '../host/constants.ts';
import { codeName, signalName } from './names.ts';

/**
 * One record of a signalfd: struct signalfd_siginfo, field by field, under its own names. The
 * signal and the code decide which fields have a meaning. QEMU: qemu_signalfd_siginfo.
 */
export interface SignalfdSiginfo {
  ssi_signo: number;
  ssi_errno: number;
  /** The cause: SI_USER, SI_QUEUE, CLD_EXITED, … (codeName). */
  ssi_code: number;
  /** Sender, or the child. */
  ssi_pid: number;
  ssi_uid: number;
  ssi_fd: number;
  /** Timer id. */
  ssi_tid: number;
  /** Band event of SIGIO. */
  ssi_band: number;
  ssi_overrun: number;
  ssi_trapno: number;
  /** Exit status or signal of the child. */
  ssi_status: number;
  /** Value of sigqueue. */
  ssi_int: number;
  /** Value of sigqueue as a pointer; exact up to 2^53. */
  ssi_ptr: number;
  /** CPU times of the child, in clock ticks; exact up to 2^53. */
  ssi_utime: number;
  ssi_stime: number;
  /** Address that faulted; exact up to 2^53. */
  ssi_addr: number;
  ssi_addr_lsb: number;
  ssi_syscall: number;
  ssi_call_addr: number;
  ssi_arch: number;
}

/** An empty record, for use with decodeSiginfo. */
export function newSiginfo(): SignalfdSiginfo {
  return {
    ssi_signo: 0,
    ssi_errno: 0,
    ssi_code: 0,
    ssi_pid: 0,
    ssi_uid: 0,
    ssi_fd: 0,
    ssi_tid: 0,
    ssi_band: 0,
    ssi_overrun: 0,
    ssi_trapno: 0,
    ssi_status: 0,
    ssi_int: 0,
    ssi_ptr: 0,
    ssi_utime: 0,
    ssi_stime: 0,
    ssi_addr: 0,
    ssi_addr_lsb: 0,
    ssi_syscall: 0,
    ssi_call_addr: 0,
    ssi_arch: 0,
  };
}

/** Combines two words into one unsigned number, without a BigInt. */
function u64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
}

/** Reads the 128 bytes at `at` into a record. */
export function decodeSiginfo(view: DataView, at: number, out: SignalfdSiginfo): void {
  if (!(view instanceof DataView) || !isRecord(out)) {
    const wrong = isRecord(out) ? `view is ${shown(view)}` : `out is ${shown(out)}`;
    throw new TypeError(`decodeSiginfo: ${wrong}: expected a DataView, and what newSiginfo makes`);
  }
  if (!isRange(at, SIGNALFD_SIGINFO_SIZE, view.byteLength)) {
    throw new RangeError(
      `decodeSiginfo: there is no record at ${shown(at)}: expected a place in the view`,
    );
  }
  out.ssi_signo = view.getUint32(at, true);
  out.ssi_errno = view.getInt32(at + 4, true);
  out.ssi_code = view.getInt32(at + 8, true);
  out.ssi_pid = view.getUint32(at + 12, true);
  out.ssi_uid = view.getUint32(at + 16, true);
  out.ssi_fd = view.getInt32(at + 20, true);
  out.ssi_tid = view.getUint32(at + 24, true);
  out.ssi_band = view.getUint32(at + 28, true);
  out.ssi_overrun = view.getUint32(at + 32, true);
  out.ssi_trapno = view.getUint32(at + 36, true);
  out.ssi_status = view.getInt32(at + 40, true);
  out.ssi_int = view.getInt32(at + 44, true);
  out.ssi_ptr = u64(view, at + 48);
  out.ssi_utime = u64(view, at + 56);
  out.ssi_stime = u64(view, at + 64);
  out.ssi_addr = u64(view, at + 72);
  out.ssi_addr_lsb = view.getUint16(at + 80, true);
  out.ssi_syscall = view.getInt32(at + 84, true);
  out.ssi_call_addr = u64(view, at + 88);
  out.ssi_arch = view.getUint32(at + 96, true);
}

/** Writes a record's 128 bytes at `at`, for a signalfd made of a pipe. The padding is 0. */
export function encodeSiginfo(view: DataView, at: number, info: SignalfdSiginfo): void {
  for (let i = 0; i < SIGNALFD_SIGINFO_SIZE; i += 4) view.setUint32(at + i, 0, true);
  view.setUint32(at, info.ssi_signo, true);
  view.setInt32(at + 4, info.ssi_errno, true);
  view.setInt32(at + 8, info.ssi_code, true);
  view.setUint32(at + 12, info.ssi_pid, true);
  view.setUint32(at + 16, info.ssi_uid, true);
  view.setInt32(at + 20, info.ssi_fd, true);
  view.setUint32(at + 24, info.ssi_tid, true);
  view.setUint32(at + 28, info.ssi_band, true);
  view.setUint32(at + 32, info.ssi_overrun, true);
  view.setUint32(at + 36, info.ssi_trapno, true);
  view.setInt32(at + 40, info.ssi_status, true);
  view.setInt32(at + 44, info.ssi_int, true);
  putU64(view, at + 48, info.ssi_ptr);
  putU64(view, at + 56, info.ssi_utime);
  putU64(view, at + 64, info.ssi_stime);
  putU64(view, at + 72, info.ssi_addr);
  view.setUint16(at + 80, info.ssi_addr_lsb, true);
  view.setInt32(at + 84, info.ssi_syscall, true);
  putU64(view, at + 88, info.ssi_call_addr);
  view.setUint32(at + 96, info.ssi_arch, true);
}

function putU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
}

/** A record as text for people: `SIGCHLD CLD_EXITED pid 4711 status 3`. */
export function describeSiginfo(info: SignalfdSiginfo): string {
  return `${signalName(info.ssi_signo)} ${codeName(info.ssi_signo, info.ssi_code)} pid ${info.ssi_pid} status ${info.ssi_status}`;
}
