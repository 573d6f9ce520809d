/* The walk: ring_append finds a place behind the newest record's bytes, or at the start of the buffer when
 * the oldest has left room there; if there is none, the buffer doubles and the records are laid out anew. The
 * records' own array doubles in the same way. ring_sweep moves the tail; the bytes before it are free by that
 * alone.
 */
#include "mqtt/ring.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/limits.h"

#define FIRST_RECORDS 16u
#define FIRST_BYTES   4096u
#define KEEP_BYTES    (64u * 1024) /* an empty buffer larger than this is given back */

void ring_init(struct ring *ring)
{
    *ring = (struct ring){ 0 };
}

void ring_deinit(struct ring *ring)
{
    free(ring->records);
    free(ring->bytes);
    ring_init(ring);
}

struct ring_record *ring_get(const struct ring *ring, uint64_t number)
{
    must(number >= ring->tail && number < ring->head);
    return &ring->records[number & (ring->n_records - 1)];
}

static size_t record_size(const struct ring_record *record)
{
    return (size_t)record->topic_size + 1 + record->payload_size + record->correlation_size;
}

/* Where `size` bytes can go, SIZE_MAX for nowhere. */
static size_t find_place(const struct ring *ring, size_t size)
{
    if (ring->tail == ring->head)
        return size <= ring->capacity ? 0 : SIZE_MAX;
    size_t first = ring_get(ring, ring->tail)->offset;
    const struct ring_record *newest = ring_get(ring, ring->head - 1);
    size_t end = newest->offset + record_size(newest);
    if (end > first) {
        if (ring->capacity - end >= size)
            return end;
        return size <= first ? 0 : SIZE_MAX;
    }
    return first - end >= size ? end : SIZE_MAX; /* wrapped; full is end == first, since no record is empty */
}

static int grow_bytes(struct ring *ring, size_t size)
{
    size_t capacity = ring->capacity ? ring->capacity * 2 : FIRST_BYTES;
    while (capacity < size)
        capacity *= 2;
    if (capacity > LIMIT_EVENT_BYTES)
        capacity = LIMIT_EVENT_BYTES;
    if (capacity <= ring->capacity || capacity < size)
        return -ENOSPC;
    char *bytes = malloc(capacity);
    if (!bytes)
        return -ENOMEM;
    size_t at = 0;
    for (uint64_t n = ring->tail; n < ring->head; n++) {
        struct ring_record *record = ring_get(ring, n);
        memcpy(bytes + at, ring->bytes + record->offset, record_size(record));
        record->offset = (uint32_t)at;
        at += record_size(record);
    }
    free(ring->bytes);
    ring->bytes = bytes;
    ring->capacity = capacity;
    return 0;
}

static int grow_records(struct ring *ring)
{
    uint32_t n_records = ring->n_records ? ring->n_records * 2 : FIRST_RECORDS;
    struct ring_record *records = calloc(n_records, sizeof(*records));
    if (!records)
        return -ENOMEM;
    for (uint64_t n = ring->tail; n < ring->head; n++)
        records[n & (n_records - 1)] = *ring_get(ring, n);
    free(ring->records);
    ring->records = records;
    ring->n_records = n_records;
    return 0;
}

static int no_room(const struct ring *ring)
{
    return ring->tail < ring->head ? -ENOSPC : -ENOMEM;
}

static void put(char **at, struct xpl_slice slice)
{
    if (slice.size)
        memcpy(*at, slice.data, slice.size);
    *at += slice.size;
}

int ring_append(struct ring *ring, struct xpl_slice topic, struct xpl_slice payload,
                struct xpl_slice correlation, struct ring_record **ret)
{
    size_t size = topic.size + 1 + payload.size + correlation.size;
    uint64_t kept = ring->head - ring->tail;
    if (kept >= LIMIT_EVENTS || (kept == ring->n_records && grow_records(ring) < 0))
        return no_room(ring);
    size_t place;
    while ((place = find_place(ring, size)) == SIZE_MAX)
        if (grow_bytes(ring, size) < 0)
            return no_room(ring);

    ring->head++;
    struct ring_record *record = ring_get(ring, ring->head - 1);
    *record = (struct ring_record){
        .offset = (uint32_t)place,
        .topic_size = (uint32_t)topic.size,
        .payload_size = (uint32_t)payload.size,
        .correlation_size = (uint32_t)correlation.size,
        .has_correlation = correlation.data != NULL,
    };
    char *at = ring->bytes + place;
    put(&at, topic);
    *at++ = '\0';
    put(&at, payload);
    put(&at, correlation);
    *ret = record;
    return 0;
}

struct xpl_slice ring_topic(const struct ring *ring, const struct ring_record *record)
{
    return xpl_slice(ring->bytes + record->offset, record->topic_size);
}

struct xpl_slice ring_payload(const struct ring *ring, const struct ring_record *record)
{
    return xpl_slice(ring->bytes + record->offset + record->topic_size + 1, record->payload_size);
}

struct xpl_slice ring_correlation(const struct ring *ring, const struct ring_record *record)
{
    if (!record->has_correlation)
        return xpl_slice(NULL, 0);
    size_t offset = (size_t)record->offset + record->topic_size + 1 + record->payload_size;
    return xpl_slice(ring->bytes + offset, record->correlation_size);
}

void ring_sweep(struct ring *ring)
{
    while (ring->tail < ring->head && ring_get(ring, ring->tail)->status == RING_DONE)
        ring->tail++;
    if (ring->tail == ring->head && ring->capacity > KEEP_BYTES) {
        free(ring->bytes);
        free(ring->records);
        ring->bytes = NULL;
        ring->records = NULL;
        ring->capacity = 0;
        ring->n_records = 0;
    }
}
