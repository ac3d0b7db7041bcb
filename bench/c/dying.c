// A child that says when it dies: it writes CLOCK_MONOTONIC to fd 3 as the last
// thing before _exit. Argument: how many microseconds it lives.
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct timespec t;
  usleep(argc > 1 ? atoi(argv[1]) : 0);
  clock_gettime(CLOCK_MONOTONIC, &t);
  long long ns = t.tv_sec * 1000000000LL + t.tv_nsec;
  if (write(3, &ns, sizeof ns) != sizeof ns) return 1;
  _exit(0);
}
