"""The first command of the README works, asks nothing and leaves nothing behind."""
import os
import signal
import subprocess

import harness
from harness import Program


class Quickstart(harness.House):
    def house(self):
        pass  # it brings its own

    def run_once(self, *arguments):
        os.makedirs(self.path("tmp"))
        run = subprocess.run([os.path.join(harness.ROOT, "packaging", "quickstart"), "--once", *arguments],
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                             env=dict(os.environ, XPLMQTT_BUILD=harness.BUILD, TMPDIR=self.path("tmp")))
        said = run.stdout.decode() + run.stderr.decode()
        self.assertEqual(run.returncode, 0, said)
        self.assertIn("xpl/dhs-xplrfx.pyehdxfa/th1D901/temperature = 24.6", said)
        self.assertIn("x10.basic command=off device=c8", said)
        self.assertIn("xpl/tonyt-mr26ee.hapc/c8/power = OFF", said)
        self.assertEqual(os.listdir(self.path("tmp")), [])
        self.assertEqual(self.leftovers(), [])

    def test_it_runs_until_it_is_stopped(self):
        os.makedirs(self.path("tmp"))
        show = self.keep(Program(self.home, [os.path.join(harness.ROOT, "packaging", "quickstart")],
                                 env=dict(os.environ, XPLMQTT_BUILD=harness.BUILD, TMPDIR=self.path("tmp"))))
        show.await_line("Once more")
        self.assertEqual(show.stop(signal.SIGINT), 0)
        self.assertEqual(os.listdir(self.path("tmp")), [])
        self.assertEqual(self.leftovers(), [])

    def leftovers(self):
        """Programs that still run with a file of the quickstart on their command line."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % pid, "rb") as f:
                    if b"xplmqtt-quickstart" in f.read():
                        found.append(pid)
            except OSError:
                pass
        return found

    def test_once_in_a_network_of_its_own(self):
        self.run_once()

    def test_once_on_loopback(self):
        self.run_once("--loopback")


if __name__ == "__main__":
    harness.main()
