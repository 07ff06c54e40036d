"""Waiting for a condition instead of sleeping for a while and hoping."""
import time


class NotYet(Exception):
    """Raised by a probe that knows what is still missing; its text is what a timeout reports."""


def wait_for(what, probe, timeout_s, pause_s=0.05):
    """Call PROBE until its answer is true and return that. A timeout says what was awaited and what was seen last."""
    give_up = time.monotonic() + timeout_s
    while True:
        began = time.monotonic()
        try:
            answer = probe()
            if answer:
                return answer
            last = "the answer was %r" % (answer,)
        except (NotYet, OSError) as e:
            last = "%s: %s" % (type(e).__name__, e) if isinstance(e, OSError) else str(e)
        now = time.monotonic()
        if now > give_up:
            raise AssertionError("after %g s still not: %s (%s)" % (timeout_s, what, last))
        time.sleep(max(pause_s, now - began))  # a probe that costs much is not made all the time
