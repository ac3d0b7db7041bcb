// What differs between QEMU's trees, for the programs here beside the driver's part.
#ifndef BENCH_QEMU_TREE_H
#define BENCH_QEMU_TREE_H

#include "../../src/scenario/qemu/driver/tree.h"

#if __has_include("qemu/aio-wait.h")
#include "qemu/aio-wait.h"
#else
#include "block/aio-wait.h"
#endif
#include "block/thread-pool.h"

#if QEMU_AT_LEAST(8, 1, 0)
// Requests go to the pool of the running thread.
#define POOL_SUBMIT(pool, ...) ((void)(pool), thread_pool_submit_aio(__VA_ARGS__))
#else
#define POOL_SUBMIT(pool, ...) thread_pool_submit_aio(pool, __VA_ARGS__)
#endif

#if QEMU_AT_LEAST(9, 0, 0)
#define aio_context_acquire(ctx) ((void)0)
#else
#define bql_locked qemu_mutex_iothread_locked
#define bql_lock_impl qemu_mutex_lock_iothread_impl
#define bql_lock qemu_mutex_lock_iothread
#define bql_unlock qemu_mutex_unlock_iothread
#endif

#endif
