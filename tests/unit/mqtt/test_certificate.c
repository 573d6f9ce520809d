#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "mqtt/certificate.h"

#define DAY_MS 86400000LL
#define NOW_MS (1800000000LL * 1000)

static char path[] = "/tmp/xplmqtt-test-certificate-XXXXXX";
static char said[1024];
static int n_said;
static enum log_level said_level;

static void setup(void)
{
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    close(fd);
}

static void teardown(void)
{
    unlink(path);
}

/* Adds a certificate that expires at that time. */
static void add(int64_t expiry_ms)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    FILE *file = fopen(path, "a");
    cr_assert(key && x509 && file);
    ASN1_TIME_set(X509_getm_notBefore(x509), 0);
    ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)(expiry_ms / 1000));
    X509_set_pubkey(x509, key);
    X509_sign(x509, key, EVP_sha256());
    cr_assert(PEM_write_X509(file, x509));
    fclose(file);
    X509_free(x509);
    EVP_PKEY_free(key);
}

static void say(void *context, enum log_level level, const char *text)
{
    (void)context;
    n_said++;
    said_level = level;
    snprintf(said, sizeof(said), "%s", text);
}

static const char *look(struct certificate *certificate, int64_t wall_ms)
{
    static char buffer[1024];
    struct text text = TEXT(buffer);
    text_reset(&text);
    certificate_look(certificate, wall_ms, &text, say, NULL);
    return buffer;
}

TestSuite(certificate, .init = setup, .fini = teardown);

Test(certificate, reads_when_it_expires)
{
    int64_t expiry_ms = 0;
    add(NOW_MS);
    cr_assert_eq(certificate_expiry(path, false, &expiry_ms), 0);
    cr_expect_eq(expiry_ms, NOW_MS);
}

Test(certificate, of_our_chain_the_first_to_expire_counts_of_authorities_the_last)
{
    int64_t expiry_ms = 0;
    add(NOW_MS + 2 * DAY_MS);
    add(NOW_MS);
    add(NOW_MS + DAY_MS);
    cr_assert_eq(certificate_expiry(path, false, &expiry_ms), 0);
    cr_expect_eq(expiry_ms, NOW_MS);
    cr_assert_eq(certificate_expiry(path, true, &expiry_ms), 0);
    cr_expect_eq(expiry_ms, NOW_MS + 2 * DAY_MS);
}

Test(certificate, a_file_without_any_is_an_error)
{
    int64_t expiry_ms = 7;
    cr_expect_eq(certificate_expiry(path, false, &expiry_ms), -EINVAL);
    cr_expect_eq(certificate_expiry("/nowhere/at.all", false, &expiry_ms), -ENOENT);
    cr_expect_eq(expiry_ms, 7);
}

Test(certificate, warns_21_7_and_1_days_ahead_once_each)
{
    struct certificate certificate = { .path = path };
    add(NOW_MS);
    cr_expect_str_eq(look(&certificate, NOW_MS - 22 * DAY_MS), "");
    cr_expect_eq(n_said, 0);
    static const struct {
        int64_t before_ms;
        const char *text;
        int n;
    } looks[] = {
        { 21 * DAY_MS, "expires in 21 days", 1 },
        { 20 * DAY_MS, "expires in 20 days", 1 },
        { 7 * DAY_MS, "expires in 7 days", 2 },
        { 3 * DAY_MS, "expires in 3 days", 2 },
        { 86400000, "expires in 24 hours", 3 },
        { 3600000, "expires in 1 hours", 3 },
        { 0, "has expired", 4 },
        { -DAY_MS, "has expired", 4 },
    };
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        const char *text = look(&certificate, NOW_MS - looks[i].before_ms);
        cr_expect(strstr(text, looks[i].text), "%s", text);
        cr_expect_eq(n_said, looks[i].n, "%s: said %d times", looks[i].text, n_said);
    }
    cr_expect_eq(said_level, LOG_LEVEL_ERROR);
    cr_expect(strstr(said, path));
}

Test(certificate, a_renewed_one_ends_the_warning_and_may_warn_again)
{
    struct certificate certificate = { .path = path };
    add(NOW_MS + DAY_MS);
    look(&certificate, NOW_MS);
    cr_expect_eq(n_said, 1);
    cr_assert_eq(truncate(path, 0), 0);
    add(NOW_MS + 90 * DAY_MS);
    cr_expect_str_eq(look(&certificate, NOW_MS), "");
    cr_expect_neq(look(&certificate, NOW_MS + 80 * DAY_MS)[0], '\0');
    cr_expect_eq(n_said, 2);
}

Test(certificate, without_a_file_there_is_nothing_to_say)
{
    struct certificate certificate = { .path = NULL };
    cr_expect_str_eq(look(&certificate, NOW_MS), "");
}
