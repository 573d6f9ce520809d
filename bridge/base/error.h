/* The one error contract of the house.
 *
 *   0                 it worked
 *   negative errno    fatal here: pass it on unchanged until somebody can end the program or the connection
 *   positive enum     a result that the caller must handle on the spot (each module has its own enum)
 *
 * Outputs are named ret_… (or ret) and stay untouched on failure, unless the header says otherwise.
 * free accepts NULL and half-built things. Inputs are const.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <errno.h>

/* A programming error, never an input error: says where and aborts, in every build. */
void panic_at(const char *file, int line, const char *what) __attribute__((noreturn));
#define must(condition)                               \
    do {                                              \
        if (!(condition))                             \
            panic_at(__FILE__, __LINE__, #condition); \
    } while (0)

#endif
