// Keeps a core busy until it is ended, or its parent is.
#include <signal.h>
#include <sys/prctl.h>

int main(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (volatile unsigned long i = 0;; i++) continue;
}
