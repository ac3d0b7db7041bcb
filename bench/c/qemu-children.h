// ns for one child: started, announced by SIGCHLD, and reaped.
double qemu_children(long count, int at_once);

// Prints the ns from each death to its reap, one child after the other.
void qemu_deaths(char *dying, long count);
