/* Each allocation of discovery fails in turn, in every form: nothing breaks, and what was missed is made good
 * when everything is announced again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/core/discovery_world.h"
#include "base/error.h"
#include "failing.h"

static void hear(struct world *world)
{
    world_hear(world, "trig", "rfxcom-lan.0004a3", "ac.basic", "address=0x00a1f3 unit=3 command=on");
    world_hear(world, "trig", "bnz-owfs.rpi", "sensor.basic", "device=28.1 type=temp current=21.5");
    world_hear(world, "trig", "acme-remote.hall", "remote.basic", "keys=up");
}

/* Returns how many topics are announced in the end, and whether the failure came. */
static size_t live(int form, long nth, bool *ret_failed)
{
    static struct world world;
    world_init(&world);
    world.options.discovery.homeassistant = form == 0   ? DISCOVERY_HA_COMPONENT
                                            : form == 1 ? DISCOVERY_HA_DEVICE
                                                        : DISCOVERY_HA_OFF;
    world.options.discovery.homie = form == 2   ? DISCOVERY_HOMIE_4
                                    : form == 3 ? DISCOVERY_HOMIE_5
                                                : DISCOVERY_HOMIE_OFF;
    world_start(&world);
    world_connect(&world);
    world_settle(&world);
    failing_begin(nth);
    hear(&world);
    world_settle(&world);
    world_tell(&world, "xpl/bridge/request/permit", "{\"device\":\"bnz-owfs.rpi/28.1\"}");
    world_disconnect(&world);
    world_connect(&world);
    *ret_failed = failing_end();
    hear(&world);
    world_settle(&world);
    world_tell(&world, "xpl/bridge/request/announce", "{}");
    world_settle(&world);
    size_t n = world_count(&world, "homeassistant/") + world_count(&world, "homie/");
    world_deinit(&world);
    return n;
}

int main(void)
{
    for (int form = 0; form < 4; form++) {
        bool failed;
        size_t all = live(form, -1, &failed);
        long nth = 0;
        for (failed = true; failed; nth++) {
            size_t n = live(form, nth, &failed);
            if (n != all) {
                fprintf(stderr, "form %d, allocation %ld: %zu topics, not %zu\n", form, nth, n, all);
                return 1;
            }
        }
        printf("form %d: %ld allocations failed in turn\n", form, nth - 1);
        must(nth > 20);
    }
    return 0;
}
