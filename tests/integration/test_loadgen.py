"""What the load generator says it has made is what is in the log, counted by somebody else."""
import json

import truth
from scenario import SETTINGS, scenario
from stack import run
from worker import BIN, program_env

PARTITIONS = 8


@scenario()
def what_is_made_late_is_late_in_every_partition(s):
    """Goal: nothing that is made late is applied. Method: a third of the events are late, so the first messages of a
    partition would surely hold some; but nothing is late in a partition that has no log time yet."""
    seed = s.use_seed().randrange(1 << 32)
    for key in ("none", "random", "location", "user"):
        topic = s.topic + "-" + key
        s.kafka.create_topic(topic, PARTITIONS)
        said = json.loads(run(BIN / "topkd-loadgen", "--brokers", s.broker.bootstrap, "--topic", topic, "--json",
                              "--seed", seed, "--key", key, "--events", 20_000, "--batch", 20, "--late", 33, "--bad", 3,
                              env=program_env({})))
        counted = truth.count(truth.read_log(s.broker.bootstrap, topic), {**SETTINGS, "TOPICS": topic}).outcomes
        made = {name: n for name, n in said.items() if name in counted or name == "late"}
        assert made["late"] > 5000, "hardly anything was late: %s" % made
        assert {name: n for name, n in counted.items() if n} == {name: n for name, n in made.items() if n}, \
            "--key %s: made %s, counted %s" % (key, made, counted)
