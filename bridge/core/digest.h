/* Short names for long things: 64 bits of a text or a message, to find it again within seconds. Not against
 * somebody who wants a collision: what they would gain is that one message of theirs is taken for another. */
#ifndef CORE_DIGEST_H
#define CORE_DIGEST_H

#include "xpl/message.h"

/* As they are. Never 0. */
uint64_t digest_bytes(struct xpl_slice bytes);
/* 32 bits of them: in state files and in ids that are announced, so it stays what it is. */
uint32_t digest_short(struct xpl_slice bytes);

/* Without case. Never 0. */
uint64_t digest_text(struct xpl_slice text);

/* Of what the message says, however it travelled: without its hop, its case and the order of its items, nor
 * the port of a heartbeat. Existing hubs that build messages anew change all of these, and bytes from 0x7b on
 * (one kind). Never 0. */
uint64_t digest_message(const struct xpl_message *message);

#endif
