/* When the certificates in our files expire, told in time: 21, 7 and 1 days ahead, and when it is too late.
 * The files are read at each look, so a renewed one ends the warning. Of the broker's own certificate the
 * library tells nothing.
 */
#ifndef MQTT_CERTIFICATE_H
#define MQTT_CERTIFICATE_H

#include "base/log.h"
#include "base/text.h"

enum certificate_age {
    CERTIFICATE_GOOD,
    CERTIFICATE_21_DAYS,
    CERTIFICATE_7_DAYS,
    CERTIFICATE_1_DAY,
    CERTIFICATE_EXPIRED
};

struct certificate {
    const char *path; /* NULL: none */
    bool authority;   /* of several, the last to expire counts; else the first */
    int said;         /* enum certificate_age */
};

/* Milliseconds since 1970. 0; negative errno when the file cannot be read; -EINVAL when it holds no
 * certificate. */
int certificate_expiry(const char *path, bool authority, int64_t *ret_wall_ms);

/* Adds a sentence to `ret` when the certificate is about to expire, and says it when it is more urgent than
 * the last time. A file that cannot be read is not spoken of: the connect does. */
void certificate_look(struct certificate *certificate, int64_t wall_ms, struct text *ret,
                      void (*say)(void *context, enum log_level level, const char *text), void *context);

#endif
