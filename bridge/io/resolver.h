/* The addresses of a host's name, asked for in libuv's thread pool: a name server that is slow holds up
 * nobody. Closing: io.h. */
#ifndef IO_RESOLVER_H
#define IO_RESOLVER_H

#include <stddef.h>
#include <uv.h>

#define RESOLVER_ADDRESSES 8 /* more of one name are left out */

struct resolver;

/* `found` is called with what was found, in the order of the system's choice; n 0: nothing. 0 or -ENOMEM. */
int resolver_new(struct resolver **ret, uv_loop_t *loop,
                 void (*found)(void *context, const char *const *addresses, size_t n), void *context);
/* While one question is open, another is not asked. */
void resolver_ask(struct resolver *resolver, const char *host);
void resolver_close(struct resolver *resolver, void (*closed)(void *context), void *context);

#endif
