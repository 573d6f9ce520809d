#include "mqtt/session_options.h"

#include <stdlib.h>

#include "base/error.h"

static int copy_string(char const **string)
{
    if (!*string)
        return 0;
    *string = strdup(*string);
    return *string ? 0 : -ENOMEM;
}

int session_options_copy(struct session_options *options)
{
    const char **strings[] = { &options->url,          &options->username,     &options->password,
                               &options->cafile,       &options->certfile,     &options->keyfile,
                               &options->will_topic,   &options->will_payload, &options->stop_payload,
                               &options->password_file };
    int error = 0;
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        if (error)
            *strings[i] = NULL; /* not ours */
        else
            error = copy_string(strings[i]);
    }
    return error;
}

void session_options_free(struct session_options *options)
{
    if (options->password)
        explicit_bzero((char *)options->password, strlen(options->password));
    free((char *)options->url);
    free((char *)options->username);
    free((char *)options->password);
    free((char *)options->password_file);
    free((char *)options->cafile);
    free((char *)options->certfile);
    free((char *)options->keyfile);
    free((char *)options->will_topic);
    free((char *)options->will_payload);
    free((char *)options->stop_payload);
}
