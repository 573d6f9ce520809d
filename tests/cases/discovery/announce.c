/* Prints what the bridge announces after it has heard something: "TOPIC <tab> PAYLOAD" for each retained
 * topic.
 *
 *   announce component|device|homie4|homie5 FILE...
 *
 * A FILE is a datagram (*.xpl) or a house: a message a line (house.txt). Everything is heard twice, a minute
 * apart. */
#include <stdio.h>
#include <stdlib.h>

#include "../../unit/core/discovery_world.h"

static char *slurp(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    char *data = malloc(65536);
    *ret_size = file && data ? fread(data, 1, 65535, file) : 0;
    if (!file || !data) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    data[*ret_size] = '\0';
    fclose(file);
    return data;
}

static void hear_line(struct world *world, char *line)
{
    char *rest = NULL, *type = strtok_r(line, " ", &rest), *source = strtok_r(NULL, " ", &rest),
         *schema = strtok_r(NULL, " ", &rest);
    if (schema && type[0] != '#')
        world_hear(world, type, source, schema, rest);
}

static void hear_file(struct world *world, const char *path)
{
    size_t size, length = strlen(path);
    char *data = slurp(path, &size), *rest = NULL;
    if (length > 4 && strcmp(path + length - 4, ".xpl") == 0)
        core_on_xpl(world->core, xpl_slice(data, size), (struct xpl_endpoint){ 0x7f000001, 3865 }, true,
                    world->now_ms);
    else
        for (char *line = strtok_r(data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
            hear_line(world, line);
    free(data);
}

int main(int argc, char **argv)
{
    static const char *const forms[] = { "component", "device", "homie4", "homie5" };
    static struct world world;
    int form = -1;
    for (int i = 0; argc > 1 && i < 4; i++)
        form = strcmp(argv[1], forms[i]) == 0 ? i : form;
    if (form < 0)
        return 2;
    world_init(&world);
    world.options.discovery.homeassistant = form == 0   ? DISCOVERY_HA_COMPONENT
                                            : form == 1 ? DISCOVERY_HA_DEVICE
                                                        : DISCOVERY_HA_OFF;
    world.options.discovery.homie = form == 2   ? DISCOVERY_HOMIE_4
                                    : form == 3 ? DISCOVERY_HOMIE_5
                                                : DISCOVERY_HOMIE_OFF;
    world.options.discovery.after = 2;
    world_start(&world);
    world_connect(&world);
    for (int round = 0; round < 2; round++) {
        for (int i = 2; i < argc; i++)
            hear_file(&world, argv[i]);
        world_wait(&world, 60000);
    }
    const char *topic;
    for (size_t i = 0; (topic = world_topic(&world, "", i)); i++)
        printf("%s\t%s\n", topic, world_get(&world, topic));
    world_deinit(&world);
    return 0;
}
