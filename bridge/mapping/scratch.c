/* The scratch: room for one evaluation, used again and again. */
#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "mapping/model.h"

#define SCRATCH_POOL (2 * LIMIT_RENDERED)

int mapping_scratch_new(struct mapping_scratch **ret)
{
    /* Pages that are not touched are not resident: room for the worst costs nothing. */
    size_t sizes[] = { SCRATCH_POOL,    LIMIT_RENDERED,  512,           LIMIT_TOPIC * 4,
                       LIMIT_TOPIC * 4, LIMIT_TOPIC * 4, LIMIT_RENDERED };
    struct mapping_scratch *scratch = calloc(1, sizeof(*scratch));
    size_t all = 0;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        all += sizes[i];
    if (!scratch || !(scratch->storage = malloc(all))) {
        free(scratch);
        return -ENOMEM;
    }
    struct text *texts[] = { &scratch->pool,   &scratch->spare, &scratch->why,    &scratch->topic,
                             &scratch->device, &scratch->name,  &scratch->payload };
    char *at = scratch->storage;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        *texts[i] = (struct text){ at, 0, sizes[i], false };
        text_reset(texts[i]);
        at += sizes[i];
    }
    *ret = scratch;
    return 0;
}

void mapping_scratch_free(struct mapping_scratch *scratch)
{
    if (scratch)
        free(scratch->storage);
    free(scratch);
}

void scratch_open(struct mapping_scratch *scratch, const struct mapping *mapping, enum direction direction,
                  struct scope *ret)
{
    text_reset(&scratch->pool);
    text_reset(&scratch->why);
    *ret = (struct scope){
        .direction = direction,
        .charset = &mapping->charset,
        .pool = &scratch->pool,
        .spare = &scratch->spare,
        .why = &scratch->why,
    };
}
