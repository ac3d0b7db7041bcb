#ifndef BENCH_QEMU_THREADS_H
#define BENCH_QEMU_THREADS_H

// Before qemu_init_main_loop: this thread holds the big lock.
void qemu_threads_init(void);
// ns of one operation; -1 if there is no such row.
double qemu_threads(const char *row, long n);

#endif
