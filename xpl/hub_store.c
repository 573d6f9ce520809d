/* The hub's memory across restarts: a line of text for each source, and back.
 *
 * A line is "IP PORT INTERVAL SOURCE"; the source is last because it may hold blanks. What is read is judged
 * like a heartbeat, since addresses change between two runs and files get damaged.
 */
#include <stdio.h>

#include "hub-private.h"
#include "scan.h"

size_t xpl_hub_export(const struct xpl_hub *hub, char *buffer, size_t capacity)
{
    size_t size = 0;
    for (size_t i = 0; i < hub->n_clients; i++)
        for (size_t k = 0; k < hub->clients[i].n_sources; k++) {
            const struct hub_source *source = &hub->clients[i].sources[k];
            char line[XPL_HUB_SOURCE_MAX + 32], ip[XPL_IP_TEXT_MAX];
            xpl_ip_format(ip, hub->endpoints[i].ip);
            int n = snprintf(line, sizeof(line), "%s %u %u %.*s\n", ip, (unsigned)hub->endpoints[i].port,
                             (unsigned)source->interval, (int)source->size, source->text);
            if (source->leaving || n < 0 || (size_t)n >= sizeof(line) || (size_t)n > capacity - size)
                continue;
            memcpy(buffer + size, line, (size_t)n);
            size += (size_t)n;
        }
    return size;
}

static bool import_line(struct xpl_hub *hub, struct xpl_slice line, int64_t now_ms)
{
    struct xpl_slice ip_text, port_text, interval_text, source;
    uint32_t ip, port, interval;
    if (!xpl_slice_cut(line, ' ', &ip_text, &source) || !xpl_slice_cut(source, ' ', &port_text, &source) ||
        !xpl_slice_cut(source, ' ', &interval_text, &source))
        return false;
    if (xpl_ip_parse(ip_text, &ip) || !hub_is_local(hub, ip) || !scan_number(port_text, &port) ||
        !scan_number(interval_text, &interval))
        return false;
    if (!source.size || xpl_target_is_all(source) || scan_has_control(source))
        return false;
    enum xpl_hub_result result = hub_add(hub, ip, port, interval, source, now_ms);
    return result == XPL_HUB_NEW || result == XPL_HUB_KNOWN;
}

size_t xpl_hub_import(struct xpl_hub *hub, struct xpl_slice text, int64_t now_ms, size_t *ret_refused)
{
    size_t taken = 0, refused = 0;
    while (text.size) {
        struct xpl_slice line = text, rest = XPL_SLICE("");
        xpl_slice_cut(text, '\n', &line, &rest);
        text = rest;
        line = scan_trim(line);
        if (!line.size)
            continue;
        if (import_line(hub, line, now_ms))
            taken++;
        else
            refused++;
    }
    if (ret_refused)
        *ret_refused = refused;
    return taken;
}
