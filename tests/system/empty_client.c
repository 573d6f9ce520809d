/* The least that could be a bridge: the same libraries, one Paho client that connects, one loop that turns.
 * What the daemon needs beyond this is its own. Run as: empty_client URL USER PASSWORD. It says "connected"
 * and waits. */
#include <MQTTAsync.h>
#include <jansson.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

static uv_async_t wake;

static void connected(void *context, MQTTAsync_successData *response)
{
    (void)context, (void)response;
    uv_async_send(&wake);
}

static void failed(void *context, MQTTAsync_failureData *response)
{
    (void)context;
    fprintf(stderr, "failed: %d\n", response ? response->code : 0);
}

static void woken(uv_async_t *handle)
{
    (void)handle;
    puts("connected");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    xmlInitParser();
    json_decref(json_object());
    uv_async_init(uv_default_loop(), &wake, woken);

    MQTTAsync client;
    if (MQTTAsync_create(&client, argv[1], "empty", MQTTCLIENT_PERSISTENCE_NONE, NULL) != MQTTASYNC_SUCCESS)
        return 1;
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
    options.username = argv[2];
    options.password = argv[3];
    options.onSuccess = connected;
    options.onFailure = failed;
    if (MQTTAsync_connect(client, &options) != MQTTASYNC_SUCCESS)
        return 1;
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
