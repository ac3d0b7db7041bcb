import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeSiginfo,
  describeSiginfo,
  encodeSiginfo,
  newSiginfo,
  type SignalfdSiginfo,
} from '../../src/signal/siginfo.ts';

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const i32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const u53 = fc.maxSafeNat();

const records: fc.Arbitrary<SignalfdSiginfo> = fc.record({
  ssi_signo: u32,
  ssi_errno: i32,
  ssi_code: i32,
  ssi_pid: u32,
  ssi_uid: u32,
  ssi_fd: i32,
  ssi_tid: u32,
  ssi_band: u32,
  ssi_overrun: u32,
  ssi_trapno: u32,
  ssi_status: i32,
  ssi_int: i32,
  ssi_ptr: u53,
  ssi_utime: u53,
  ssi_stime: u53,
  ssi_addr: u53,
  ssi_addr_lsb: u16,
  ssi_syscall: i32,
  ssi_call_addr: u53,
  ssi_arch: u32,
});

/** struct signalfd_siginfo of <sys/signalfd.h>: offset and bytes of each field. */
const LAYOUT: Record<keyof SignalfdSiginfo, readonly [number, number]> = {
  ssi_signo: [0, 4],
  ssi_errno: [4, 4],
  ssi_code: [8, 4],
  ssi_pid: [12, 4],
  ssi_uid: [16, 4],
  ssi_fd: [20, 4],
  ssi_tid: [24, 4],
  ssi_band: [28, 4],
  ssi_overrun: [32, 4],
  ssi_trapno: [36, 4],
  ssi_status: [40, 4],
  ssi_int: [44, 4],
  ssi_ptr: [48, 8],
  ssi_utime: [56, 8],
  ssi_stime: [64, 8],
  ssi_addr: [72, 8],
  ssi_addr_lsb: [80, 2],
  ssi_syscall: [84, 4],
  ssi_call_addr: [88, 8],
  ssi_arch: [96, 4],
};

describe('struct signalfd_siginfo', () => {
  it('survives writing and reading, at any offset, and changes nothing beside it', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 0, max: 64 }), (record, at) => {
        const bytes = new Uint8Array(at + 128 + 8).fill(0xa5);
        const view = new DataView(bytes.buffer);
        encodeSiginfo(view, at, record);
        const out = newSiginfo();
        decodeSiginfo(view, at, out);
        expect(out).toEqual(record);
        expect(bytes.subarray(0, at).every((byte) => byte === 0xa5)).toBe(true);
        expect(bytes.subarray(at + 128).every((byte) => byte === 0xa5)).toBe(true);
        // 82 and 83 align the next word; from 100 on there is nothing yet.
        expect([...bytes.subarray(at + 82, at + 84)]).toEqual([0, 0]);
        expect(bytes.subarray(at + 100, at + 128).every((byte) => byte === 0)).toBe(true);
      }),
    );
  });

  it.each(Object.entries(LAYOUT))('%s stands at %j', (field, [at, bytes]) => {
    const view = new DataView(new ArrayBuffer(128));
    view.setUint8(at, 1);
    // A second byte is seen too, and the next field is not.
    view.setUint8(at + 1, 1);
    if (at + bytes < 128) view.setUint8(at + bytes, 0);
    const out = newSiginfo();
    decodeSiginfo(view, 0, out);
    const { [field as keyof SignalfdSiginfo]: value, ...rest } = out;
    expect(value).toBe(0x101);
    expect(Object.values(rest).every((other) => other === 0)).toBe(true);
  });

  it('reads signed fields with their sign', () => {
    const view = new DataView(new Uint8Array(128).fill(0xff).buffer);
    const out = newSiginfo();
    decodeSiginfo(view, 0, out);
    const { ssi_code, ssi_pid, ssi_int, ssi_status, ssi_fd, ssi_addr_lsb, ssi_arch } = out;
    expect([ssi_code, ssi_int, ssi_status, ssi_fd]).toEqual([-1, -1, -1, -1]);
    expect([ssi_pid, ssi_addr_lsb, ssi_arch]).toEqual([0xffffffff, 0xffff, 0xffffffff]);
  });

  it('is formatted for people', () => {
    const info = { ...newSiginfo(), ssi_signo: 17, ssi_code: 1, ssi_pid: 4711, ssi_status: 3 };
    expect(describeSiginfo(info)).toBe('SIGCHLD CLD_EXITED pid 4711 status 3');
  });
});
