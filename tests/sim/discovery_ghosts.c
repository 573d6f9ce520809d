/* A thousand random renames, removals, restarts, reloads and lost brokers, in each form: after every few of
 * them the broker's tree must be the one that a bridge would make that knew only the devices that are there.
 * A topic too many is a ghost, one twice a double, one too few a loss.
 *
 *   discovery_ghosts FORM SEED STEPS      FORM: 0 component, 1 device, 2 homie 4, 3 homie 5
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/core/discovery_world.h"
#include "base/error.h"
#include "base/number.h"

#define DEVICES 12

struct model {
    struct world world;
    uint32_t seed;
    bool there[DEVICES];
    bool named[DEVICES]; /* by request */
    bool shipped;        /* the maps are in force */
    char names[DEVICES][32];
    unsigned n_names;
};

static uint32_t chance(struct model *model, uint32_t below)
{
    model->seed = model->seed * 1664525u + 1013904223u;
    return (model->seed >> 8) % below;
}

static const char *path_of(unsigned device)
{
    static char path[64];
    snprintf(path, sizeof(path), "bnz-owfs.rpi/28.%u", device);
    return path;
}

static void hear(struct model *model, unsigned device)
{
    char body[128];
    snprintf(body, sizeof(body), "device=28.%u type=%s current=%u", device, device % 3 ? "temp" : "output",
             chance(model, 30));
    if (device % 3 == 0)
        snprintf(body, sizeof(body), "device=28.%u type=output current=%s", device,
                 chance(model, 2) ? "high" : "low");
    world_hear(&model->world, "trig", "bnz-owfs.rpi", "sensor.basic", body);
    model->there[device] |= model->shipped;
}

static void ask(struct model *model, const char *verb, const char *format, const char *a, const char *b)
{
    char topic[64], body[256];
    struct text text = TEXT(body);
    for (; *format; format++)
        if (*format == '1' || *format == '2')
            text_string(&text, *format == '1' ? a : b);
        else
            text_char(&text, *format == '\'' ? '"' : *format);
    snprintf(topic, sizeof(topic), "xpl/bridge/request/%s", verb);
    world_tell(&model->world, topic, body);
}

static void rename_one(struct model *model, unsigned device)
{
    char name[32];
    snprintf(name, sizeof(name), "name%u", chance(model, 2 * DEVICES));
    ask(model, "rename", "{'device':'1','name':'2'}", path_of(device), chance(model, 4) ? name : "");
}

static void rebind(struct model *model, unsigned from, unsigned to)
{
    char old[64];
    snprintf(old, sizeof(old), "%s", path_of(from));
    if (from == to || !model->there[from] || !model->there[to])
        return;
    ask(model, "rebind", "{'from':'1','to':'2'}", old, path_of(to));
    model->there[from] = false;
}

static void restart(struct model *model, bool clean)
{
    if (clean)
        world_stop(&model->world);
    else
        world_kill(&model->world);
    world_start(&model->world);
    world_connect(&model->world);
}

static void step(struct model *model)
{
    struct world *world = &model->world;
    unsigned device = chance(model, DEVICES);
    switch (chance(model, 12)) {
    case 0:
    case 1:
    case 2: hear(model, device); break;
    case 3:
        ask(model, "forget", "{'device':'1'}", path_of(device), "");
        model->there[device] = false;
        break;
    case 4:
    case 5:
        if (model->there[device])
            rename_one(model, device);
        break;
    case 6: rebind(model, device, chance(model, DEVICES)); break;
    case 7:
        world_wait(world, 25000); /* what was heard is announced, and so it is kept */
        restart(model, chance(model, 2));
        break;
    case 8:
        world_disconnect(world);
        if (chance(model, 2))
            world_wipe(world);
        hear(model, device);
        world_connect(world);
        break;
    case 9:
        if (chance(model, 4))
            break;
        model->shipped = !model->shipped;
        world_map(world, NULL, model->shipped);
        if (!model->shipped)
            memset(model->there, 0, sizeof(model->there));
        break;
    case 10: world_tell(world, "homeassistant/status", "online"); break;
    case 11: world_wait(world, chance(model, 4000)); break;
    }
}

/* Topics that begin so and whose payload has this in it. */
static size_t mentions(struct world *world, const char *topic_begin, const char *part)
{
    size_t n = 0;
    const char *topic;
    for (size_t i = 0; (topic = world_topic(world, topic_begin, i)); i++)
        n += strstr(world_get(world, topic), part) != NULL;
    return n;
}

/* Topics that begin and end so. */
static size_t ending(struct world *world, const char *begin, const char *end)
{
    size_t n = 0;
    const char *topic;
    for (size_t i = 0; (topic = world_topic(world, begin, i)); i++) {
        size_t size = strlen(topic), tail = strlen(end);
        n += size >= tail && strcmp(topic + size - tail, end) == 0;
    }
    return n;
}

