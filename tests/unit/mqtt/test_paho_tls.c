#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mqtt/paho_tls.h"

static char directory[] = "/tmp/xplmqtt-test-tls-XXXXXX";
static char cert[64], key[64], other[64], sealed[64], both[64], rsa[64], empty[64], none[64];
static char text[PAHO_CAUSE_TEXT];

static void name(char *path, const char *file)
{
    snprintf(path, sizeof(cert), "%s/%s", directory, file);
}

static void write_key(const char *path, EVP_PKEY *made, const EVP_CIPHER *cipher)
{
    FILE *file = fopen(path, "a");
    cr_assert(file && made);
    cr_assert(
        PEM_write_PKCS8PrivateKey(file, made, cipher, cipher ? "secret" : NULL, cipher ? 6 : 0, NULL, NULL));
    fclose(file);
}

static void write_cert(const char *path, EVP_PKEY *made)
{
    X509 *x509 = X509_new();
    FILE *file = fopen(path, "a");
    cr_assert(x509 && file);
    X509_gmtime_adj(X509_getm_notBefore(x509), 0);
    X509_gmtime_adj(X509_getm_notAfter(x509), 86400);
    X509_set_pubkey(x509, made);
    X509_sign(x509, made, EVP_sha256());
    cr_assert(PEM_write_X509(file, x509));
    fclose(file);
    X509_free(x509);
}

static void setup(void)
{
    cr_assert(mkdtemp(directory));
    name(cert, "cert");
    name(key, "key");
    name(other, "other");
    name(sealed, "sealed");
    name(both, "both");
    name(rsa, "rsa");
    name(empty, "empty");
    name(none, "none");
    EVP_PKEY *ours = EVP_EC_gen("P-256"), *theirs = EVP_EC_gen("P-256"), *third = EVP_RSA_gen(2048);
    write_cert(cert, ours);
    write_key(key, ours, NULL);
    write_key(other, theirs, NULL);
    write_key(sealed, ours, EVP_aes_128_cbc());
    write_cert(both, ours);
    write_key(both, ours, NULL);
    write_key(rsa, third, NULL);
    fclose(fopen(empty, "w"));
    EVP_PKEY_free(ours);
    EVP_PKEY_free(theirs);
    EVP_PKEY_free(third);
}

static void teardown(void)
{
    const char *paths[] = { cert, key, other, sealed, both, rsa, empty };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        unlink(paths[i]);
    rmdir(directory);
}

TestSuite(paho_tls, .init = setup, .fini = teardown);

static bool check(const char *cafile, const char *certfile, const char *keyfile)
{
    const struct mqtt_connect connect = { .cafile = cafile, .certfile = certfile, .keyfile = keyfile };
    snprintf(text, sizeof(text), "untouched");
    return paho_tls_check(&connect, text);
}

Test(paho_tls, takes_what_fits)
{
    cr_expect(check(NULL, NULL, NULL), "%s", text);
    cr_expect(check(cert, NULL, NULL), "%s", text);
    cr_expect(check(cert, cert, key), "%s", text);
    cr_expect(check(NULL, both, NULL), "a key may stand in the file of the certificate: %s", text);
    cr_expect_str_eq(text, "untouched");
}

Test(paho_tls, says_what_does_not)
{
    const struct {
        const char *cafile, *certfile, *keyfile, *text;
    } wrong[] = {
        { none, NULL, NULL, "cafile cannot be read: No such file or directory" },
        { empty, NULL, NULL, "cafile holds no certificate in PEM form" },
        { NULL, none, key, "cert cannot be read: No such file or directory" },
        { NULL, empty, key, "cert holds no certificate in PEM form" },
        { NULL, cert, none, "key cannot be read: No such file or directory" },
        { NULL, cert, empty, "key holds no private key in PEM form" },
        { NULL, cert, NULL, "cert holds no private key, and no key is given" },
        { NULL, cert, other, "key is not the private key of the certificate in cert" },
        { NULL, cert, rsa, "key is not the private key of the certificate in cert" },
        { NULL, cert, sealed, "key is encrypted; it must be without a passphrase" },
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cr_expect_not(check(wrong[i].cafile, wrong[i].certfile, wrong[i].keyfile), "%s", wrong[i].text);
        cr_expect_str_eq(text, wrong[i].text);
    }
}
