#include "io/closing.h"

#include <stdlib.h>

void closing_finish(struct closing closing, void *memory)
{
    free(memory);
    if (closing.closed)
        closing.closed(closing.context);
}
