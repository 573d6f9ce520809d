/* The limits of the bridge, all in one place: what is bounded, and what happens at the bound.
 * Limits of the xPL language itself are in include/xpl/. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define LIMIT_TOPIC 1024 /* bytes of a topic that we make or read; longer: counted, not made */
#define LIMIT_PAYLOAD \
    (64 * 1024) /* bytes of a payload from MQTT; larger: dropped, counted (MQTT 5: refused by the broker) */
#define LIMIT_RENDERED    (128 * 1024) /* bytes of a payload that a map can render (a whole message as JSON) */
#define LIMIT_STATES      50000        /* retained topics remembered; more: dropped, counted */
#define LIMIT_EVENTS      10000        /* events waiting for the broker; more: the oldest goes, counted */
#define LIMIT_EVENT_BYTES (8u << 20)   /* bytes of all events waiting; policy as above */
#define LIMIT_EVENT_AGE   3600000      /* ms an event may wait; older: dropped, counted */
#define LIMIT_INFLIGHT    100          /* publishes at Paho at one time (LIMITS.md §2.1) */
#define LIMIT_INBOX \
    4096 /* entries from Paho's threads waiting for the loop; messages beyond: dropped, counted */
#define LIMIT_SUBSCRIPTIONS 32    /* topic filters */
#define LIMIT_HUB_CLIENTS   256   /* clients of the hub; more: refused, counted */
#define LIMIT_SOURCES       4096  /* xPL applications remembered; more: the longest unheard goes */
#define LIMIT_DEVICES       10000 /* devices remembered; more: the longest unheard goes */
#define LIMIT_UNMAPPED      1000 /* schema+source pairs remembered as unmapped; more: counted under one entry */
#define LIMIT_PENDING       256 /* commands waiting for a repeat or a confirmation; more: refused, counted */
#define LIMIT_RATES         10000 /* topics with a rate rule remembered; more: the longest unused goes */
#define LIMIT_INCLUDE_DEPTH 16    /* include in include; deeper: an error at load */
#define LIMIT_NETWORKS      64    /* networks in `allow`; more: an error at load */
#define LIMIT_GROUPS        16    /* xPL groups we belong to; more: an error at load */
#define LIMIT_MAPPING_FILES 64    /* mapping files named by the settings; more: an error at load */
#define LIMIT_PREFIX        128   /* bytes of the topic prefix; longer: an error at load */
#define LIMIT_SETTING       4096  /* bytes of any one setting; longer: an error at load */
#define LIMIT_XML_DEPTH     64    /* elements inside each other in an XML file; deeper: an error at load */
#define LIMIT_FILE          (16u << 20) /* bytes of a config or mapping file; larger: an error at load */
#define LIMIT_STATE_FILE    (1 << 20)   /* bytes of a state file; larger: neither read nor written */
#define LIMIT_SENDS 256              /* datagrams waiting for the network device; more: refused, counted */
#define LIMIT_ADDRESSES 64           /* IPv4 addresses of this host; more: not seen as ours, logged */

#endif
