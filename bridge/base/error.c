#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>

void panic_at(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, what);
    abort();
}
