#include "mqtt/paho_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

#include "base/error.h"

static bool refuse(char *ret_why, const char *file, const char *why)
{
    snprintf(ret_why, PAHO_CAUSE_TEXT, "%s %s", file, why);
    return false;
}

static bool is_readable(const char *file, const char *path, char *ret_why)
{
    FILE *opened = fopen(path, "re");
    if (!opened) {
        snprintf(ret_why, PAHO_CAUSE_TEXT, "%s cannot be read: %s", file, strerror(errno));
        return false;
    }
    fclose(opened);
    return true;
}

/* The first error is the root. A certificate that is there may still be too weak. */
static bool refuse_certificate(const char *file, char *ret_why)
{
    unsigned long error = ERR_peek_error();
    const char *reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_reason_error_string(error) : NULL;
    if (!reason)
        return refuse(ret_why, file, "holds no certificate in PEM form");
    snprintf(ret_why, PAHO_CAUSE_TEXT, "%s is not taken: %s", file, reason);
    return false;
}

/* Without it OpenSSL would ask at the terminal. */
static int on_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer, (void)size, (void)writing;
    *(bool *)context = true;
    return -1;
}

static bool check_key(SSL_CTX *ctx, const struct mqtt_connect *connect, char *ret_why)
{
    const char *path = connect->keyfile ? connect->keyfile : connect->certfile; /* it may stand there, too */
    bool encrypted = false;
    if (!is_readable("key", path, ret_why))
        return false;
    SSL_CTX_set_default_passwd_cb(ctx, on_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(ctx, &encrypted);
    bool taken = SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM) == 1;
    if (encrypted)
        return refuse(ret_why, "key", "is encrypted; it must be without a passphrase");
    /* One of another kind than the certificate's is taken, and would be left out. */
    if (taken ? SSL_CTX_check_private_key(ctx) != 1 : ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_X509)
        return refuse(ret_why, "key", "is not the private key of the certificate in cert");
    if (!taken && !connect->keyfile)
        return refuse(ret_why, "cert", "holds no private key, and no key is given");
    return taken || refuse(ret_why, "key", "holds no private key in PEM form");
}

static bool check_files(SSL_CTX *ctx, const struct mqtt_connect *connect, char *ret_why)
{
    if (connect->certfile) {
        if (!is_readable("cert", connect->certfile, ret_why))
            return false;
        if (SSL_CTX_use_certificate_chain_file(ctx, connect->certfile) != 1)
            return refuse_certificate("cert", ret_why);
        if (!check_key(ctx, connect, ret_why))
            return false;
    }
    if (!connect->cafile)
        return true;
    if (!is_readable("cafile", connect->cafile, ret_why))
        return false;
    return SSL_CTX_load_verify_file(ctx, connect->cafile) == 1 || refuse_certificate("cafile", ret_why);
}

bool paho_tls_check(const struct mqtt_connect *connect, char ret_why[PAHO_CAUSE_TEXT])
{
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx)
        return refuse(ret_why, "OpenSSL", "cannot be used");
    SSL_CTX_set_security_level(ctx, 1); /* as Paho */
    bool good = check_files(ctx, connect, ret_why);
    SSL_CTX_free(ctx);
    ERR_clear_error();
    return good;
}
