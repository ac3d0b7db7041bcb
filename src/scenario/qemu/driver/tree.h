/* QEMU's headers for a program on its event loop, and what differs between trees from 7.2 on. */
#ifndef QEMU_LOOP_TREE_H
#define QEMU_LOOP_TREE_H

#include "qemu/osdep.h"
#include "qemu-version.h"

#define QEMU_AT_LEAST(major, minor, micro)                                   \
  (QEMU_VERSION_MAJOR * 10000 + QEMU_VERSION_MINOR * 100 + QEMU_VERSION_MICRO >= \
   (major) * 10000 + (minor) * 100 + (micro))

#if __has_include("qemu/aio.h")
#include "qemu/aio.h"
#else
#include "block/aio.h"
#endif
#if __has_include("qemu/aio-wait.h")
#include "qemu/aio-wait.h"
#else
#include "block/aio-wait.h"
#endif
#include "block/thread-pool.h"
#include "qapi/error.h"
#include "qemu/coroutine.h"
#include "qemu/event_notifier.h"
#include "qemu/main-loop.h"
#include "qemu/thread.h"
#include "qemu/timer.h"

/* Handlers that can be held back (is_external) went with QEMU 8.1. */
#if QEMU_AT_LEAST(8, 1, 0)
#define EXTERNAL(is_external)
#else
#define EXTERNAL(is_external) is_external,
#define HAS_EXTERNAL
#endif

/* Until 8.1 a request named its pool; now it goes to that of the running thread. */
#if QEMU_AT_LEAST(8, 1, 0)
#define POOL(pool)
#else
#define POOL(pool) pool,
#endif

/* The big lock has these names since 9.0, where the locks of contexts went. */
#if QEMU_AT_LEAST(9, 0, 0)
#define aio_context_acquire(ctx) ((void)0)
#define aio_context_release(ctx) ((void)0)
#else
#define HAS_CONTEXT_LOCK
#define bql_locked qemu_mutex_iothread_locked
#define bql_lock_impl qemu_mutex_lock_iothread_impl
#define bql_lock qemu_mutex_lock_iothread
#define bql_unlock qemu_mutex_unlock_iothread
#endif

/* The weight of adaptive polling came with 11.1; 0 is its default. */
#if QEMU_AT_LEAST(11, 0, 50)
#define POLL_WEIGHT 0,
#else
#define POLL_WEIGHT
#endif

#endif
