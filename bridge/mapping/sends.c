/* Sends in the order of trial. */
#include <errno.h>
#include <stdlib.h>

#include "mapping/load.h"

static size_t literal_bytes(const struct template *template)
{
    size_t bytes = 0;
    for (size_t i = 0; i < template->n; i++)
        bytes += template->parts[i].kind == PART_LITERAL ? template->parts[i].text.size : 0;
    return bytes;
}

/* The user's before the shipped; a literal name before a template; the more literal topic first; document
 * order. */
static int compare_sends(const void *a, const void *b)
{
    const struct send *x = *(struct send *const *)a, *y = *(struct send *const *)b;
    const struct property *p = x->property, *q = y->property;
    if (p->map->public.shipped != q->map->public.shipped)
        return p->map->public.shipped - q->map->public.shipped;
    if (p->name.variable != q->name.variable)
        return p->name.variable - q->name.variable;
    size_t m = literal_bytes(&p->map->device), n = literal_bytes(&q->map->device);
    if (m != n)
        return m > n ? -1 : 1;
    return x->rank < y->rank ? -1 : 1;
}

/* The sends of each map stand together in this order too, for commands on a device that a map published. */
int sends_order(struct mapping *mapping)
{
    size_t n = 0;
    for (size_t m = 0; m < mapping->n_maps; m++)
        for (struct property *p = mapping->maps[m]->properties; p; p = p->next)
            for (struct send *s = p->sends; s; s = s->next)
                n++;
    mapping->sends = arena_array(&mapping->arena, struct send *, n + 1);
    if (!mapping->sends)
        return -ENOMEM;
    for (size_t m = 0; m < mapping->n_maps; m++)
        for (struct property *p = mapping->maps[m]->properties; p; p = p->next)
            for (struct send *s = p->sends; s; s = s->next) {
                s->rank = (uint32_t)mapping->n_sends;
                mapping->sends[mapping->n_sends++] = s;
            }
    qsort(mapping->sends, mapping->n_sends, sizeof(struct send *), compare_sends);
    for (size_t i = mapping->n_sends; i-- > 0;) {
        struct send *send = mapping->sends[i];
        send->rank = (uint32_t)i;
        send->next_of_map = send->property->map->sends;
        send->property->map->sends = send;
    }
    return 0;
}
