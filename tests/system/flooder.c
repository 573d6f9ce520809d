/* Sends datagrams at a steady rate, as fast as that may be: flooder IP PORT RATE SECONDS < DATAGRAMS
 *
 * Standard input holds what to send, in turn: each datagram behind its length, two bytes, high first. Prints
 * how many were sent. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST  1024
#define BATCH 64

static unsigned char input[4 << 20];
static struct iovec pieces[MOST];

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static unsigned long number(const char *text)
{
    unsigned long n = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        n = n * 10 + (unsigned long)(*text - '0');
    return n;
}

static size_t read_pieces(void)
{
    size_t size = fread(input, 1, sizeof(input), stdin), n = 0;
    for (size_t at = 0; at + 2 <= size && n < MOST; n++) {
        size_t length = (size_t)input[at] << 8 | input[at + 1];
        if (at + 2 + length > size)
            break;
        pieces[n] = (struct iovec){ input + at + 2, length };
        at += 2 + length;
    }
    return n;
}

int main(int argc, char **argv)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
    struct sockaddr_in to = { .sin_family = AF_INET };
    size_t n_pieces = read_pieces();
    if (argc != 5 || n_pieces == 0 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
        return 2;
    to.sin_port = htons((uint16_t)number(argv[2]));
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
    double rate = (double)number(argv[3]), for_s = (double)number(argv[4]), began = seconds(), now;
    unsigned long sent = 0;
    while ((now = seconds() - began) < for_s) {
        unsigned n = 0;
        struct mmsghdr batch[BATCH];
        memset(batch, 0, sizeof(batch));
        while (n < BATCH && (double)(sent + n) < rate * now) {
            batch[n].msg_hdr = (struct msghdr){ .msg_name = &to,
                                                .msg_namelen = sizeof(to),
                                                .msg_iov = &pieces[(sent + n) % n_pieces],
                                                .msg_iovlen = 1 };
            n++;
        }
        int r = n ? sendmmsg(fd, batch, n, 0) : 0;
        if (r > 0)
            sent += (unsigned long)r;
        if (n < BATCH)
            nanosleep(&(struct timespec){ .tv_nsec = 500000 }, NULL);
    }
    printf("%lu\n", sent);
    return 0;
}
