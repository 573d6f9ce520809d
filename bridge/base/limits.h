/* The limits of the bridge, all in one place: what is bounded, and what happens at the bound.
 * Limits of the xPL language itself are in include/xpl/. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* ---- topics and payloads, in bytes ---- */

/* Topics that we make or read; longer: counted, not made. */
#define LIMIT_TOPIC 1024
/* Payloads from MQTT; larger: an MQTT 5 broker keeps them, from others they are dropped and counted. */
#define LIMIT_PAYLOAD (64 * 1024)
/* Payloads that a map can render (a whole message as JSON); larger: counted, not made. */
#define LIMIT_RENDERED (128 * 1024)
/* Values of one message that a map splits; more: counted, not taken. */
#define LIMIT_SPLIT 1024
/* Payloads to MQTT; larger: refused, counted. */
#define LIMIT_PUBLISH (4u << 20)

/* ---- the way to the broker ---- */

/* Retained topics remembered; more: dropped, counted. */
#define LIMIT_STATES 50000
/* Events waiting for the broker, in number, bytes and ms; more: the oldest goes, counted. */
#define LIMIT_EVENTS      10000
#define LIMIT_EVENT_BYTES (8u << 20)
#define LIMIT_EVENT_AGE   3600000
/* Bytes of messages in one commit to the spool on disk, more: the next one; of its file, more: it is full. */
#define LIMIT_SPOOL_BATCH (1u << 20)
#define LIMIT_SPOOL_FILE  (64u << 20)
/* Publishes at the MQTT library at one time: beyond it stalls a second for each. */
#define LIMIT_INFLIGHT 100
/* Topic filters; more: an error in the log. */
#define LIMIT_SUBSCRIPTIONS 32
/* Of these, for the commands of maps; more: they are made wider. */
#define LIMIT_FILTERS 24

/* ---- the way from the broker ---- */

/* Messages from the library's threads waiting for the loop, in number and bytes; more: dropped, counted. */
#define LIMIT_INBOX       4096
#define LIMIT_INBOX_BYTES (8u << 20)
/* Commands waiting for a repeat or a confirmation; more: refused, counted. */
#define LIMIT_PENDING 256

/* ---- the xPL network ---- */

/* Values that wait until Homie's format has a word for them; more: dropped, counted. */
#define LIMIT_HOMIE_HELD 64
/* Applications and devices remembered; more: the longest unheard goes. */
#define LIMIT_SOURCES 4096
#define LIMIT_DEVICES 10000
/* Schema and source pairs remembered as unmapped; more: counted under one entry. */
#define LIMIT_UNMAPPED 1000
/* Topics with a rate rule remembered; more: the longest known goes. */
#define LIMIT_RATES 10000
/* Datagrams waiting for the network device; more: refused, counted. */
#define LIMIT_SENDS 256
/* Messages in parts that are being put together: in all, of one source, and the bytes of their parts; more:
 * refused, counted. Those that are whole are remembered as long as there is room. */
#define LIMIT_FRAGMENTS        32
#define LIMIT_FRAGMENTS_SOURCE 4
#define LIMIT_FRAGMENTS_BYTES  (512 * 1024)
/* IPv4 addresses of this host; more: not seen as ours, logged. */
#define LIMIT_ADDRESSES 64

/* ---- files and settings; beyond: an error at load ---- */

#define LIMIT_INCLUDE_DEPTH 16          /* includes inside each other */
#define LIMIT_XML_DEPTH     64          /* elements inside each other */
#define LIMIT_FILE          (16u << 20) /* bytes of a config or mapping file */
#define LIMIT_MAPPING_FILES 64          /* named by the settings */
#define LIMIT_NETWORKS      64          /* in `allow` */
#define LIMIT_GROUPS        16          /* xPL groups that we belong to */
#define LIMIT_PREFIX        128         /* bytes of the topic prefix */
#define LIMIT_SETTING       4096        /* bytes of any one setting */
/* Bytes of a state file; larger: neither read nor written. */
#define LIMIT_STATE_FILE (1 << 20)

#endif
