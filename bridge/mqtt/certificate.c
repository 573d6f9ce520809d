#include "mqtt/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>

#include "base/error.h"

#define DAY_MS   86400000LL
#define FILE_MAX 1000 /* certificates of a file that are looked at */

static int64_t not_after_ms(const X509 *x509)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    bool good = epoch && ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(x509));
    ASN1_TIME_free(epoch);
    return good ? (days * 86400LL + seconds) * 1000 : -1;
}

int certificate_expiry(const char *path, bool authority, int64_t *ret_wall_ms)
{
    FILE *file = fopen(path, "re");
    int64_t found_ms = -1;
    if (!file)
        return -errno;
    for (int n = 0; n < FILE_MAX; n++) {
        X509 *x509 = PEM_read_X509(file, NULL, NULL, NULL);
        if (!x509)
            break;
        int64_t wall_ms = not_after_ms(x509);
        X509_free(x509);
        if (found_ms < 0 || (authority ? wall_ms > found_ms : wall_ms < found_ms))
            found_ms = wall_ms;
    }
    ERR_clear_error(); /* "no more" is one */
    fclose(file);
    if (found_ms < 0)
        return -EINVAL;
    *ret_wall_ms = found_ms;
    return 0;
}

static enum certificate_age age(int64_t left_ms)
{
    if (left_ms <= 0)
        return CERTIFICATE_EXPIRED;
    if (left_ms <= DAY_MS)
        return CERTIFICATE_1_DAY;
    if (left_ms <= 7 * DAY_MS)
        return CERTIFICATE_7_DAYS;
    return left_ms <= 21 * DAY_MS ? CERTIFICATE_21_DAYS : CERTIFICATE_GOOD;
}

void certificate_look(struct certificate *certificate, int64_t wall_ms, struct text *ret,
                      void (*say)(void *context, enum log_level level, const char *text), void *context)
{
    char buffer[512];
    struct text text = TEXT(buffer);
    int64_t expiry_ms = 0;
    if (!certificate->path || certificate_expiry(certificate->path, certificate->authority, &expiry_ms) < 0)
        return;
    int64_t left_ms = expiry_ms - wall_ms;
    int before = certificate->said;
    certificate->said = age(left_ms);
    if (certificate->said == CERTIFICATE_GOOD)
        return;
    text_format(&text, "the certificate in %s ", certificate->path);
    if (certificate->said == CERTIFICATE_EXPIRED)
        text_string(&text, "has expired");
    else if (left_ms < 2 * DAY_MS)
        text_format(&text, "expires in %d hours", (int)(left_ms / 3600000));
    else
        text_format(&text, "expires in %d days", (int)(left_ms / DAY_MS));
    text_format(ret, "%s%s", ret->size ? "; " : "", buffer);
    if (certificate->said > before)
        say(context, certificate->said == CERTIFICATE_EXPIRED ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, buffer);
}
