/* The host's addresses, kept up to date: routers are swapped, cables pulled, Wi-Fi comes late. Closing: io.h.
 */
#ifndef IO_INTERFACES_H
#define IO_INTERFACES_H

#include <uv.h>

#include "io/addresses.h"

#define INTERFACES_REFRESH_MS 30000 /* where the kernel does not tell us of changes */

struct interfaces;

/* Reads the addresses, and watches them from here on. `changed` is called from the loop when the list differs
 * from before: once for a burst that came between two turns. 0 or negative errno; a kernel or sandbox that
 * lets nothing be watched, or not even read, is no error (interfaces_deadline; the list is empty then). */
int interfaces_new(struct interfaces **ret, uv_loop_t *loop, void (*changed)(void *context), void *context,
                   int64_t now_ms);
void interfaces_close(struct interfaces *interfaces, void (*closed)(void *context), void *context);

/* The list as it is now; it changes in place, before `changed` is called. */
const struct addresses *interfaces_addresses(const struct interfaces *interfaces);
bool interfaces_is_local(const struct interfaces *interfaces, uint32_t ip);

/* Looks anew at once, and calls `changed` from inside when there is a difference. 0, or negative errno with
 * the old list kept. */
int interfaces_refresh(struct interfaces *interfaces, int64_t now_ms);

/* When interfaces_on_time wants to be called: INT64_MAX as long as the kernel tells us. */
int64_t interfaces_deadline(const struct interfaces *interfaces);
void interfaces_on_time(struct interfaces *interfaces, int64_t now_ms);

#endif
