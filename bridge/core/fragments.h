/* Messages that came in parts (fragment.basic of the xPL project's proposal, as xpllib, Domogik and LuaxPL
 * send them): put together within bounds. Pure: bytes and time come in.
 *
 * Each part has the type, source and target of the whole, and `partid=N/TOTAL:ID`; the first one has
 * `schema=` (of one sender, all have). Three seconds after the last part the missing ones are asked for,
 * once; five seconds after that the message is given up. One that is whole is remembered for as long,
 * while there is room, so that a part that comes twice begins nothing new.
 */
#ifndef CORE_FRAGMENTS_H
#define CORE_FRAGMENTS_H

#include "xpl/message.h"

#define FRAGMENTS_PARTS_MAX  99   /* of one message */
#define FRAGMENTS_SOURCE_MAX 127  /* octets of a source; longer: refused */
#define FRAGMENTS_ASK_MS     3000 /* from the last part to asking */
#define FRAGMENTS_GIVE_UP_MS 5000 /* from asking to giving up */

struct fragments_set;

/* All zero at the start. */
struct fragments {
    struct fragments_set *sets; /* oldest first */
    size_t n_sets, bytes;
    char *whole; /* the last that was put together */
};

void fragments_deinit(struct fragments *fragments);

/* A fragment.basic, or a request for parts (which is nothing to us: we send none). */
bool fragments_is_part(const struct xpl_message *message);

enum fragments_result {
    FRAGMENTS_PART,    /* taken, or known already */
    FRAGMENTS_WHOLE,   /* the last: *ret is the message */
    FRAGMENTS_REFUSED, /* no part that makes sense, no room, or the whole is too large */
};

/* A part and the bytes that it was parsed from, which are copied. *ret lives until the next call. */
enum fragments_result fragments_on_part(struct fragments *fragments, const struct xpl_message *part,
                                        struct xpl_slice datagram, int64_t now_ms, struct xpl_slice *ret);

enum fragments_due {
    FRAGMENTS_NOTHING,
    FRAGMENTS_ASK,      /* *ret says what for */
    FRAGMENTS_GIVEN_UP, /* a message went that was not whole */
};

struct fragments_request {
    struct xpl_slice source; /* lives until the next call of fragments_on_part */
    unsigned id;
    unsigned missing[FRAGMENTS_PARTS_MAX];
    size_t n_missing;
};

int64_t fragments_deadline(const struct fragments *fragments);
/* One thing that is due by now; to be asked again until there is nothing. */
enum fragments_due fragments_on_time(struct fragments *fragments, int64_t now_ms,
                                     struct fragments_request *ret);

#endif
