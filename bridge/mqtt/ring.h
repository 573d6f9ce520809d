/* The ring of events that wait for the broker or for its answer: first in, first out, bounded in number and
 * bytes.
 *
 * Records are numbered from 0 without gaps; tail is the oldest that is kept, head the number that the next
 * one gets. Their bytes lie in one buffer that grows as needed up to LIMIT_EVENT_BYTES, so that no event
 * costs an allocation; a large buffer is given back as soon as it is empty.
 */
#ifndef MQTT_RING_H
#define MQTT_RING_H

#include <stdint.h>

#include "xpl/slice.h"

enum ring_status { RING_WAITING, RING_FLYING, RING_DONE };

struct ring_record {
    uint64_t order;  /* the outbox's; not used here */
    int64_t born_ms; /* monotonic; not used here */
    uint32_t offset, topic_size, payload_size, correlation_size;
    uint8_t status; /* enum ring_status */
    uint8_t qos;
    bool transient;       /* of no use after this connection */
    bool has_correlation; /* correlation data of no bytes is not none */
    bool sent;            /* handed to the driver before */
};

struct ring {
    struct ring_record *records; /* number & (n_records - 1) */
    uint32_t n_records;          /* 0 or a power of two */
    uint64_t tail, head;
    char *bytes;
    size_t capacity;
};

void ring_init(struct ring *ring);
void ring_deinit(struct ring *ring);

/* A waiting record with copies of the three and all else zero, NULL data for no correlation. 0; -ENOSPC when
 * the bounds (or memory) do not allow it before the oldest goes; -ENOMEM when there is none that could go. */
int ring_append(struct ring *ring, struct xpl_slice topic, struct xpl_slice payload,
                struct xpl_slice correlation, struct ring_record **ret);

/* tail <= number < head. Valid until the next append or sweep. */
struct ring_record *ring_get(const struct ring *ring, uint64_t number);

/* Slices into the ring; a NUL stands behind the topic. Data NULL when there is no correlation. */
struct xpl_slice ring_topic(const struct ring *ring, const struct ring_record *record);
struct xpl_slice ring_payload(const struct ring *ring, const struct ring_record *record);
struct xpl_slice ring_correlation(const struct ring *ring, const struct ring_record *record);

/* Moves the tail over all records that are done. */
void ring_sweep(struct ring *ring);

#endif
