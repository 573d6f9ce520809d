"""What the idle daemon needs beyond a program that does nothing with the same libraries."""
import os

import harness
from harness import BUILD, Program, sensor

ALLOWED = 3 * 1024  # kB
os.environ.pop("MALLOC_PERTURB_", None)  # meson's: it writes to memory that nobody would have touched


def resident(pid):
    """kB, from VmRSS."""
    with open("/proc/%d/status" % pid) as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


class Memory(harness.House):
    def test_idle(self):
        empty = self.keep(Program(self.home, [os.path.join(BUILD, "tests", "system", "empty_client"),
                                              "tcp://127.0.0.1:%d" % self.broker.port, "person", "w4tch"]))
        empty.await_line("connected")
        daemon = self.start_daemon()
        self.say(sensor("28.112233", "temp", "21.5"))
        self.topic("xpl/bnz-owfs.rpi/28.112233/temp", "21.5")
        mine, nothing = resident(daemon.pid), resident(empty.pid)
        print("idle daemon %d kB, empty program %d kB, difference %d kB" % (mine, nothing, mine - nothing))
        self.assertLessEqual(mine - nothing, ALLOWED)


if __name__ == "__main__":
    harness.main()
