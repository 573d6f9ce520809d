#include "io/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>

#include "io/closing.h"

struct resolver {
    uv_loop_t *loop;
    uv_getaddrinfo_t request;
    void (*found)(void *context, const char *const *addresses, size_t n);
    void *context;
    bool busy, closes;
    struct closing closing;
};

int resolver_new(struct resolver **ret, uv_loop_t *loop,
                 void (*found)(void *context, const char *const *addresses, size_t n), void *context)
{
    struct resolver *resolver = calloc(1, sizeof(*resolver));
    if (!resolver)
        return -ENOMEM;
    resolver->loop = loop;
    resolver->found = found;
    resolver->context = context;
    resolver->request.data = resolver;
    *ret = resolver;
    return 0;
}

static void on_answer(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    struct resolver *resolver = request->data;
    char texts[RESOLVER_ADDRESSES][INET6_ADDRSTRLEN];
    const char *addresses[RESOLVER_ADDRESSES];
    size_t n = 0;
    resolver->busy = false;
    for (const struct addrinfo *info = status == 0 ? list : NULL; info && n < RESOLVER_ADDRESSES;
         info = info->ai_next) {
        int r = info->ai_family == AF_INET6
                    ? uv_ip6_name((struct sockaddr_in6 *)info->ai_addr, texts[n], sizeof(texts[n]))
                    : uv_ip4_name((struct sockaddr_in *)info->ai_addr, texts[n], sizeof(texts[n]));
        addresses[n] = texts[n];
        n += r == 0;
    }
    uv_freeaddrinfo(list);
    if (resolver->closes)
        closing_finish(resolver->closing, resolver);
    else
        resolver->found(resolver->context, addresses, n);
}

void resolver_ask(struct resolver *resolver, const char *host)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    if (!resolver->busy)
        resolver->busy =
            uv_getaddrinfo(resolver->loop, &resolver->request, on_answer, host, NULL, &hints) == 0;
}

void resolver_close(struct resolver *resolver, void (*closed)(void *context), void *context)
{
    struct closing closing = { closed, context };
    if (!resolver || !resolver->busy) {
        closing_finish(closing, resolver);
        return;
    }
    resolver->closing = closing;
    resolver->closes = true;
    uv_cancel((uv_req_t *)&resolver->request);
}