/* Topics of nodes that Homie 4's list of nodes does not have. */
static size_t unlisted(struct world *world)
{
    static const char begin[] = "homie/xplmqtt-pi/bnz";
    const char *topic, *nodes = world_get(world, "homie/xplmqtt-pi/$nodes");
    size_t n = 0;
    for (size_t i = 0; (topic = world_topic(world, begin, i)); i++) {
        char node[128], list[4096];
        const char *id = topic + sizeof("homie/xplmqtt-pi/") - 1;
        snprintf(node, sizeof(node), ",%.*s,", (int)strcspn(id, "/"), id);
        snprintf(list, sizeof(list), ",%s,", nodes ? nodes : "");
        n += strstr(list, node) == NULL;
    }
    return n;
}

static size_t expect(const char *what, size_t is, size_t should)
{
    if (is != should)
        fprintf(stderr, "%s: %zu, not %zu\n", what, is, should);
    return is != should;
}

static void list(struct world *world)
{
    const char *topic;
    for (size_t i = 0; (topic = world_topic(world, "", i)); i++)
        fprintf(stderr, "  %s %.200s\n", topic, world_get(world, topic));
}

/* One announcement for each device that is there, in this form and in no other. */
static int check(struct model *model)
{
    struct world *world = &model->world;
    size_t devices = 0, failures = 0;
    for (unsigned i = 0; i < DEVICES; i++)
        devices += model->there[i];
    bool component = world->options.discovery.homeassistant == DISCOVERY_HA_COMPONENT;
    bool device = world->options.discovery.homeassistant == DISCOVERY_HA_DEVICE;
    bool homie4 = world->options.discovery.homie == DISCOVERY_HOMIE_4;
    bool homie5 = world->options.discovery.homie == DISCOVERY_HOMIE_5;
    size_t sensors = world_count(world, "homeassistant/sensor/xplmqtt_pi_"),
           switches = world_count(world, "homeassistant/switch/xplmqtt_pi_");
    failures += expect("components", sensors + switches, component ? devices : 0);
    failures += expect("device payloads", world_count(world, "homeassistant/device/xplmqtt_pi_"),
                       device ? devices : 0);
    failures += expect("all Home Assistant topics", world_count(world, "homeassistant/"),
                       component ? devices + 9
                       : device  ? devices + 1
                                 : 0);
    failures += expect("nodes", ending(world, "homie/xplmqtt-pi/bnz", "/$type"), homie4 ? devices : 0);
    failures += expect("topics of no node", unlisted(world), 0);
    failures += expect("children", mentions(world, "homie/5/xplmqtt-pi-", "\"root\""), homie5 ? devices : 0);
    if (homie5)
        failures += expect("children's states",
                           mentions(world, "homie/5/xplmqtt-pi-", "ready") +
                               mentions(world, "homie/5/xplmqtt-pi-", "lost"),
                           devices);
    failures += expect("topics that a crash would leave behind", world->unkept, 0);
    failures += expect("migrations left over", mentions(world, "homeassistant/", "migrate_discovery"), 0);
    return failures ? 1 : 0;
}

int main(int argc, char **argv)
{
    static struct model model;
    struct world *world = &model.world;
    uint64_t form = 0, seed = 1, steps = 100;
    must(argc == 4);
    must(number_parse_unsigned(xpl_slice_from(argv[1]), 0, 3, &form) == 0);
    must(number_parse_unsigned(xpl_slice_from(argv[2]), 0, UINT32_MAX, &seed) == 0);
    must(number_parse_unsigned(xpl_slice_from(argv[3]), 1, 1000000, &steps) == 0);
    world_init(world);
    model.seed = (uint32_t)seed;
    model.shipped = true;
    world->options.discovery.homeassistant = form == 0   ? DISCOVERY_HA_COMPONENT
                                             : form == 1 ? DISCOVERY_HA_DEVICE
                                                         : DISCOVERY_HA_OFF;
    world->options.discovery.homie = form == 2   ? DISCOVERY_HOMIE_4
                                     : form == 3 ? DISCOVERY_HOMIE_5
                                                 : DISCOVERY_HOMIE_OFF;
    world_start(world);
    world_connect(world);
    int failures = 0;
    for (uint64_t i = 0; i < steps && !failures; i++) {
        step(&model);
        if (i % 4)
            continue;
        world_wait(world, 25000); /* also what waits for a write */
        failures = check(&model);
        if (failures)
            fprintf(stderr, "form %u, seed %u, step %u\n", (unsigned)form, (unsigned)seed, (unsigned)i);
    }
    if (failures) {
        list(world);
    } else
        printf("form %u: %u random steps, ghosts: 0\n", (unsigned)form, (unsigned)steps);
    world_deinit(world);
    return failures;
}
