// QEMU's headers for the programs here, and what differs between the trees of 7.2 and 11.
#ifndef BENCH_QEMU_TREE_H
#define BENCH_QEMU_TREE_H

#include "qemu/osdep.h"
#include "qemu-version.h"

#define QEMU_AT_LEAST(major, minor, micro)                                        \
  (QEMU_VERSION_MAJOR * 10000 + QEMU_VERSION_MINOR * 100 + QEMU_VERSION_MICRO >= \
   (major) * 10000 + (minor) * 100 + (micro))

#if __has_include("qemu/aio.h")
#include "qemu/aio-wait.h"
#include "qemu/aio.h"
#else
#include "block/aio-wait.h"
#include "block/aio.h"
#endif
#include "block/thread-pool.h"
#include "qapi/error.h"
#include "qemu/coroutine.h"
#include "qemu/event_notifier.h"
#include "qemu/main-loop.h"
#include "qemu/thread.h"
#include "qemu/timer.h"

#if QEMU_AT_LEAST(8, 1, 0)
// is_external is gone, and requests go to the pool of the running thread.
#define NOT_EXTERNAL
#define POOL_SUBMIT(pool, ...) ((void)(pool), thread_pool_submit_aio(__VA_ARGS__))
#else
#define NOT_EXTERNAL false,
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

#if QEMU_AT_LEAST(11, 0, 50)
#define SET_POLL_PARAMS(ctx, max, grow, shrink) \
  aio_context_set_poll_params(ctx, max, grow, shrink, 0, &error_fatal)
#else
#define SET_POLL_PARAMS(ctx, max, grow, shrink) \
  aio_context_set_poll_params(ctx, max, grow, shrink, &error_fatal)
#endif

#endif
