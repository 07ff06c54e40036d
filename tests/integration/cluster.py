"""A cluster of real brokers, and the client of wire.py for it: each call goes to the broker whom it concerns."""
import os
from pathlib import Path

from stack import KAFKA, run
from wire import Kafka, KafkaError, encode_batch


class ClusterClient(Kafka):
    """ADDRESSES: of node 1, 2 and so on. What any broker answers is asked of the first that does."""
    replicas = 3
    patience_s = 300  # a quorum comes back in as long as brokers take to start

    def __init__(self, addresses):
        super().__init__(",".join(addresses))
        self.nodes = {number: Kafka(address) for number, address in enumerate(addresses, 1)}
        self.led = {}  # topic -> partition -> leader, as last heard

    def call(self, api, version, body):
        for node in self.nodes.values():
            try:
                return node.call(api, version, body)
            except OSError as e:
                last = e
        raise last

    def close(self):
        for node in self.nodes.values():
            node.close()

    def leader(self, topic, partition):
        """The node that leads it; nobody's is 'not yet'."""
        if topic not in self.led:
            self.led[topic] = self.leaders(topic)
        number = self.led[topic].get(partition, -1)
        if number not in self.nodes:
            self.led.pop(topic)
            raise KafkaError(5, "%s/%d" % (topic, partition))
        return self.nodes[number]

    def of_leader(self, topic, partition, act):
        """ACT(node) with the leader, looked up again as long as it was another one."""
        def once():
            try:
                return act(self.leader(topic, partition))
            except (KafkaError, OSError):
                self.led.pop(topic, None)
                raise
        return self.patiently(once)

    def offsets(self, topic, partitions, when, committed_only=False):
        found = {}
        for p in range(partitions):
            found.update(self.of_leader(topic, p, lambda node: node.offsets(topic, [p], when, committed_only)))
        return found

    def produce(self, topic, partition, records, transaction=None):
        batch = encode_batch(records, transaction, partition)
        return self.of_leader(topic, partition, lambda node: node.produce_here(topic, partition, batch, transaction))

    def commits(self, group, topic, partitions):
        def ask():
            return self.nodes[self.find_coordinator(group, 0)].commits_here(group, topic, partitions)
        return self.patiently(ask)


class Cluster:
    """COUNT real brokers with their data in DIRECTORY/1, DIRECTORY/2 ...: three copies, two of which must be there."""
    real = True

    def __init__(self, directory, count=3):
        self.directory, self.count = Path(directory), count
        self.start()

    def start(self):
        """Those that do not run, side by side."""
        env = {**os.environ, "KAFKA_PROPS": "log.retention.ms=-1"}  # the events are years old
        self.bootstrap = run(KAFKA, "cluster", self.directory, self.count, env=env, timeout_s=300).strip()

    def client(self):
        return ClusterClient(self.bootstrap.split(","))

    def kill(self, *numbers):
        for number in numbers:
            run(KAFKA, "kill", self.directory / str(number))

    def stop(self):
        """Killed, for they would wait for each other; nobody reads their data again."""
        self.kill(*range(1, self.count + 1))
